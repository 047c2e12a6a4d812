"""Requests are counted right, and pass untouched, however they end."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from neuroerp_telemetry.asgi import TelemetryMiddleware
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.telemetry.asgi_calls import Message, answer, call, get
from tests.telemetry.conftest import Watched, watched

REQUEST = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


class BoomError(Exception):
    """Made for these tests."""


async def boom(_request: Request) -> PlainTextResponse:
    raise BoomError("secret")


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0)


async def broken() -> AsyncIterator[bytes]:
    yield b"x"
    raise BoomError("mid-stream")


async def hang(_request: Request) -> PlainTextResponse:
    await asyncio.Event().wait()
    return PlainTextResponse("never")


async def late(_request: Request) -> PlainTextResponse:
    async def fail() -> None:
        raise BoomError("in the background")

    return PlainTextResponse("ok", background=BackgroundTask(fail))


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        if text == "boom":
            raise BoomError("in a socket")
        await websocket.send_text(text)


async def refuse(websocket: WebSocket) -> None:
    await websocket.close()


def starlette() -> Starlette:
    return Starlette(
        routes=[
            Route("/boom", boom),
            Route("/endless", lambda _request: StreamingResponse(endless())),
            Route("/broken", lambda _request: StreamingResponse(broken())),
            Route("/hang", hang),
            Route("/late", late),
            Route(
                "/orders/{id}", lambda request: PlainTextResponse(request.path_params["id"]), methods=["GET", "POST"]
            ),
            WebSocketRoute("/socket/{room}", socket),
            WebSocketRoute("/refused", refuse),
        ]
    )


@pytest.fixture
def app(watch: Watched) -> TelemetryMiddleware:
    return watch.telemetry.asgi(starlette())


def counted(watch: Watched, endpoint: str, method: str = "GET") -> dict[str, float]:
    family = watch.telemetry.metrics.performance.throughput._made
    return {
        sample.labels["status"]: sample.value
        for metric in family.collect()
        for sample in metric.samples
        if sample.labels["endpoint"] == endpoint and sample.labels["method"] == method and sample.value
    }


def errors(watch: Watched, endpoint: str) -> dict[str, float]:
    family = watch.telemetry.metrics.performance.error_rate._made
    return {
        sample.labels["error_type"]: sample.value
        for metric in family.collect()
        for sample in metric.samples
        if sample.labels["endpoint"] == endpoint and sample.value
    }


def idle(watch: Watched) -> bool:
    return watch.value("http_requests_in_progress") == 0


def test_a_request_is_counted_under_its_template(watch: Watched, app: TelemetryMiddleware) -> None:
    assert get(app, "/orders/4711")[::2] == (200, b"4711")
    assert get(app, "/orders/4712", "POST")[0] == 200
    assert get(app, "/orders/4712", "DELETE")[0] == 405
    assert get(app, "/nothing/4713")[0] == 404
    assert counted(watch, "/orders/{id}") == {"200": 1}
    assert counted(watch, "/orders/{id}", "POST") == {"200": 1}
    assert counted(watch, "/orders/{id}", "DELETE") == {"405": 1}
    assert counted(watch, "unmatched") == {"404": 1}
    assert watch.value("http_request_duration_seconds_count", method="GET", endpoint="/orders/{id}") == 1
    assert "/471" not in watch.text()
    assert idle(watch)


def test_an_exception_reaches_the_server_and_is_counted_by_class(watch: Watched, app: TelemetryMiddleware) -> None:
    with pytest.raises(BoomError, match="secret"):
        get(app, "/boom")
    assert counted(watch, "/boom") == {"500": 1}
    assert errors(watch, "/boom") == {"BoomError": 1}
    (span,) = watch.spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "BoomError"
    assert [event.name for event in span.events] == ["exception"]
    assert idle(watch)


def test_an_application_without_an_answer_counts_as_500(watch: Watched) -> None:
    async def silent(*_: object) -> None:
        raise BoomError

    async def mute(*_: object) -> None:
        return

    for bad in (silent, mute):
        try:
            asyncio.run(call(watch.telemetry.asgi(bad)))
        except BoomError:
            continue
    assert counted(watch, "unmatched") == {"500": 2}
    assert idle(watch)


def test_a_client_that_leaves_in_mid_stream_is_no_error(watch: Watched, app: TelemetryMiddleware) -> None:
    parts: list[Message] = []

    def leave(message: Message) -> None:
        parts.append(message)
        if len(parts) == 5:
            raise OSError("connection lost")

    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the framework makes of it
        asyncio.run(call(app, "/endless", send=leave))
    assert counted(watch, "/endless") == {"200": 1}
    assert errors(watch, "/endless") == {}
    assert idle(watch)


def test_a_client_that_says_so_ends_the_stream(watch: Watched, app: TelemetryMiddleware) -> None:
    old: Any = {"asgi": {"version": "3.0", "spec_version": "2.0"}}  # servers that do not raise on send
    asyncio.run(asyncio.wait_for(call(app, "/endless", incoming=[REQUEST, GONE], **old), 5))
    assert counted(watch, "/endless") == {"200": 1}
    assert errors(watch, "/endless") == {}
    assert idle(watch)


def test_an_exception_in_mid_stream_keeps_the_status_that_was_sent(watch: Watched, app: TelemetryMiddleware) -> None:
    with pytest.raises(BoomError):
        get(app, "/broken")
    assert counted(watch, "/broken") == {"200": 1}
    assert errors(watch, "/broken") == {"BoomError": 1}


def test_an_exception_after_the_answer_is_counted_once(watch: Watched, app: TelemetryMiddleware) -> None:
    with pytest.raises(BoomError):
        get(app, "/late")
    assert counted(watch, "/late") == {"200": 1}
    assert errors(watch, "/late") == {"BoomError": 1}


def test_cancellation_goes_through_and_leaves_nothing_behind(watch: Watched, app: TelemetryMiddleware) -> None:
    async def cancel() -> None:
        task = asyncio.create_task(call(app, "/hang"))
        await asyncio.sleep(0.05)
        assert watch.value("http_requests_in_progress") == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert counted(watch, "/hang") == {"499": 1}
    assert errors(watch, "/hang") == {}
    assert len(watch.spans.get_finished_spans()) == 1
    assert idle(watch)


def test_many_at_once_keep_their_own_spans(watch: Watched, app: TelemetryMiddleware) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(call(app, f"/orders/{number}") for number in range(50)))

    asyncio.run(all_at_once())
    spans = watch.spans.get_finished_spans()
    assert len({span.context.trace_id for span in spans if span.context}) == 50
    assert all(span.parent is None for span in spans)
    assert counted(watch, "/orders/{id}") == {"200": 50}


def messages(*texts: str) -> list[Message]:
    received = [{"type": "websocket.receive", "text": text} for text in texts]
    return [{"type": "websocket.connect"}, *received, {"type": "websocket.disconnect", "code": 1000}]


def test_a_websocket_counts_as_its_handshake(watch: Watched, app: TelemetryMiddleware) -> None:
    sent: list[Message] = []
    with pytest.raises(WebSocketDisconnect):  # the framework's way to tell the handler
        asyncio.run(call(app, "/socket/7", kind="websocket", incoming=messages("hello"), send=sent.append))
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    assert counted(watch, "/socket/{room}") == {"101": 1}
    assert errors(watch, "/socket/{room}") == {}
    asyncio.run(call(app, "/refused", kind="websocket", incoming=messages()))
    assert counted(watch, "/refused") == {"403": 1}
    assert idle(watch)


def test_an_exception_in_a_websocket(watch: Watched, app: TelemetryMiddleware) -> None:
    with pytest.raises(BoomError):
        asyncio.run(call(app, "/socket/7", kind="websocket", incoming=messages("boom")))
    assert counted(watch, "/socket/{room}") == {"101": 1}
    assert errors(watch, "/socket/{room}") == {"BoomError": 1}
    assert idle(watch)


def test_span_of_a_request(watch: Watched, app: TelemetryMiddleware) -> None:
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    get(app, "/orders/1", headers=[(b"traceparent", caller.encode())])
    (span,) = watch.spans.get_finished_spans()
    assert (span.name, span.kind) == ("GET /orders/{id}", SpanKind.SERVER)
    assert span.context
    assert span.parent
    assert f"{span.context.trace_id:032x}" == caller[3:35]
    assert f"{span.parent.span_id:016x}" == caller[36:52]
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/orders/{id}",
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": 8080,
        "url.path": "/orders/1",
        "url.scheme": "http",
    }


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"00-0-0-0", b"x" * 100_000])
def test_a_hostile_traceparent_does_no_harm(watch: Watched, app: TelemetryMiddleware, value: bytes) -> None:
    assert get(app, "/orders/1", headers=[(b"traceparent", value)])[0] == 200
    assert len(watch.spans.get_finished_spans()) == 1


def test_another_instrumentation_around_keeps_its_span(watch: Watched, app: TelemetryMiddleware) -> None:
    with watch.telemetry.tracer.start_as_current_span("outer", kind=SpanKind.SERVER):
        get(app, "/orders/1")
    assert [span.name for span in watch.spans.get_finished_spans()] == ["outer"]


def test_no_spans_when_another_instrumentation_makes_them() -> None:
    watch = watched(spans=False)
    assert get(watch.telemetry.asgi(starlette()), "/orders/1")[0] == 200
    assert watch.spans.get_finished_spans() == ()
    assert counted(watch, "/orders/{id}") == {"200": 1}


def test_fastapi_makes_no_second_server_span(watch: Watched) -> None:
    api = FastAPI(telemetry={"tracer_provider": watch.telemetry.tracer_provider})
    api.get("/orders/{id}")(lambda id: id)  # noqa: A006
    assert get(watch.telemetry.asgi(api), "/orders/1")[0] == 200
    assert [span.name for span in watch.spans.get_finished_spans()] == ["GET /orders/{id}"]


def test_metrics_in_both_formats(watch: Watched, app: TelemetryMiddleware) -> None:
    get(app, "/orders/1")
    status, headers, body = get(app, "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"# {" not in body
    accept = (b"accept", b"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3")
    status, headers, body = get(app, "/metrics", headers=[accept, (b"accept-encoding", b"gzip")])
    assert headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    text = gzip.decompress(body).decode()
    assert text.endswith("# EOF\n")
    (span,) = watch.spans.get_finished_spans()
    assert span.context
    exemplars = [line for line in text.splitlines() if "# {" in line]
    assert len(exemplars) == 2  # of the counter and of one bucket
    assert all(f'trace_id="{span.context.trace_id:032x}"' in line for line in exemplars)
    assert counted(watch, "/metrics") == {"200": 2}


def test_an_unsampled_trace_is_no_exemplar(watch: Watched, app: TelemetryMiddleware) -> None:
    parent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    get(app, "/orders/1", headers=[(b"traceparent", parent)])
    _, _, body = get(app, "/metrics", headers=[(b"accept", b"application/openmetrics-text; version=1.0.0")])
    assert b"# {" not in body
    assert watch.spans.get_finished_spans() == ()


def test_own_paths_below_a_root_and_with_other_methods(app: TelemetryMiddleware) -> None:
    assert get(app, "/erp/health/live", root_path="/erp")[0] == 200
    assert get(app, "/health/live", root_path="/erp")[0] == 200
    status, headers, body = get(app, "/health", "POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    status, headers, body = get(app, "/health/live", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_the_lifespan_reaches_the_application_and_ends_readiness(watch: Watched) -> None:
    seen: list[str] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        for event in ("startup", "shutdown"):
            seen.append((await receive())["type"])
            await send({"type": f"lifespan.{event}.complete"})

    incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = asyncio.run(call(watch.telemetry.asgi(app), kind="lifespan", incoming=incoming))
    assert seen == ["lifespan.startup", "lifespan.shutdown"]
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert watch.telemetry.health.draining


def test_through_a_real_client(watch: Watched, app: TelemetryMiddleware) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://erp") as client:
            return await client.get("/orders/1")

    assert asyncio.run(ask()).text == "1"
    assert counted(watch, "/orders/{id}") == {"200": 1}


def test_a_failing_endpoint_function_does_no_harm(watch: Watched) -> None:
    def bad(_scope: object) -> str:
        raise BoomError

    assert get(watch.telemetry.asgi(answer, endpoint=bad))[0] == 200
    assert get(watch.telemetry.asgi(answer, endpoint=lambda _scope: "/given"))[0] == 200
    assert counted(watch, "unmatched") == {"200": 1}
    assert counted(watch, "/given") == {"200": 1}
