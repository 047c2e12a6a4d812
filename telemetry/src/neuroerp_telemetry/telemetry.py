"""The one object that a service needs."""

import logging
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry

from .asgi import TelemetryMiddleware
from .config import TelemetryConfig
from .exchange import App
from .health import HealthRegistry
from .logs import LogStream, setup_logging
from .metrics import ApplicationMetrics
from .routes import Scope
from .tracing import flush, setup_tracing
from .wsgi import WsgiApp, WsgiMiddleware

_logger = logging.getLogger(__name__)
SCOPE = "neuroerp_telemetry"


class Telemetry:
    """Metrics, traces, logs and health checks of one service in one process."""

    _current: ClassVar["Telemetry | None"] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        config: TelemetryConfig,
        *,
        registry: CollectorRegistry | None = None,
        tracer_provider: TracerProvider | None = None,
        log_stream: LogStream | None = None,
    ) -> None:
        """Parts of your own come instead of the usual ones; `setup` is the usual way. Raises TelemetryConfigError."""
        self.config = config
        self.tracer_provider = tracer_provider or setup_tracing(
            config.service_name,
            service_version=config.service_version,
            environment=config.environment,
            endpoint=config.otlp_endpoint,
            protocol=config.otlp_protocol,
            sample_ratio=config.sample_ratio,
        )
        self.tracer = self.tracer_provider.get_tracer(SCOPE, config.service_version)
        self.metrics = ApplicationMetrics(config, registry)
        self.health = HealthRegistry(config.service_name, self.metrics.families)
        self._log_handler = setup_logging(
            config.service_name, level=config.log_level, stream=log_stream, dropped=self._count_dropped
        )

    @classmethod
    def setup(cls, config: TelemetryConfig, **parts: Any) -> "Telemetry":
        """The telemetry of this process: made by the first call, returned by all others until `shutdown`.

        `parts` are those of the constructor. Raises TelemetryConfigError.
        """
        with cls._lock:
            if cls._current is None:
                cls._current = cls(config, **parts)
            elif cls._current.config != config:
                _logger.warning("telemetry is already set up; the second configuration is not used")
            return cls._current

    def asgi(self, app: App, *, endpoint: Callable[[Scope], str | None] | None = None) -> TelemetryMiddleware:
        """The ASGI application with request metrics, spans, /metrics and the health endpoints.

        `endpoint` gives the route template for frameworks other than Starlette, FastAPI and Litestar.
        """
        return TelemetryMiddleware(app, self, endpoint=endpoint)

    def wsgi(self, app: WsgiApp, *, endpoint: Callable[[dict[str, Any]], str | None] | None = None) -> WsgiMiddleware:
        """The same for a WSGI application; without `endpoint`, templates are known for Flask only."""
        return WsgiMiddleware(app, self, endpoint=endpoint)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """No longer ready from now on; send the spans and write the logs that wait, for so many seconds at most.

        Whether all spans were sent.
        """
        self.health.drain()
        sent = flush(self.tracer_provider, timeout)
        if not sent:
            _logger.warning("not all spans were sent within %s s", timeout)
        self._log_handler.drain(timeout)
        with Telemetry._lock:
            if Telemetry._current is self:
                Telemetry._current = None
        return sent

    def _count_dropped(self, reason: str) -> None:
        series = self.metrics.families["telemetry_log_lines_dropped_total"].series(reason)
        if series is not None:
            series.inc()
