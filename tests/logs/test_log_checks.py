"""The checks of the log content notice faults: each test breaks one thing."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from logs import LogContent, content
from tests.logs.log_checks import role_faults, stream_faults
from tests.logs.payload_checks import closed, field_faults, hours, payload_faults

PROD = content("prod", index_replicas=1, retention_days=30, rollover_age="1d", rollover_size="30Gi")


@pytest.fixture
def dev() -> LogContent:
    return content("dev", index_replicas=0, retention_days=3, rollover_age="1d", rollover_size="2Gi")


def change(of: LogContent, file: str, edit: Callable[[Any], Any]) -> LogContent:
    request = json.loads(of.payloads[file])
    edit(request)
    return replace(of, payloads={**of.payloads, file: json.dumps(request)})


POLICY, COMPONENT, INDEX = "10-lifecycle-policy.json", "20-component-template.json", "30-index-template.json"
PAYLOAD_MUTATIONS: list[tuple[str, Callable[[Any], Any], str]] = [
    (
        POLICY,
        lambda r: r["body"]["policy"]["phases"]["hot"]["actions"]["rollover"].update(max_age="40d"),
        "do not rise",
    ),
    (POLICY, lambda r: r["body"]["policy"]["phases"]["warm"].update(min_age="31d"), "do not rise"),
    (POLICY, lambda r: r["body"]["policy"]["phases"].pop("delete"), "phases/delete is missing"),
    (POLICY, lambda r: r["body"]["policy"]["phases"].update(cold={}), "phases/cold is unknown"),
    (POLICY, lambda r: r["body"]["policy"]["phases"]["hot"].update(min_age=0), "hot/min_age is unknown"),
    (POLICY, lambda r: r.update(method="POST"), "does not PUT"),
    (POLICY, lambda r: r.update(path="/_ilm/policy/other"), "does not PUT"),
    (COMPONENT, lambda r: r["body"]["template"].update(settings={}), "template/settings is unknown"),
    (COMPONENT, lambda r: r["body"]["template"]["mappings"].update(dynamic="strict"), "dynamic is no bool"),
    (
        COMPONENT,
        lambda r: r["body"]["template"]["mappings"]["properties"].update(a={"type": "keyword"}),
        "ignore_above",
    ),
    (COMPONENT, lambda r: r["body"]["template"]["mappings"]["properties"].update(a={"type": "strnig"}), "unknown type"),
    (INDEX, lambda r: r["body"].pop("data_stream"), "data_stream is missing"),
    (INDEX, lambda r: r["body"].update(composed_of=[]), "another component"),
    (INDEX, lambda r: r["body"]["template"]["settings"]["index"].update(number_of_replicas="1"), "is no int"),
    (INDEX, lambda r: r["body"]["template"]["settings"]["index"].update(lifecycle={"name": "x"}), "another policy"),
    (INDEX, lambda r: r["body"]["template"].update(mappings={}), "template/mappings is unknown"),
]


@pytest.mark.parametrize(("file", "edit", "fault"), PAYLOAD_MUTATIONS)
def test_faulty_payload_is_noticed(file: str, edit: Callable[[Any], Any], fault: str) -> None:
    found = payload_faults(change(PROD, file, edit))
    assert any(fault in line for line in found), found


def test_missing_payload_is_noticed(dev: LogContent) -> None:
    less = {name: text for name, text in dev.payloads.items() if name != POLICY}
    assert payload_faults(replace(dev, payloads=less))


@pytest.mark.parametrize(
    "mapping",
    [{}, {"type": "keyword", "ignore_above": 1, "norms": True}, {"properties": {"x": {"type": "flattened"}}}],
)
def test_faulty_field_is_noticed(mapping: dict[str, Any]) -> None:
    assert field_faults({"a": mapping})


def test_closed_check_tells_bool_from_int_and_object_from_list() -> None:
    assert closed(True, int)
    assert closed([], {})
    assert not closed({}, {"a?": int})


def test_age_without_unit_is_no_age() -> None:
    with pytest.raises(ValueError, match="is no age"):
        hours("30")


def test_stream_that_only_the_template_or_only_the_role_knows_is_noticed(dev: LogContent) -> None:
    wider = change(dev, INDEX, lambda r: r["body"].update(index_patterns=["valeo-neuroerp-*"]))
    assert len(stream_faults(wider, "dev")) == 2
    renamed = {
        name: text.replace("valeo-neuroerp-unparsed-", "valeo-neuroerp-broken-") for name, text in dev.pipelines.items()
    }
    assert len(stream_faults(replace(dev, pipelines=renamed), "dev")) == 1
    other_target = {**dev.pipelines, "main": dev.pipelines["main"].replace('=> "infra"', '=> "system"')}
    assert len(stream_faults(replace(dev, pipelines=other_target), "dev")) == 1
    writer = {"cluster": [], "indices": [{"names": ["valeo-neuroerp-app-dev"], "privileges": ["create_doc"]}]}
    assert len(stream_faults(replace(dev, roles={**dev.roles, "neuroerp_logs_writer": writer}), "dev")) == 1


@pytest.mark.parametrize(
    ("definition", "fault"),
    [
        ({"cluster": ["all"]}, "the privilege all"),
        ({"cluster": ["cluster:*"]}, "the privilege cluster:*"),
        ({"indices": [{"names": ["*"], "privileges": ["read"]}]}, "reaches *"),
        ({"indices": [{"names": ["valeo-neuroerp-*"], "privileges": ["read"]}]}, "reaches valeo-neuroerp-*"),
        ({"indices": [{"names": ["logs-*"], "privileges": ["read"]}]}, "reaches logs-*"),
        ({"indices": [{"names": ["neuroerp-jaeger-*"], "privileges": ["all"]}]}, "the privilege all"),
        ({"run_as": ["elastic"]}, "keys that"),
    ],
)
def test_wide_role_is_noticed(dev: LogContent, definition: dict[str, Any], fault: str) -> None:
    found = role_faults(replace(dev, roles={**dev.roles, "neuroerp_logs_reader": definition}))
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    ("user_roles", "fault"),
    [
        ({"kibana": ["kibana_admin"]}, "skips the user kibana"),
        ({"grafana": ["superuser"]}, "unknown role superuser"),
        ({"exporter": ["neuroerp_logs_reader"]}, "nobody has the role neuroerp_metrics_reader"),
    ],
)
def test_faulty_user_is_noticed(dev: LogContent, user_roles: dict[str, list[str]], fault: str) -> None:
    found = role_faults(replace(dev, user_roles={**dev.user_roles, **user_roles}))
    assert any(fault in line for line in found), found
