"""Pure ASGI middleware: metrics and a span for each request, and the endpoints of this package."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .endpoints import Endpoints
from .exchange import App, Exchange, Message, Receive, Recorder, Send
from .routes import RouteTable, Scope

if TYPE_CHECKING:
    from .telemetry import Telemetry


class TelemetryMiddleware:
    """Wraps an ASGI application; put it around everything else."""

    def __init__(
        self, app: App, telemetry: "Telemetry", *, endpoint: Callable[[Scope], str | None] | None = None
    ) -> None:
        """`endpoint` finds the route template of frameworks that this package does not know."""
        self.app = app
        self._health = telemetry.health
        self._endpoints = Endpoints(telemetry.metrics.registry, telemetry.health)
        self._table = RouteTable(telemetry.metrics.performance.prepare)
        self._recorder = Recorder(telemetry, endpoint or self._table.template)
        router = getattr(app, "router", app)
        if hasattr(router, "routes"):
            self._table.learn(router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection; whatever the application raises goes on to the server."""
        kind = scope["type"]
        if kind == "http":
            own = self._endpoints.own(scope["path"], scope.get("root_path", ""))
            if own:
                await self._answer(own, scope, send)
            else:
                exchange = Exchange(self._recorder, scope, receive, send)
                await exchange.run(self.app, exchange.send)
        elif kind == "websocket":
            exchange = Exchange(self._recorder, scope, receive, send)
            await exchange.run(self.app, exchange.send_websocket)
        elif kind == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, path: str, scope: Scope, send: Send) -> None:
        begin = self._recorder.clock()
        given = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        method = scope["method"]
        answer = await self._endpoints.answer(path, method, given.get(b"accept", ""), given.get(b"accept-encoding", ""))
        headers = {**answer.headers, "Content-Length": str(len(answer.body))}
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
        self._recorder.count(method, path, answer.status, self._recorder.clock() - begin)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hear() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._health.drain()
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and scope.get("router") is not None:
                self._table.learn(scope["router"])
            await send(message)

        await self.app(scope, hear, tell)
