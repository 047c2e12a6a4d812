"""What the telemetry package costs per request, beside prometheus_client and OpenTelemetry's own instrumentation.

All do the same: a server span that goes to a batch processor, a histogram and a counter with exemplars, a gauge of
the requests in progress, the route template as a label. Prints the overhead over the bare application, as ratios
within this one run. Goal: at most 1.2 times, one request after the other and 16 at a time. For comparison also the
least that can be written: the same metrics and a span without OpenTelemetry's instrumentation.
"""

import asyncio
import gc
import io
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from neuroerp_telemetry import Telemetry, TelemetryConfig
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

App = Callable[..., Awaitable[None]]
ROUNDS = 15
REQUESTS = 1500
GOAL = 1.2
HEADERS = [(b"host", b"erp"), (b"user-agent", b"bench"), (b"accept", b"*/*")]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 0.7, 1, 3, 5, 10)


class Nowhere(SpanExporter):
    """An exporter that costs nothing."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - it drops them
        """Drop the spans."""
        return SpanExportResult.SUCCESS


class ByHand:
    """What people write with prometheus_client."""

    def __init__(self, app: App) -> None:
        registry = CollectorRegistry()
        self.app = app
        self.time = Histogram("duration_seconds", "Time.", ["method", "endpoint"], buckets=BUCKETS, registry=registry)
        self.count = Counter("requests", "Requests.", ["method", "endpoint", "status"], registry=registry)
        self.in_progress = Gauge("in_progress", "Requests.", registry=registry)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Count a request."""
        begin, status = time.perf_counter(), 500

        async def tell(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.in_progress.inc()
        try:
            await self.app(scope, receive, tell)
        finally:
            self.in_progress.dec()
            found = trace.get_current_span().get_span_context()
            exemplar = {"trace_id": f"{found.trace_id:032x}"} if found.trace_flags.sampled else None
            route = scope.get("route")
            labels = (scope["method"], route.path if route else "unmatched")
            self.time.labels(*labels).observe(time.perf_counter() - begin, exemplar)
            self.count.labels(*labels, str(status)).inc(1, exemplar)


class WithSpan:
    """The least that makes the same span: no other attributes, nothing that can go wrong taken care of."""

    def __init__(self, app: App, tracer: trace.Tracer) -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Make a span around the application."""
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        attributes = {
            "http.request.method": scope["method"],
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
            "server.address": scope["server"][0],
            "server.port": scope["server"][1],
        }
        parent = propagate.extract(headers)
        with self.tracer.start_as_current_span("GET", parent, trace.SpanKind.SERVER, attributes) as span:
            await self.app(scope, receive, send)
            span.update_name(f"{scope['method']} {scope['route'].path}")
            span.set_attribute("http.route", scope["route"].path)
            span.set_attribute("http.response.status_code", 200)


def bare() -> Starlette:
    """An application with some routes, whose handler waits once."""

    async def order(request: Request) -> PlainTextResponse:
        await asyncio.sleep(0)
        return PlainTextResponse(request.path_params["number"])

    return Starlette(routes=[Route(f"/{name}/{{number}}", order) for name in ("users", "items", "orders")])


def applications() -> dict[str, App]:
    """The bare application, and the ways to watch it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    telemetry = Telemetry.setup(
        TelemetryConfig(service_name="bench"), tracer_provider=provider, log_stream=io.BytesIO()
    )
    by_hand = OpenTelemetryMiddleware(
        ByHand(bare()),
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        exclude_spans=["receive", "send"],
    )
    least = WithSpan(ByHand(bare()), provider.get_tracer("bench"))
    return {"bare": bare(), "by hand": by_hand, "least": least, "package": telemetry.asgi(bare())}


async def _request(app: App) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/orders/4711",
        "raw_path": b"/orders/4711",
        "query_string": b"",
        "root_path": "",
        "headers": HEADERS,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    await app(scope, receive, send)


async def _several(app: App, requests: int) -> None:
    for _ in range(requests):
        await _request(app)


async def microseconds(app: App, at_once: int) -> float:
    """Time of a request in microseconds, this many at once."""
    each = REQUESTS // at_once
    gc.collect()
    begin = time.perf_counter()
    await asyncio.gather(*(_several(app, each) for _ in range(at_once)))
    return (time.perf_counter() - begin) * 1e6 / (each * at_once)


async def measure(at_once: int) -> float:
    """Measure all applications in turn and print; the ratio of the overheads."""
    apps = applications()
    times: dict[str, list[float]] = {name: [] for name in apps}
    for app in apps.values():
        await microseconds(app, at_once)
    for _ in range(ROUNDS):
        for name, app in apps.items():
            times[name].append(await microseconds(app, at_once))
    # The fastest rounds have the least of everything else that the machine did.
    best = {name: statistics.mean(sorted(found)[: ROUNDS // 3]) for name, found in times.items()}
    over = {name: best[name] - best["bare"] for name in ("by hand", "least", "package")}
    ratio = over["package"] / over["by hand"]
    print(f"{at_once:3} at once: bare {best['bare']:6.1f} us")  # noqa: T201 - what a benchmark is for
    for name, overhead in over.items():
        print(f"  {name:8} + {overhead:6.1f} us")  # noqa: T201
    print(f"  {ratio:.2f} times, goal at most {GOAL}; {over['package'] / over['least']:.2f} of the least")  # noqa: T201
    return ratio


def main() -> int:
    """Measure and print; 1 when the goal is missed."""
    return int(max(asyncio.run(measure(at_once)) for at_once in (1, 16)) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
