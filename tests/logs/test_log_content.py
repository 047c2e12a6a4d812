"""What is deployed for the logs: requests to Elasticsearch, users, roles and names, and how they fit each other."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import logs
from logs import LogContent, content
from tests.logs.log_checks import role_faults, stream_faults
from tests.logs.payload_checks import payload_faults

PROD: dict[str, Any] = {"index_replicas": 1, "retention_days": 30, "rollover_age": "1d", "rollover_size": "30Gi"}
DEV: dict[str, Any] = {"index_replicas": 0, "retention_days": 3, "rollover_age": "1d", "rollover_size": "2Gi"}
ENVIRONMENTS = [("prod", PROD), ("dev", DEV), ("eu-2", {**PROD, "shards": 3, "retention_days": 90})]


@pytest.fixture
def dev() -> LogContent:
    return content("dev", **DEV)


def body(of: LogContent, file: str) -> Any:
    return json.loads(of.payloads[file])["body"]


@pytest.mark.parametrize(("environment", "values"), ENVIRONMENTS)
def test_content_keeps_all_rules(environment: str, values: dict[str, Any]) -> None:
    of = content(environment, **values)
    assert payload_faults(of) == []
    assert stream_faults(of, environment) == []
    assert role_faults(of) == []


def test_files_hold_the_values_of_production() -> None:
    folder = Path(logs.__file__).parent / "elasticsearch"
    prod = content("prod", **PROD)
    for name, text in prod.payloads.items():
        assert json.loads(text)["body"] == json.loads((folder / name[3:]).read_text(encoding="utf-8"))


def test_values_of_an_environment_reach_the_requests() -> None:
    of = content("eu-2", index_replicas=2, retention_days=90, rollover_age="12h", rollover_size="500Mi", shards=3)
    index = body(of, "30-index-template.json")
    assert index["index_patterns"] == [f"valeo-neuroerp-{kind}-eu-2" for kind in ("app", "infra", "unparsed")]
    assert index["template"]["settings"]["index"]["number_of_replicas"] == 2
    assert index["template"]["settings"]["index"]["number_of_shards"] == 3
    phases = body(of, "10-lifecycle-policy.json")["policy"]["phases"]
    assert phases["hot"]["actions"]["rollover"] == {"max_age": "12h", "max_primary_shard_size": "500mb"}
    assert phases["delete"]["min_age"] == "90d"


@pytest.mark.parametrize(("days", "warm"), [(1, False), (6, False), (7, True), (30, True)])
def test_only_streams_that_live_long_are_merged(days: int, warm: bool) -> None:
    of = content("dev", **{**DEV, "retention_days": days})
    assert ("warm" in body(of, "10-lifecycle-policy.json")["policy"]["phases"]) is warm
    assert payload_faults(of) == []


@pytest.mark.parametrize("environment", ["", "Dev", "dev_1", "-dev", "dev-", "a*", "dev,prod", "dev prod"])
def test_environment_must_fit_into_an_index_name(environment: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of an index name"):
        content(environment, **DEV)


def test_users_are_those_that_the_platform_makes(dev: LogContent) -> None:
    users = {"logstash", "jaeger", "jaeger-cleaner", "grafana", "exporter", "bootstrap", "kibana-user"}
    assert set(dev.user_roles) == users


def test_roles_of_one_environment_reach_no_stream_of_another(dev: LogContent) -> None:
    names = {name for role in dev.roles.values() for rights in role["indices"] for name in rights["names"]}
    assert {name for name in names if not name.startswith("neuroerp-jaeger-")} == {
        "valeo-neuroerp-app-dev",
        "valeo-neuroerp-infra-dev",
        "valeo-neuroerp-unparsed-dev",
    }
    assert {name for name in names if name.startswith(dev.jaeger_index_prefix)} == {"neuroerp-jaeger-*"}


def test_only_the_writer_and_jaeger_can_write(dev: LogContent) -> None:
    writing = {"create_doc", "index", "write", "create", "delete", "all", "manage"}
    found = {
        (role, right)
        for role, definition in dev.roles.items()
        for entry in definition["indices"]
        for right in entry["privileges"]
        if right in writing
    }
    assert found == {
        ("neuroerp_logs_writer", "create_doc"),
        ("neuroerp_traces_writer", "index"),
        ("neuroerp_bootstrap", "manage"),
    }


def test_roles_survive_yaml_without_anchors(dev: LogContent) -> None:
    text = yaml.safe_dump(dev.roles)
    assert "&" not in text
    assert yaml.safe_load(text) == dev.roles


def test_content_can_be_changed_without_changing_the_next_one(dev: LogContent) -> None:
    dev.logstash_settings.clear()
    dev.user_roles["logstash"].append("superuser")
    assert content("dev", **DEV).logstash_settings["queue.type"] == "persisted"
    assert content("dev", **DEV).user_roles["logstash"] == ["neuroerp_logs_writer"]


def test_bootstrap_program_is_the_package(dev: LogContent) -> None:
    folder = Path(logs.__file__).parent / "bootstrap"
    assert dev.bootstrap == {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    assert "__main__.py" in dev.bootstrap
