"""Spans of a made-up service, sent by OTLP."""

import os
import threading
import time
from collections.abc import Sequence

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.loopback import NOBODY_TRUSTED
from tests.traces.otel import Otel

PROTOBUF = {"Content-Type": "application/x-protobuf"}


def attributes(**texts: str) -> list[KeyValue]:
    """Attributes, as OTLP has them."""
    return [KeyValue(key=key, value=AnyValue(string_value=text)) for key, text in texts.items()]


def request(service: str, number: int, **texts: str) -> ExportTraceServiceRequest:
    """So many spans of one trace."""
    now, trace = time.time_ns(), os.urandom(16)
    made = [
        Span(
            trace_id=trace,
            span_id=os.urandom(8),
            name="work",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=now,
            end_time_unix_nano=now + 1_000_000,
            attributes=attributes(**texts),
        )
        for _ in range(number)
    ]
    resource_spans = ResourceSpans(scope_spans=[ScopeSpans(spans=made)])
    resource_spans.resource.attributes.extend(attributes(**{"service.name": service}))
    return ExportTraceServiceRequest(resource_spans=[resource_spans])


def spans(sent: ExportTraceServiceRequest) -> list[Span]:
    """The spans of a request, to be changed."""
    return list(sent.resource_spans[0].scope_spans[0].spans)


def trace_id(sent: ExportTraceServiceRequest) -> str:
    """The id of the trace in hexadecimal digits."""
    return str(spans(sent)[0].trace_id.hex())


def post(server: Otel, sent: ExportTraceServiceRequest) -> int:
    """Send by OTLP over HTTP; the status of the answer."""
    content = sent.SerializeToString()
    url = f"{server.at(4318)}/v1/traces"
    # A connection of its own for each: a server that ended and came back must not be met on an old one.
    with httpx.Client(timeout=60, trust_env=False, verify=NOBODY_TRUSTED) as client:
        return client.post(url, content=content, headers=PROTOBUF).status_code


def post_all(server: Otel, traces: Sequence[ExportTraceServiceRequest]) -> set[str]:
    """Send traces, fifty at once, all of which have to be taken; their ids."""
    for first in range(0, len(traces), 50):
        together = ExportTraceServiceRequest()
        for sent in traces[first : first + 50]:
            together.MergeFrom(sent)
        assert post(server, together) == httpx.codes.OK
    return {trace_id(sent) for sent in traces}


class Load:
    """Spans all the time, until it is ended; ``taken`` and ``refused`` count them by the answer."""

    def __init__(self, server: Otel, service: str, batch: int = 50, pause: float = 0.25) -> None:
        self.taken = self.refused = 0
        self._server, self._service, self._batch, self._pause = server, service, batch, pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        while not self._over.wait(self._pause):
            if post(self._server, request(self._service, self._batch)) == httpx.codes.OK:
                self.taken += self._batch
            else:
                self.refused += self._batch

    def end(self) -> None:
        """Send no more, and wait for the last answer."""
        self._over.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
