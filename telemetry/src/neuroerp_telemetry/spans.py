"""A span for each request, shared by the ASGI and WSGI adapters."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer, format_trace_id

from .declared.app import METHODS

Headers = Iterable[tuple[bytes, bytes]]

_LONGEST_PATH = 256
_SERVER_ERROR = 500
_ERROR = Status(StatusCode.ERROR)


class _HeaderGetter(Getter[Headers]):
    def get(self, carrier: Headers, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        return [value.decode("latin-1") for name, value in carrier if name == wanted] or None

    def keys(self, carrier: Headers) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_GETTER = _HeaderGetter()


def surrounding() -> Span | None:
    """The server span of another instrumentation around this one, if there is one."""
    span = trace.get_current_span()
    return span if getattr(span, "kind", None) is SpanKind.SERVER else None


def sampled_trace(span: Span | None) -> str | None:
    """The trace id for an exemplar: only of a sampled trace, since others can be found nowhere."""
    if span is None:
        return None
    found = span.get_span_context()
    return format_trace_id(found.trace_id) if found.is_valid and found.trace_flags.sampled else None


def remember(error: BaseException, span: Span) -> None:
    """Let a log line of the exception carry the span's ids: servers log it when the span is no longer active."""
    with suppress(Exception):  # a class without room for attributes
        error._neuroerp_span = span.get_span_context()  # type: ignore[attr-defined]  # noqa: SLF001 - our own mark


def span_for(error: object) -> SpanContext:
    """The active span, or else the one in which the exception was raised."""
    active = trace.get_current_span().get_span_context()
    remembered = None if active.is_valid else getattr(error, "_neuroerp_span", None)
    return remembered if isinstance(remembered, SpanContext) else active


class RequestSpan:
    """The server span of a request, active until `leave`."""

    __slots__ = ("_method", "_token", "span")

    def __init__(self, tracer: Tracer, method: str, headers: Headers, attributes: dict[str, Any]) -> None:
        parent = propagate.extract(headers, otel_context.get_current(), _GETTER)
        self._method = method if method in METHODS else "HTTP"
        attributes["http.request.method"] = method if method in METHODS else "_OTHER"
        self.span = tracer.start_span(self._method, parent, SpanKind.SERVER, attributes)
        self._token = otel_context.attach(trace.set_span_in_context(self.span, parent))

    def answered(self, route: str | None, status: int) -> None:
        """Note how the request was answered."""
        span = self.span
        if not span.is_recording():
            return
        if route:
            span.update_name(f"{self._method} {route}")
            span.set_attribute("http.route", route)
        if status:
            span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            span.set_attribute("error.type", str(status))
            span.set_status(_ERROR)

    def failed(self, error: BaseException) -> None:
        """Note the exception that ended the request."""
        remember(error, self.span)
        if self.span.is_recording():
            self.span.record_exception(error)
            self.span.set_attribute("error.type", type(error).__name__)
            self.span.set_status(_ERROR)

    def leave(self) -> None:
        """End the span."""
        otel_context.detach(self._token)
        self.span.end()


def shorten(path: str) -> str:
    """A path as an attribute: hostile ones must not fill the exporter's queue."""
    return path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH]
