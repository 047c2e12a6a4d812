"""Hostile requests leave no more behind than honest ones."""

import asyncio
import gc
import sys
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.telemetry.asgi_calls import answer, scope
from tests.telemetry.conftest import watched


async def attack(app: Any, first: int, count: int) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return

    for number in range(first, first + count):
        path = f"/{number:x}/\u202e{number}\ud800" if number % 2 else f"/orders/{number}"
        await app(scope(path, "GET" if number % 3 else f"M{number}"), receive, send)


def growth(app: Any, requests: int) -> int:
    """Blocks of memory that are in use after so many requests, and were not after the first thousand."""
    asyncio.run(attack(app, 0, 1000))
    gc.collect()
    before = sys.getallocatedblocks()
    asyncio.run(attack(app, 1000, requests))
    gc.collect()
    return sys.getallocatedblocks() - before


def test_memory_does_not_grow_over_100_000_hostile_requests() -> None:
    watch = watched()
    watch.telemetry.tracer = TracerProvider().get_tracer("nowhere")  # the test's own exporter keeps every span
    plain = watch.telemetry.asgi(answer)
    routed = watch.telemetry.asgi(Starlette(routes=[Route("/orders/{id}", lambda _: PlainTextResponse("ok"))]))
    assert growth(plain, 80_000) < 500
    assert growth(routed, 20_000) < 500
    assert len(watch.text()) < 60_000
