"""A telemetry object of each test's own, with its spans and log lines at hand."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "telemetry" / "src"))

from neuroerp_telemetry import Telemetry, TelemetryConfig
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.exposition import generate_latest


@dataclass
class Watched:
    """Telemetry, and what came out of it."""

    telemetry: Telemetry
    spans: InMemorySpanExporter
    stream: io.BytesIO

    def lines(self) -> list[dict[str, Any]]:
        self.telemetry._log_handler.drain(5)
        return [json.loads(line) for line in self.stream.getvalue().decode().splitlines()]

    def value(self, name: str, **labels: str) -> float | None:
        return self.telemetry.metrics.registry.get_sample_value(name, labels)

    def text(self) -> str:
        return generate_latest(self.telemetry.metrics.registry).decode()


def watched(**settings: Any) -> Watched:
    spans, stream, provider = InMemorySpanExporter(), io.BytesIO(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    config = TelemetryConfig(**{"service_name": "neuroerp-api", **settings})
    return Watched(Telemetry(config, tracer_provider=provider, log_stream=stream), spans, stream)


@pytest.fixture
def watch() -> Watched:
    return watched()


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    root = logging.getLogger()
    before, level = [*root.handlers], root.level
    yield
    for handler in [*root.handlers]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
