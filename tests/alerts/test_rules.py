"""The rule files: valid, complete, and about signals that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

import alerts
from tests.dashboards.lint import metrics

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = "https://docs.example.com/runbooks"
SEVERITIES = {"critical", "warning", "info", "none"}
KNOWN = yaml.safe_load((ROOT / "tests/dashboards/known_metrics.yaml").read_text())


def rules() -> list[dict[str, Any]]:
    files = alerts.rules(RUNBOOKS).values()
    return [rule for content in files for group in content["groups"] for rule in group["rules"]]


def faults(rule: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a rule."""
    name = rule.get("alert") or rule["record"]
    try:
        promql_parser.parse(rule["expr"])
    except ValueError as error:
        yield f"{name}: {error}"
    if "alert" not in rule:
        return
    labels, annotations = rule.get("labels", {}), rule.get("annotations", {})
    if labels.get("severity") not in SEVERITIES:
        yield f"{name}: severity {labels.get('severity')} has no route"
    if not labels.get("component"):
        yield f"{name}: no component"
    if missing := {"summary", "description", "runbook_url"} - set(annotations):
        yield f"{name}: no {', '.join(sorted(missing))}"
    page = ROOT / "docs/runbooks" / annotations.get("runbook_url", "").removeprefix(f"{RUNBOOKS}/")
    if not page.is_file():
        yield f"{name}: no runbook {page.name}"
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(annotations.values())))
    if lost := used - kept_labels(rule["expr"]):
        yield f"{name}: annotations use {', '.join(sorted(lost))}, which the expression drops"


def kept_labels(expression: str) -> set[str]:
    """Labels that the expression can have: those it lists, and those in the names of the rules that it reads."""
    listed = re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
    recorded = [name.split(":")[0].replace("_", ",") for name in re.findall(r"\b[a-z_]+(?=:\w+:)", expression)]
    return {label.strip() for part in [*listed, *recorded] for label in part.split(",")}


def test_every_rule_is_without_fault() -> None:
    assert [fault for rule in rules() for fault in faults(rule)] == []


BROKEN = [
    ("expr", "rate(up)", "HighCPUUsage: "),
    ("labels", {"severity": "crit", "component": "app"}, "HighCPUUsage: severity crit has no route"),
    ("labels", {"severity": "warning"}, "HighCPUUsage: no component"),
    ("annotations", {"summary": "x", "runbook_url": f"{RUNBOOKS}/high-cpu-usage.md"}, "HighCPUUsage: no description"),
    ("expr", "sum(rate(process_cpu_seconds_total[5m])) > 1", "HighCPUUsage: annotations use namespace, pod"),
]


@pytest.mark.parametrize(("key", "value", "fault"), BROKEN)
def test_a_broken_rule_is_found(key: str, value: object, fault: str) -> None:
    rule = next(rule for rule in rules() if rule.get("alert") == "HighCPUUsage")
    found = list(faults({**rule, key: value}))
    assert [line for line in found if line.startswith(fault)], found


def test_a_runbook_that_is_not_there_is_found() -> None:
    rule = next(rule for rule in rules() if rule.get("alert") == "Watchdog")
    annotations = {**rule["annotations"], "runbook_url": f"{RUNBOOKS}/nope.md"}
    assert list(faults({**rule, "annotations": annotations})) == ["Watchdog: no runbook nope.md"]


def test_the_alerts_are_those_of_the_plan() -> None:
    assert {rule["alert"] for rule in rules() if "alert" in rule} == {
        "HighCPUUsage",
        "HighMemoryUsage",
        "HighErrorRate",
        "Watchdog",
    }


def test_every_metric_that_is_read_is_known_or_recorded() -> None:
    known = {name for names in KNOWN.values() for name in names}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    read = set().union(*(metrics(rule["expr"]) for rule in rules()))
    assert {name for name in read if name not in known | recorded} == set()


def test_names_are_unique_and_groups_too() -> None:
    names = [rule.get("alert") or rule["record"] for rule in rules()]
    groups = [group["name"] for content in alerts.rules(RUNBOOKS).values() for group in content["groups"]]
    assert len(names) == len(set(names))
    assert len(groups) == len(set(groups))


def test_runbooks_stand_below_the_url_of_the_settings() -> None:
    assert {rule["annotations"]["runbook_url"].rpartition("/")[0] for rule in rules() if "alert" in rule} == {RUNBOOKS}
