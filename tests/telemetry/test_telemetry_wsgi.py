"""The WSGI adapter does the same as the ASGI middleware."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from tests.telemetry.conftest import Watched, watched


class BoomError(Exception):
    """Made for these tests."""


def application(environ: dict[str, Any], start_response: Any) -> Any:
    environ["werkzeug.request"] = SimpleNamespace(url_rule=SimpleNamespace(rule="/orders/<int:id>"))
    if environ["PATH_INFO"] == "/boom":
        raise BoomError
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


def streaming(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"one"
    raise BoomError


def get(app: Any, path: str, method: str = "GET", **more: str) -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        **more,
    }
    setup_testing_defaults(environ)
    answer: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
        answer[:] = [status, dict(headers)]
        return lambda _data: None

    parts = app(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return answer[0], answer[1], body


def test_a_request(watch: Watched) -> None:
    app = validator(watch.telemetry.wsgi(validator(application)))
    assert get(app, "/orders/1")[::2] == ("200 OK", b"ok")
    assert watch.value("http_requests_total", method="GET", endpoint="/orders/<int:id>", status="200") == 1
    assert watch.value("http_requests_in_progress") == 0
    (span,) = watch.spans.get_finished_spans()
    assert span.name == "GET /orders/<int:id>"


def test_parent_and_path(watch: Watched) -> None:
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    get(watch.telemetry.wsgi(application), "/\xc3\xbc", HTTP_TRACEPARENT=caller)
    (span,) = watch.spans.get_finished_spans()
    assert span.context
    assert f"{span.context.trace_id:032x}" == caller[3:35]
    assert (span.attributes or {})["url.path"] == "/ü"


@pytest.mark.parametrize(("app", "path", "status"), [(application, "/boom", "500"), (streaming, "/", "200")])
def test_exceptions(watch: Watched, app: Any, path: str, status: str) -> None:
    with pytest.raises(BoomError):
        get(watch.telemetry.wsgi(app, endpoint=lambda _environ: "/given"), path)
    assert watch.value("http_requests_total", method="GET", endpoint="/given", status=status) == 1
    assert watch.value("http_request_errors_total", method="GET", endpoint="/given", error_type="BoomError") == 1
    assert watch.value("http_requests_in_progress") == 0


def test_a_client_that_leaves(watch: Watched) -> None:
    app = watch.telemetry.wsgi(streaming)
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    parts: Any = app(environ, lambda *_: None)
    assert next(iter(parts)) == b"one"
    parts.close()
    assert watch.value("http_requests_in_progress") == 0
    assert watch.value("http_requests_total", method="GET", endpoint="unmatched", status="200") == 1


def test_endpoints_of_this_package(watch: Watched) -> None:
    app = validator(watch.telemetry.wsgi(application))

    async def check() -> bool:
        return False

    watch.telemetry.health.add("database", check)
    status, headers, body = get(app, "/health/ready")
    assert (status, headers["Cache-Control"]) == ("503 Service Unavailable", "no-store")
    assert json.loads(body)["checks"]["database"]["reason"] == "unhealthy"
    status, headers, body = get(app, "/metrics", HTTP_ACCEPT="application/openmetrics-text; version=1.0.0")
    assert status == "200 OK"
    assert body.endswith(b"# EOF\n")
    assert get(app, "/health/live", "HEAD")[2] == b""
    assert watch.value("http_requests_total", method="GET", endpoint="/health/ready", status="503") == 1


def test_a_failing_endpoint_function_does_no_harm() -> None:
    watch = watched(spans=False)

    def bad(_environ: object) -> str:
        raise BoomError

    assert get(watch.telemetry.wsgi(application, endpoint=bad), "/x")[0] == "200 OK"
    assert watch.value("http_requests_total", method="GET", endpoint="unmatched", status="200") == 1
    assert watch.spans.get_finished_spans() == ()
