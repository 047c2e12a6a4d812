"""Spans reach an OTLP receiver, and lead from an exemplar to a trace to a log line."""

import io
import json
import logging
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from neuroerp_telemetry import Telemetry, TelemetryConfig, TelemetryConfigError
from neuroerp_telemetry.contract import ATTRIBUTES
from neuroerp_telemetry.tracing import exporter_names, setup_tracing
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.util._once import Once
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.telemetry.asgi_calls import get
from tests.telemetry.otlp_receiver import grpc_receiver, http_receiver

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process whose provider is not yet set; the library lets it be set once only."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr(Telemetry, "_current", None)
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    yield
    provider = trace._TRACER_PROVIDER
    if isinstance(provider, TracerProvider):
        provider.shutdown()


async def work(_request: Request) -> PlainTextResponse:
    logging.getLogger("erp").info("working")
    return PlainTextResponse("done")


def test_exemplar_trace_and_log_line_share_one_id() -> None:
    with grpc_receiver() as received:
        stream = io.BytesIO()
        config = TelemetryConfig(service_name="neuroerp-api", service_version="1.2.3", otlp_endpoint=received.endpoint)
        telemetry = Telemetry.setup(config, log_stream=stream)
        app = telemetry.asgi(Starlette(routes=[Route("/work/{id}", work)]))
        get(app, "/work/1")
        accept = [(b"accept", b"application/openmetrics-text; version=1.0.0")]
        exposed = get(app, "/metrics", headers=accept)[2].decode()
        assert telemetry.shutdown() is True
    (span,) = received.spans
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines() if b"working" in line]
    exemplars = set(re.findall(r'# \{trace_id="(\w+)"\}', exposed))
    assert exemplars == {line["trace_id"]} == {span.trace_id.hex()}
    assert line["span_id"] == span.span_id.hex()
    assert span.name == "GET /work/{id}"
    declared = {attribute.name for attribute in ATTRIBUTES if attribute.on == "span"}
    assert {item.key for item in span.attributes} <= declared
    for attribute in ATTRIBUTES:
        if attribute.on == "resource" and attribute.always:
            assert attribute.name in received.resources[0]
    assert received.resources[0]["service.name"] == "neuroerp-api"
    assert received.resources[0]["service.version"] == "1.2.3"
    assert received.resources[0]["service.namespace"] == "valeo-neuroerp"
    assert received.resources[0]["deployment.environment.name"] == "dev"


def test_http_protocol() -> None:
    with http_receiver() as received:
        provider = setup_tracing("neuroerp-api", endpoint=received.endpoint, protocol="http/protobuf")
        with provider.get_tracer("test").start_as_current_span("over http"):
            pass
        assert provider.force_flush(5000)
    assert [span.name for span in received.spans] == ["over http"]


def test_the_endpoint_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with grpc_receiver() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.endpoint)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=erp-0")
        provider = setup_tracing("neuroerp-api")
        with provider.get_tracer("test").start_as_current_span("x"):
            pass
        assert provider.force_flush(5000)
    assert received.resources[0]["k8s.pod.name"] == "erp-0"


def test_set_up_twice_is_set_up_once(caplog: pytest.LogCaptureFixture) -> None:
    first = setup_tracing("neuroerp-api")
    assert setup_tracing("other") is first
    assert trace.get_tracer_provider() is first
    assert caplog.records == []


def test_telemetry_is_one_until_its_shutdown(caplog: pytest.LogCaptureFixture) -> None:
    config = TelemetryConfig(service_name="neuroerp-api")
    parts: dict[str, Any] = {"tracer_provider": TracerProvider(), "log_stream": io.BytesIO()}
    first = Telemetry.setup(config, **parts)
    assert Telemetry.setup(config) is first
    assert Telemetry.setup(TelemetryConfig(service_name="other")) is first
    assert "already set up" in caplog.text
    first.shutdown()
    second = Telemetry.setup(config, **parts)
    assert second is not first
    assert first.health.draining
    assert not second.health.draining
    second.shutdown()


def test_w3c_is_what_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    provider = setup_tracing("neuroerp-api")
    carrier: dict[str, str] = {}
    with provider.get_tracer("test").start_as_current_span("x"):
        propagate.inject(carrier)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]", carrier["traceparent"])


def test_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    off = setup_tracing("neuroerp-api", sample_ratio=0)
    assert not off.get_tracer("test").start_span("x").is_recording()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert setup_tracing("neuroerp-api", sample_ratio=1).sampler is ALWAYS_OFF


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OTEL_TRACES_EXPORTER", "jaeger", "OTEL_TRACES_EXPORTER=jaeger is set"),
        ("OTEL_TRACES_EXPORTER", "otlp, jaeger_thrift", "OTEL_TRACES_EXPORTER=jaeger_thrift is set"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "jaeger", "OTEL_EXPORTER_JAEGER_AGENT_HOST is set"),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", "http://jaeger:14268", "OTEL_EXPORTER_JAEGER_ENDPOINT is set"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER is zipkin: write otlp or console or none"),
    ],
)
def test_exporters_that_do_not_exist(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(TelemetryConfigError, match=message) as caught:
        setup_tracing("neuroerp-api")
    if "zipkin" not in message:
        assert "OTEL_EXPORTER_OTLP_ENDPOINT" in str(caught.value)
        assert "14268" not in str(caught.value)


def test_exporter_names() -> None:
    assert exporter_names({}) == {"otlp"}
    assert exporter_names({"OTEL_TRACES_EXPORTER": " none "}) == {"none"}
    assert exporter_names({"OTEL_TRACES_EXPORTER": "otlp,console"}) == {"otlp", "console"}


def within(seconds: float, call: Callable[[], object]) -> bool:
    begin = time.monotonic()
    call()
    return time.monotonic() - begin < seconds


def test_shutdown_does_not_wait_for_a_receiver_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        telemetry = Telemetry.setup(
            TelemetryConfig(service_name="neuroerp-api", otlp_endpoint=endpoint), log_stream=io.BytesIO()
        )
        with telemetry.tracer.start_as_current_span("lost"):
            pass
        assert within(3, lambda: telemetry.shutdown(timeout=0.5))
        # It would report its failure when the tests are long over.
        logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter").setLevel(logging.CRITICAL + 1)
        trace._TRACER_PROVIDER = None  # the test's own clean-up would wait for the receiver


def test_the_end_of_the_process_does_not_wait_either() -> None:
    program = (
        "import sys; sys.path.insert(0, 'telemetry/src'); from neuroerp_telemetry import Telemetry, TelemetryConfig\n"
        "telemetry = Telemetry.setup(TelemetryConfig(service_name='x', otlp_endpoint='http://127.0.0.1:1'))\n"
        "telemetry.tracer.start_span('lost').end()\n"
        "print(telemetry.shutdown(timeout=0.2))"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=6, cwd=ROOT)
    assert "not all spans were sent within 0.2 s" in run.stdout
    assert "False" in run.stdout


def test_spans_are_sent_at_the_end_of_a_process_without_shutdown() -> None:
    program = (
        "import sys; sys.path.insert(0, 'telemetry/src'); from neuroerp_telemetry.tracing import setup_tracing\n"
        "setup_tracing('x', endpoint=sys.argv[1]).get_tracer('x').start_span('last').end()"
    )
    with grpc_receiver() as received:
        subprocess.run([sys.executable, "-c", program, received.endpoint], check=True, timeout=20, cwd=ROOT)
    assert [span.name for span in received.spans] == ["last"]


def test_the_contract_needs_none_of_the_libraries() -> None:
    program = (
        "import sys; sys.path.insert(0, 'telemetry/src'); import neuroerp_telemetry.contract\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'prometheus_client')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
