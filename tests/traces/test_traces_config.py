"""The configuration that we deploy is one that the real Jaeger takes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from components.jaeger import JaegerArgs, JaegerSettings, _values
from components.settings import SettingsError, parse
from tests.components.platform_settings import changed, platform
from tests.traces.jaeger import deployed
from tests.traces.otel import complaint

ARGS: JaegerArgs = {
    "namespace": "observability",
    "elasticsearch_url": "https://elasticsearch.example.com:9200",
    "ca_secret": "ca",
    "index_prefix": "neuroerp",
}


def made(**settings: Any) -> dict[str, Any]:
    return _values("jaeger", JaegerSettings.model_validate(settings), ARGS)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_configuration_of_a_stack_is_taken(stack: str, tmp_path: Path) -> None:
    assert complaint("jaeger", tmp_path, deployed(stack)) == ""


@pytest.mark.parametrize("settings", [{"storage": "memory", "memory_traces": 7}, {"redacted": []}])
def test_so_are_those_of_other_settings(settings: dict[str, Any], tmp_path: Path) -> None:
    assert complaint("jaeger", tmp_path, made(**settings)["userconfig"]) == ""


def test_a_misspelt_key_is_not_taken(tmp_path: Path) -> None:
    config = deployed()
    exporter = config["exporters"]["jaeger_storage_exporter"]
    exporter["sending_queue"] = exporter.pop("queue")
    assert "has invalid keys: sending_queue" in complaint("jaeger", tmp_path, config)


def test_a_pattern_that_only_python_reads_is_not_taken(tmp_path: Path) -> None:
    config = deployed()
    config["processors"]["attributes/redact"]["actions"][-1]["pattern"] = "^user(?!_agent)"
    assert "invalid pattern" in complaint("jaeger", tmp_path, config)
    with pytest.raises(ValidationError, match="is no attribute and no regular expression of Go"):
        JaegerSettings.model_validate({"redacted": ["^user(?!_agent)"]})


@pytest.mark.parametrize("pattern", ["", "^(", r"^(a)\1", "^(?<=a)b", "user[.]", "a b", 3])
def test_settings_refuse_what_is_no_pattern(pattern: object) -> None:
    with pytest.raises(ValidationError):
        JaegerSettings.model_validate({"redacted": [pattern]})


def test_in_memory_nothing_is_asked_of_elasticsearch() -> None:
    values = made(storage="memory")
    assert "elasticsearch" not in str(values)
    assert "es-certs" not in str(values)
    assert values["esIndexCleaner"] == {"enabled": False}
    with pytest.raises(ValidationError, match="storage: memory is each server's own; write replicas: 1"):
        made(storage="memory", replicas=2)


def test_production_refuses_memory() -> None:
    memory = changed(platform("prod"), "jaeger", {"storage": "memory"})
    with pytest.raises(SettingsError, match=r"platform\.jaeger\.storage: production keeps its traces; write elastic"):
        parse(memory)


def test_pods_are_new_when_the_configuration_is() -> None:
    def label(values: dict[str, Any]) -> str:
        return str(values["jaeger"]["podLabels"]["config-version"])

    assert label(made()) == label(made(resources={"memory": "300Mi"}))
    changed = [made(queue_size=2000), made(redacted=["^a"]), made(retention_days=3), made(storage="memory")]
    assert len({label(made()), *map(label, changed)}) == 5
