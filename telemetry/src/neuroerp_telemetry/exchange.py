"""One request on its way through an ASGI application."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import Tracer

from .declared.app import UNMATCHED
from .routes import Scope
from .spans import RequestSpan, sampled_trace, shorten, surrounding

if TYPE_CHECKING:
    from .telemetry import Telemetry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CLIENT_GONE = 499
SERVER_ERROR = 500
SWITCHING_PROTOCOLS = 101
FORBIDDEN = 403
# What frameworks raise in a handler whose client has left.
_LEFT = {"ClientDisconnect", "WebSocketDisconnect"}


class Recorder:
    """What all requests of an application share."""

    clock = staticmethod(time.perf_counter)

    def __init__(self, telemetry: "Telemetry", endpoint: Callable[[Scope], str | None]) -> None:
        self._performance = telemetry.metrics.performance
        self._endpoint = endpoint
        self.in_progress = self._performance.in_progress
        self.tracer = telemetry.tracer if telemetry.config.spans else None

    def endpoint(self, scope: Scope) -> str | None:
        """The route template; nothing when no route matched. Never raises."""
        try:
            return self._endpoint(scope)
        except Exception:  # noqa: BLE001 - a function of the application's
            return None

    def count(self, method: str, endpoint: str, status: int, seconds: float, trace_id: str | None = None) -> None:
        """Count a request that was answered."""
        self._performance.request(method, endpoint, str(status), seconds, trace_id)

    def error(self, method: str, endpoint: str, error: BaseException) -> None:
        """Count an exception."""
        self._performance.error(method, endpoint, error)

    def span(self, scope: Scope, method: str) -> RequestSpan | None:
        """The span of a request, unless another instrumentation makes one. Never raises."""
        if self.tracer is None or surrounding() is not None:
            return None
        try:
            return self._start(self.tracer, scope, method)
        except Exception:  # noqa: BLE001 - a request must not fail for its span
            return None

    @staticmethod
    def _start(tracer: Tracer, scope: Scope, method: str) -> RequestSpan:
        attributes: dict[str, Any] = {
            "url.scheme": scope.get("scheme", "http"),
            "url.path": shorten(scope["path"]),
            "network.protocol.version": scope.get("http_version", "1.1"),
        }
        server = scope.get("server")
        if server and server[0]:
            attributes["server.address"] = server[0]
            if server[1]:
                attributes["server.port"] = server[1]
        # FastAPI would make a second server span as soon as a tracer provider is set.
        scope.setdefault("fastapi.telemetry", None)
        return RequestSpan(tracer, method, scope.get("headers", ()), attributes)


class Exchange:
    """Follows the messages of a request; a WebSocket counts as the request that opens it."""

    __slots__ = (
        "_begin",
        "_gone",
        "_method",
        "_receive",
        "_recorded",
        "_recorder",
        "_scope",
        "_send",
        "_span",
        "_status",
    )

    def __init__(self, recorder: Recorder, scope: Scope, receive: Receive, send: Send) -> None:
        self._recorder = recorder
        self._scope = scope
        self._receive = receive
        self._send = send
        self._method: str = scope.get("method", "GET")
        self._span: RequestSpan | None = None
        self._status = 0
        self._gone = False
        self._recorded = False
        self._begin = 0.0

    async def run(self, app: App, send: Send) -> None:
        """Call the application; its exceptions go on to the server."""
        recorder = self._recorder
        self._begin = recorder.clock()
        recorder.in_progress.inc()
        self._span = recorder.span(self._scope, self._method)
        try:
            await app(self._scope, self.receive, send)
        except asyncio.CancelledError:
            self._gone = True
            raise
        except Exception as error:
            if not (self._gone and (isinstance(error, OSError) or type(error).__name__ in _LEFT)):
                self._status = self._status or SERVER_ERROR
                recorder.error(self._method, recorder.endpoint(self._scope) or UNMATCHED, error)
                if self._span:
                    self._span.failed(error)
            raise
        finally:
            if not self._recorded:
                self._status = self._status or (CLIENT_GONE if self._gone else SERVER_ERROR)
                self._record()
            if self._span:
                self._span.leave()
            recorder.in_progress.dec()

    async def receive(self) -> Message:
        """Hand a message to the application, and notice when the client goes away."""
        message = await self._receive()
        kind = message["type"]
        if kind == "websocket.disconnect" or (kind == "http.disconnect" and not self._recorded):
            self._gone = True
        return message

    async def send(self, message: Message) -> None:
        """Hand a message to the server; the request is over when the last part of the response is out."""
        kind = message["type"]
        if kind == "http.response.start":
            self._status = message["status"]
        await self._deliver(message)
        if (kind == "http.response.body" and not message.get("more_body")) or kind == "http.response.pathsend":
            self._record()

    async def send_websocket(self, message: Message) -> None:
        """Hand a message to the server; the handshake is over when it is accepted or refused."""
        kind = message["type"]
        await self._deliver(message)
        if not self._recorded:
            if kind == "websocket.accept":
                self._status = SWITCHING_PROTOCOLS
            elif kind == "websocket.close":
                self._status = FORBIDDEN
            elif kind == "websocket.http.response.start":
                self._status = message["status"]
            if self._status:
                self._record()

    async def _deliver(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:  # how a server says that the client is gone
            self._gone = True
            raise

    def _record(self) -> None:
        if self._recorded:
            return
        self._recorded = True
        recorder, request = self._recorder, self._span
        seconds = recorder.clock() - self._begin
        route = recorder.endpoint(self._scope)
        if request:
            request.answered(route, self._status)
        # Another instrumentation's span is active here, be it around this middleware or inside the application.
        span = request.span if request else trace.get_current_span()
        recorder.count(self._method, route or UNMATCHED, self._status, seconds, sampled_trace(span))
