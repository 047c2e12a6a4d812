"""The label `endpoint` is the template of the whole route, whichever way it was put together."""

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from neuroerp_telemetry.asgi import TelemetryMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route

from tests.telemetry.asgi_calls import answer, call, get
from tests.telemetry.conftest import Watched

API = APIRouter(prefix="/v1")


@API.get("/orders/{number}")
async def order(number: int) -> int:
    return number


async def plain(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


def fastapi() -> FastAPI:
    app, inner, innermost = FastAPI(), FastAPI(), FastAPI()
    app.include_router(API, prefix="/api")
    app.include_router(API, prefix="/legacy/{tenant}")
    inner.include_router(API)
    innermost.get("/deep/{key:path}")(lambda key: key)
    inner.mount("/inner", innermost)
    app.mount("/tenants/{tenant}", inner)
    return app


def starlette() -> Starlette:
    routes = [
        Route("/", plain),
        Route("/same/{a}", plain),
        Route("/other/{b}/x", plain),
        Mount("/mounted/{c}", routes=[Route("/", plain), Route("/leaf/{d:int}", plain)]),
        Mount("/files", app=answer),
        Host("{name}.example", app=Starlette(routes=[Route("/hosted/{e}", plain)])),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=_through)])


async def _through(request: Request, call_next: Any) -> Any:
    return await call_next(request)


def endpoint_of(watch: Watched, app: Any, path: str, **more: Any) -> str:
    before = _counts(watch)
    get(app, path, **more)
    (changed,) = {key for key, value in _counts(watch).items() if value != before.get(key)}
    return changed


def _counts(watch: Watched) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric in watch.telemetry.metrics.performance.throughput._made.collect():
        for sample in metric.samples:
            found[sample.labels["endpoint"]] = found.get(sample.labels["endpoint"], 0) + sample.value
    return found


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/v1/orders/1", "/api/v1/orders/{number}"),
        ("/legacy/acme/v1/orders/1", "/legacy/{tenant}/v1/orders/{number}"),
        ("/tenants/acme/v1/orders/1", "/tenants/{tenant}/v1/orders/{number}"),
        ("/tenants/acme/inner/deep/a/b", "/tenants/{tenant}/inner/deep/{key}"),
        ("/tenants/acme/nothing", "/tenants/{tenant}"),
        ("/nothing", "unmatched"),
        ("/openapi.json", "/openapi.json"),
    ],
)
def test_fastapi(watch: Watched, path: str, template: str) -> None:
    assert endpoint_of(watch, watch.telemetry.asgi(fastapi()), path) == template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/same/1", "/same/{a}"),
        ("/other/1/x", "/other/{b}/x"),
        ("/mounted/1/", "/mounted/{c}/"),
        ("/mounted/1/leaf/2", "/mounted/{c}/leaf/{d}"),
        ("/mounted/1/nothing", "/mounted/{c}"),
        ("/files/secret.pdf", "/files"),
        ("/same/1/", "unmatched"),
    ],
)
def test_starlette(watch: Watched, path: str, template: str) -> None:
    assert endpoint_of(watch, watch.telemetry.asgi(starlette()), path) == template


def test_host(watch: Watched) -> None:
    app = watch.telemetry.asgi(starlette())
    assert endpoint_of(watch, app, "/hosted/1", headers=[(b"host", b"a.example")]) == "/hosted/{e}"


def test_behind_a_root_path(watch: Watched) -> None:
    app = watch.telemetry.asgi(fastapi())
    assert endpoint_of(watch, app, "/root/api/v1/orders/1", root_path="/root") == "/api/v1/orders/{number}"


def test_routes_have_series_before_their_first_request(watch: Watched) -> None:
    watch.telemetry.asgi(fastapi())
    labels = {"method": "GET", "endpoint": "/api/v1/orders/{number}"}
    assert watch.value("http_requests_total", status="500", **labels) == 0
    assert watch.value("http_request_duration_seconds_count", **labels) == 0
    assert watch.value("http_request_errors_total", error_type="ValueError", **labels) == 0


def test_a_route_that_is_added_later_is_found(watch: Watched) -> None:
    inner = starlette()
    app = watch.telemetry.asgi(inner)
    get(app, "/same/1")
    inner.router.routes.insert(0, Route("/late/{f}", lambda _request: PlainTextResponse("late")))
    assert endpoint_of(watch, app, "/late/1") == "/late/{f}"


def test_middleware_inside_the_application(watch: Watched) -> None:
    app = Starlette(
        routes=[Route("/same/{a}", plain)], middleware=[Middleware(TelemetryMiddleware, telemetry=watch.telemetry)]
    )
    assert endpoint_of(watch, app, "/same/1") == "/same/{a}"


def test_after_200_endpoints_the_rest_is_other(watch: Watched) -> None:
    routes = [Route(f"/r{number}", plain) for number in range(230)]
    app = watch.telemetry.asgi(Starlette(routes=routes))
    assert endpoint_of(watch, app, "/r10") == "/r10"
    assert endpoint_of(watch, app, "/r229") == "other"
    assert (watch.value("telemetry_label_overflow_total", metric="http_requests_total") or 0) > 0


def test_litestar_names_its_template_itself(watch: Watched) -> None:
    app = watch.telemetry.asgi(answer)
    asyncio.run(call(app, "/orders/1", path_template="/orders/{id:int}"))
    assert _counts(watch)["/orders/{id:int}"] == 1
