"""The configuration that production has is one that the real Collector takes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from components.collector import CollectorSettings, _values
from components.jaeger import REDACTED
from tests.needs import need
from tests.traces.collector import deployed
from tests.traces.otel import complaint

JAEGER = "dns:///otel-collector-jaeger.observability.svc:4317"


def made(redacted: tuple[str, ...] = REDACTED, **settings: Any) -> dict[str, Any]:
    chosen = CollectorSettings.model_validate({"enabled": True, **settings})
    config: dict[str, Any] = _values("otel-collector", chosen, redacted, JAEGER)["alternateConfig"]
    return config


def test_the_configuration_of_production_is_taken(tmp_path: Path) -> None:
    assert complaint("otelcol", tmp_path, deployed()) == ""


@pytest.mark.parametrize("settings", [{"tailSampling": None}, {"redacted": ()}, {"redacted": (r'^a\d"b$', "ä.b")}])
def test_so_are_those_of_other_settings(settings: dict[str, Any], tmp_path: Path) -> None:
    assert complaint("otelcol", tmp_path, made(**settings)) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('"num_traces"', '"num_trace"', "has invalid keys: num_trace"),
        ('"sending_queue"', '"queue"', "has invalid keys: queue"),
        ("delete_key(", "remove_key(", "remove_key"),
        ("spanevent.attributes", "event.attributes", "event.attributes"),
        ('"otlp_grpc"', '"otlp_grcp"', 'unknown type: "otlp_grcp"'),
        ('"sampling_percentage": 10', '"sampling_percentage": "many"', "sampling_percentage"),
    ],
)
def test_a_mistake_is_not_taken(right: str, wrong: str, says: str, tmp_path: Path) -> None:
    text = json.dumps(deployed())
    assert right in text
    assert says in complaint("otelcol", tmp_path, json.loads(text.replace(right, wrong)))


def test_the_tool_has_the_components_that_are_used_and_no_others() -> None:
    """So that one that is new here is built into the tool, and with that looked up in the distribution's list."""
    said = subprocess.run([need("otelcol")["otelcol"], "components"], capture_output=True, check=True, timeout=60)
    listed = yaml.safe_load(said.stdout)
    kinds = ("receivers", "processors", "exporters", "extensions")
    used = {kind: sorted({name.partition("/")[0] for name in deployed()[kind]}) for kind in kinds}
    assert {kind: sorted(item["name"] for item in listed[kind]) for kind in kinds} == used


@pytest.mark.parametrize("key", ["decisionWaitSeconds", "tracesHeld", "slowMilliseconds", "percentage"])
def test_settings_reach_the_configuration(key: str) -> None:
    assert made(tailSampling={key: 100}) != made()


@pytest.mark.parametrize(
    "wrong",
    [
        {"decisionWaitSeconds": 0},
        {"decisionWaitSeconds": "10s"},
        {"tracesHeld": 1},
        {"slowMilliseconds": 0},
        {"percentage": 101},
        {"percentage": -1},
        {"percentage": "10%"},
        {"percentage": float("nan")},
    ],
)
def test_wrong_sampling_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CollectorSettings.model_validate({"tailSampling": wrong})


def test_several_would_each_judge_a_part() -> None:
    with pytest.raises(ValidationError, match=r"replicas: 2 Collectors would each.*write replicas: 1, or tailSampling"):
        CollectorSettings.model_validate({"replicas": 2})
    assert CollectorSettings.model_validate({"replicas": 2, "tailSampling": None}).replicas == 2
