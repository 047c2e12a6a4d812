"""The same for WSGI applications: metrics and a span for each request, and the endpoints of this package."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from .declared.app import UNMATCHED
from .endpoints import Endpoints
from .spans import RequestSpan, sampled_trace, shorten, surrounding

if TYPE_CHECKING:
    from .telemetry import Telemetry

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_SERVER_ERROR, _CLIENT_GONE = 500, 499


def flask_template(environ: Environ) -> str | None:
    """The route template that Flask has found."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return str(rule.rule) if rule is not None else None


class WsgiMiddleware:
    """Wraps a WSGI application; put it around everything else."""

    def __init__(
        self, app: WsgiApp, telemetry: "Telemetry", *, endpoint: Callable[[Environ], str | None] | None = None
    ) -> None:
        self.app = app
        self.performance = telemetry.metrics.performance
        self._endpoint = endpoint or flask_template
        self._endpoints = Endpoints(telemetry.metrics.registry, telemetry.health)
        self._tracer = telemetry.tracer if telemetry.config.spans else None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request; whatever the application raises goes on to the server."""
        # After a fork there is no thread that turns the loop, so it is made with the first request.
        own = self._endpoints.own(environ.get("PATH_INFO", ""))
        return self._answer(own, environ, start_response) if own else _Exchange(self, environ).run(start_response)

    def template(self, environ: Environ) -> str | None:
        """The route template; nothing when no route matched. Never raises."""
        try:
            return self._endpoint(environ)
        except Exception:  # noqa: BLE001 - a function of the application's
            return None

    def span(self, environ: Environ) -> RequestSpan | None:
        """The span of a request, unless another instrumentation makes one. Never raises."""
        if self._tracer is None or surrounding() is not None:
            return None
        attributes = {
            "url.scheme": environ.get("wsgi.url_scheme", "http"),
            "url.path": shorten(_text(environ.get("PATH_INFO", ""))),
            "network.protocol.version": environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
            "server.address": environ.get("SERVER_NAME", ""),
        }
        try:
            return RequestSpan(self._tracer, environ["REQUEST_METHOD"], _headers(environ), attributes)
        except Exception:  # noqa: BLE001 - a request must not fail for its span
            return None

    def _answer(self, path: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begin, method = time.perf_counter(), environ["REQUEST_METHOD"]
        asked = self._endpoints.answer(
            path, method, environ.get("HTTP_ACCEPT", ""), environ.get("HTTP_ACCEPT_ENCODING", "")
        )
        answer = asyncio.run_coroutine_threadsafe(asked, self._running_loop()).result()
        headers = {**answer.headers, "Content-Length": str(len(answer.body))}
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(headers.items()))
        self.performance.request(method, path, str(answer.status), time.perf_counter() - begin)
        return [b"" if method == "HEAD" else answer.body]

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="telemetry-health", daemon=True).start()
            return self._loop


class _Exchange:
    """Follows a request until its response is closed."""

    def __init__(self, middleware: WsgiMiddleware, environ: Environ) -> None:
        self._middleware = middleware
        self._environ = environ
        self._method = environ["REQUEST_METHOD"]
        self._status = 0
        self._open = True
        self._begin = time.perf_counter()
        middleware.performance.in_progress.inc()
        self._span = middleware.span(environ)

    def run(self, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, *rest: Any) -> Any:
            self._status = int(status[:3]) if status[:3].isdecimal() else _SERVER_ERROR
            return start_response(status, *rest)

        try:
            return _Body(self._middleware.app(self._environ, start), self)
        except BaseException as error:
            self.close(error)
            raise

    def close(self, error: BaseException | None = None) -> None:
        """Count the request, once."""
        if not self._open:
            return
        self._open = False
        performance, request = self._middleware.performance, self._span
        route = self._middleware.template(self._environ)
        failed = error is not None and not isinstance(error, GeneratorExit)
        self._status = self._status or (_SERVER_ERROR if failed else _CLIENT_GONE)
        span = request.span if request else trace.get_current_span()
        seconds = time.perf_counter() - self._begin
        performance.request(self._method, route or UNMATCHED, str(self._status), seconds, sampled_trace(span))
        if error is not None and failed:
            performance.error(self._method, route or UNMATCHED, error)
        if request:
            request.answered(route, self._status)
            if error is not None and failed:
                request.failed(error)
            request.leave()
        performance.in_progress.dec()


class _Body:
    """The response's parts; a server closes it also when the client has gone."""

    def __init__(self, parts: Iterable[bytes], exchange: _Exchange) -> None:
        self._parts = parts
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except BaseException as error:
            self._exchange.close(error)
            raise

    def close(self) -> None:
        """Called by the server when it is done with the response."""
        try:
            close = getattr(self._parts, "close", None)
            if close:
                close()
        except BaseException as error:
            self._exchange.close(error)
            raise
        self._exchange.close()


def _text(path: str) -> str:
    # WSGI hands over the bytes of a path as Latin-1.
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _headers(environ: Environ) -> list[tuple[bytes, bytes]]:
    names = [name for name in environ if name.startswith("HTTP_")]
    return [(n[5:].replace("_", "-").lower().encode(), environ[n].encode("latin-1", "replace")) for n in names]
