"""Traces to an OTLP receiver."""

import atexit
import importlib
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from .config import TelemetryConfigError
from .contract import NAMESPACE

_JAEGER_VARIABLES = "OTEL_EXPORTER_JAEGER_"
_EXPORTERS = ("otlp", "console", "none")
_SECONDS_AT_EXIT = 5.0
_given_up: "WeakSet[TracerProvider]" = WeakSet()
"""Providers whose receiver did not take the spans in time: the end of the process must not wait for it again."""


def exporter_names(environment: Mapping[str, str]) -> set[str]:
    """The exporters that OTEL_TRACES_EXPORTER asks for; raises TelemetryConfigError for one that does not exist."""
    names = {name.strip() for name in environment.get("OTEL_TRACES_EXPORTER", "").split(",") if name.strip()}
    jaeger = sorted(name for name in names if name.startswith("jaeger"))
    found = [f"OTEL_TRACES_EXPORTER={name}" for name in jaeger]
    found += sorted(key for key in environment if key.startswith(_JAEGER_VARIABLES))
    if found:
        raise TelemetryConfigError(
            f"the Jaeger Thrift exporter no longer exists, but {', '.join(found)} is set: remove it, and set "
            "OTEL_EXPORTER_OTLP_ENDPOINT to the OTLP port of Jaeger or the Collector, like http://otlp.observability.svc:4317"
        )
    unknown = sorted(names - {*_EXPORTERS})
    if unknown:
        raise TelemetryConfigError(f"OTEL_TRACES_EXPORTER is {', '.join(unknown)}: write {' or '.join(_EXPORTERS)}")
    return names or {"otlp"}


def _otlp(endpoint: str | None, protocol: str) -> SpanExporter:
    module = "grpc" if protocol == "grpc" else "http"
    try:
        loaded = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{module}.trace_exporter")
    except ImportError as error:
        raise TelemetryConfigError(
            f"the OTLP exporter for {protocol} is not installed: pip install 'neuroerp-telemetry[http-exporter]'"
        ) from error
    made: SpanExporter = loaded.OTLPSpanExporter(endpoint=endpoint) if endpoint else loaded.OTLPSpanExporter()
    return made


def setup_tracing(
    service_name: str,
    *,
    service_version: str = "0.0.0",
    environment: str = "dev",
    endpoint: str | None = None,
    protocol: str = "grpc",
    sample_ratio: float = 1.0,
) -> TracerProvider:
    """Give the process its tracer provider, or return the one it has; raises TelemetryConfigError.

    The endpoint comes from OTEL_EXPORTER_OTLP_ENDPOINT when none is given; http:// means without TLS.
    """
    names = exporter_names(os.environ)
    current = trace.get_tracer_provider()
    if isinstance(current, TracerProvider):
        return current  # a second one would be ignored with a warning
    resource = Resource.create(
        {
            "service.name": service_name,
            "service.version": service_version,
            "service.namespace": NAMESPACE,
            "deployment.environment.name": environment,
        }
    )
    # The operator's environment wins.
    sampler: dict[str, Any] = {}
    if "OTEL_TRACES_SAMPLER" not in os.environ:
        sampler["sampler"] = ParentBased(TraceIdRatioBased(sample_ratio))
    # The library's own hook at exit has no time limit.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False, **sampler)
    atexit.register(_flush_at_exit, provider)
    if "otlp" in names:
        provider.add_span_processor(BatchSpanProcessor(_otlp(endpoint, protocol)))
    if "console" in names:
        provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def _flush_at_exit(provider: TracerProvider) -> None:
    """For a service that does not call shutdown(), or makes spans after it."""
    if provider not in _given_up:
        with suppress(RuntimeError):  # some versions start no threads at this moment
            flush(provider, _SECONDS_AT_EXIT)


def flush(provider: TracerProvider, seconds: float) -> bool:
    """Send what waits, and give up after so many seconds; whether all was sent in time."""
    done = threading.Event()

    def work() -> None:
        if provider.force_flush(int(seconds * 1000)):
            done.set()

    # In a thread of its own: an exporter that waits for its receiver does not look at the limit.
    threading.Thread(target=work, name="telemetry-flush", daemon=True).start()
    if not done.wait(seconds):
        _given_up.add(provider)
        return False
    return True
