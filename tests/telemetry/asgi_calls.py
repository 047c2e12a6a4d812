"""Calls of an ASGI application, message by message."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

Message = dict[str, Any]


def scope(path: str = "/", method: str = "GET", kind: str = "http", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
        **more,
    }


async def call(
    app: Callable[..., Any],
    path: str = "/",
    method: str = "GET",
    *,
    incoming: Iterable[Message] = ({"type": "http.request", "body": b"", "more_body": False},),
    send: Callable[[Message], None] | None = None,
    **more: Any,
) -> list[Message]:
    """What the application sends; after the incoming messages it waits for ever, as with a patient client."""
    waiting, sent = [*incoming], []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def take(message: Message) -> None:
        if send:
            send(message)
        sent.append(message)

    given = scope(path, method, **more)
    if given["type"] == "websocket":
        del given["method"]
    await app(given, receive, take)
    return sent


def get(
    app: Callable[..., Any], path: str = "/", method: str = "GET", **more: Any
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    start, *parts = asyncio.run(call(app, path, method, **more))
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in parts)


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that answers everything."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
