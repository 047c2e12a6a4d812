"""The deployed configuration has no key that the deployed Jaeger refuses, which is newer than that of the tests."""

from typing import Any

import pytest

from components import charts
from tests.traces.jaeger import deployed
from tests.traces.jaeger_keys import RECORDED, unknown
from tests.traces.test_traces_config import made


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_deployed_jaeger_knows_every_key_of_a_stack(stack: str) -> None:
    assert list(unknown(deployed(stack))) == []


@pytest.mark.parametrize("settings", [{"storage": "memory"}, {"redacted": ["^a", "b"]}, {"redacted": []}], ids=str)
def test_and_those_of_other_settings(settings: dict[str, Any]) -> None:
    assert list(unknown(made(**settings)["userconfig"])) == []


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("extensions.jaeger_storage.backends.main.elasticsearch.indices.spans", "rotation"),
        ("extensions.jaeger_storage.backends.main.elasticsearch", "write_mode"),
        ("exporters.jaeger_storage_exporter", "sending_queue"),
        ("exporters.jaeger_storage_exporter.queue", "max_size"),
        ("receivers.otlp.protocols.grpc", "address"),
        ("extensions.jaeger_query", "otlp"),
        ("processors", "k8s_attributes"),
        ("service.telemetry.metrics", "address"),
        ("service.pipelines.traces", "sampling"),
    ],
)
def test_a_key_that_it_does_not_know_is_noticed(place: str, key: str) -> None:
    config = deployed()
    inner = config
    for name in place.split("."):
        inner = inner[name]
    inner[key] = {"a": 1}
    assert list(unknown(config)) == [f"{place}.{key}"]


def test_they_were_recorded_for_the_version_that_is_deployed() -> None:
    """After an update of the chart: read what its Jaeger takes, and write it down."""
    assert charts.JAEGER.version == RECORDED["chart"]
