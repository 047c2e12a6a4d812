"""Every alert is tried in each way: it fires with exact labels, is quiet near its limit, and without data."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.alerts import rule_files
from tests.alerts.rule_files import Case, Rule, alerts_by_name, cases, read

# Absence is what these are about; the watchdog is to fire whatever there is.
FIRES_WITHOUT_DATA = {"NeuroERPAbsent", "CollectorDown", "ExporterAbsent", "JaegerDown", "Watchdog"}
GENERATED = "slo.rules.yaml"


def alerts() -> dict[str, Rule]:
    """All alerts but those of objectives, for which `test_slos` makes the cases."""
    generated = {rule.get("alert") for rule in rule_files.by_file()[GENERATED]}
    return {name: rule for name, rule in alerts_by_name().items() if name not in generated}


def gaps(rule: Rule, case: Case | None) -> Iterator[str]:
    """What is not tried of an alert."""
    name = rule["alert"]
    if case is None:
        yield f"{name}: is never tried"
        return
    if not case.fires:
        yield f"{name}: never fires"
    for fired in case.fires:
        if not set(rule["labels"].items()) <= set(fired.get("exp_labels", {}).items()):
            yield f"{name}: fires without its labels"
        if set(fired.get("exp_annotations", {})) != set(rule["annotations"]):
            yield f"{name}: fires without its annotations"
    # What reads nothing has nothing to be quiet at: it is to fire always.
    if read(rule) and not any(series & read(rule) for series in case.quiet):
        yield f"{name}: is never quiet with data that it reads"
    if not case.empty:
        yield f"{name}: is never tried without data"


def test_every_alert_is_tried_in_each_way() -> None:
    tried = cases()
    assert len(alerts()) > 50
    assert [gap for name, rule in alerts().items() for gap in gaps(rule, tried.get(name))] == []


def test_only_the_watchdog_reads_nothing() -> None:
    assert {name for name, rule in alerts_by_name().items() if not read(rule)} == {"Watchdog"}


def test_without_data_only_those_fire_that_are_about_absence() -> None:
    fires = {
        tried["alertname"]
        for content in rule_files.suites().values()
        for test in content["tests"]
        if not test["input_series"]
        for tried in test.get("alert_rule_test", ())
        if tried["exp_alerts"]
    }
    assert fires | {"ExporterAbsent"} == FIRES_WITHOUT_DATA


def test_rules_are_evaluated_in_an_order_where_several_groups_are() -> None:
    """Without one, promtool takes any, and what reads a recording sees now this value of it and now the one before."""
    for name, content in rule_files.suites().items():
        files = [rule_files.RULES / file for file in content["rule_files"]]
        groups = [group["name"] for file in files for group in yaml.safe_load(file.read_text())["groups"]]
        assert content.get("group_eval_order", groups[:1]) == groups, name


FULL = Case([{"exp_labels": {"severity": "critical", "component": "cache", "instance": "x"}}], [{"redis_up"}], 1)
EXACT: dict[str, Any] = dict.fromkeys(("summary", "description", "runbook_url", "dashboard"), "x")


@pytest.mark.parametrize(
    ("case", "gap"),
    [
        (None, "RedisDown: is never tried"),
        (Case(), "RedisDown: never fires"),
        (Case(fires=[{"exp_labels": {"severity": "warning"}}]), "RedisDown: fires without its labels"),
        (FULL, "RedisDown: fires without its annotations"),
        (Case(quiet=[{"redis_memory_used_bytes"}]), "RedisDown: is never quiet with data that it reads"),
        (Case(quiet=[{"redis_up"}]), "RedisDown: is never tried without data"),
    ],
)
def test_a_gap_is_found(case: Case | None, gap: str) -> None:
    assert gap in list(gaps(alerts()["RedisDown"], case))


def test_a_full_case_has_no_gap() -> None:
    (fired,) = FULL.fires
    full = Case([{**fired, "exp_annotations": EXACT}], FULL.quiet, FULL.empty)
    assert list(gaps(alerts()["RedisDown"], full)) == []
