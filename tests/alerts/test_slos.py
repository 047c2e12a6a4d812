"""Objectives as data: what is wrong with them is said, and promtool finds the alerts of every one to work."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from neuroerp_telemetry.contract import APP_METRICS

from alerts import slo_views, slos
from alerts.slos import FAST, Slo
from tests.alerts.rule_files import ROOT, promtool, rules_of
from tests.contract import content, uses
from tests.contract.uses import Use

RUNBOOK = (ROOT / "docs/runbooks/error-budget-burn.md").read_text()
OF_DOCS = "".join(re.findall(r"^```yaml\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL))
MORE = """
order-transactions:
  service: all
  objective: 99
  window: 28d
  indicator: {metric: business_transactions_total, bad: 'status="failed"'}
search:
  service: neuroerp-search
  objective: 95
  window: 30d
  indicator: {metric: http_request_duration_seconds, below: 1.0}
"""
OBJECTIVES = {**slos.load(), **slos.load(OF_DOCS), **slos.load(MORE)}
EVENTS = 1_000_000
"""Events a minute."""


def bad_labels(slo: Slo) -> dict[str, str]:
    """Labels of an event that the objective calls bad, of values that the contract has."""
    found = {}
    values = {label.name: label.values for label in APP_METRICS[slo.indicator.metric].labels}
    for name, operator, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', slo.indicator.bad or ""):
        pattern = value if operator == "=~" else re.escape(value)
        found[name] = next(each for each in values[name] if re.fullmatch(pattern, each))
    return found


def series(slo: Slo, share: float, minutes: int) -> list[dict[str, str]]:
    """What the application exports while a share of its events is bad."""
    target = {"job": "valeo-neuroerp", "namespace": "erp", "service": service(slo), "endpoint": "/orders"}
    bad = round(EVENTS * share)
    if slo.indicator.below is None:
        made = {slo.indicator.metric: [(bad_labels(slo), bad), (dict.fromkeys(bad_labels(slo), "fine"), EVENTS - bad)]}
    else:
        within = {"le": str(slo.indicator.below)}
        metric = slo.indicator.metric
        made = {f"{metric}_bucket": [(within, EVENTS - bad)], f"{metric}_count": [({}, EVENTS)]}
    return [
        {"series": f"{name}{{{_labels({**target, **labels})}}}", "values": f"0+{rate}x{minutes}"}
        for name, entries in made.items()
        for labels, rate in entries
    ]


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def service(slo: Slo) -> str:
    return "neuroerp-api" if slo.service == "all" else slo.service


def suite(name: str, slo: Slo) -> dict[str, Any]:
    """Far above the budget pages, between warns, below is quiet, and so is no data."""
    fast, slow = slos.alert_names(name, slo)
    page, warn = (FAST[0][0] * slo.budget + 1) / 2, 0.9 * FAST[1][0] * slo.budget
    labels = {"component": "app", "slo": name, "namespace": "erp", "service": service(slo)}

    def expect(alert: str, at: str, severity: str | None = None, pace: str = "", share: float = 0) -> dict[str, Any]:
        if severity is None:
            return {"eval_time": at, "alertname": alert, "exp_alerts": []}
        shown = f"{float(f'{100 * share:.4g}'):g}"
        notes = {
            "summary": f"Error budget of {service(slo)} burns {pace} ({name})",
            "description": f"{service(slo)} in erp: {shown}% of its events are bad; "
            f"objective {name} allows {100 * slo.budget:g} % in {slo.window}.",
            "runbook_url": f"error-budget-burn.md#{name}",
            "dashboard": f"neuroerp-api-performance?var-namespace=erp&var-service={service(slo)}",
        }
        fired = {"exp_labels": {**labels, "severity": severity}, "exp_annotations": notes}
        return {"eval_time": at, "alertname": alert, "exp_alerts": [fired]}

    cases = [
        (page, [expect(fast, "1m"), expect(fast, "70m", "critical", "fast", page)]),
        (warn, [expect(fast, "70m"), expect(slow, "10m"), expect(slow, "70m", "warning", "slowly", warn)]),
        (0.9 * slo.budget, [expect(slow, "70m")]),
        (None, [expect(fast, "70m"), expect(slow, "70m")]),
    ]
    return {
        "rule_files": ["slo.rules.yaml"],
        "evaluation_interval": "1m",
        "group_eval_order": ["neuroerp-slo.rules", "neuroerp-slo-budget.rules", "neuroerp-slo"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [] if share is None else series(slo, share, 80),
                "alert_rule_test": expected,
            }
            for share, expected in cases
        ],
    }


def tried(folder: Path, name: str, slo: Slo, rules: dict[str, Any]) -> str:
    """What promtool says of the cases of an objective; nothing when all is well."""
    (folder / "slo.rules.yaml").write_text(yaml.safe_dump(rules, width=10000))
    (folder / "slo.test.yaml").write_text(yaml.safe_dump(suite(name, slo)))
    assert promtool("check", "rules", "--lint=all", "slo.rules.yaml", folder=folder)[0] == 0
    code, text = promtool("test", "rules", "slo.test.yaml", folder=folder)
    return text if code else ""


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_alerts_of_every_objective_work(tmp_path: Path, name: str) -> None:
    assert tried(tmp_path, name, OBJECTIVES[name], slos.groups({name: OBJECTIVES[name]})) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("* 0.005", "* 0.05"),
        ("> 6 *", "> 4 *"),
        ("> 1 *", "> 0.5 *"),
        ("[5m]", "[5s]"),
        ('slo="checkout"', 'slo="availability"'),
    ],
)
def test_wrong_rules_of_an_objective_are_noticed(tmp_path: Path, right: str, wrong: str) -> None:
    slo = OBJECTIVES["checkout"]
    rules = slos.groups({"checkout": slo})
    assert any(right in rule["expr"] for rule in rules_of(rules))
    for rule in rules_of(rules):
        rule["expr"] = rule["expr"].replace(right, wrong)
    assert tried(tmp_path, "checkout", slo, rules) != ""


def test_another_objective_takes_five_lines_and_disturbs_no_other() -> None:
    assert len(OF_DOCS.splitlines()) == 5
    both = slos.load(slos.FILE.read_text() + OF_DOCS.replace("checkout", "another"))
    before = {(rule.get("record") or rule["alert"], rule["expr"]) for rule in rules_of(slos.groups(slos.load()))}
    after = {(rule.get("record") or rule["alert"], rule["expr"]) for rule in rules_of(slos.groups(both))}
    assert before < after
    assert {"AnotherBudgetBurnFast", "AnotherBudgetBurnSlow"} <= {name for name, _ in after - before}


def test_the_dashboards_find_the_ratios_under_their_names() -> None:
    recorded = {rule.get("record") for rule in rules_of(slos.groups(slos.load()))}
    assert {f"namespace_service:http_requests:error_ratio_rate{window}" for window in slos.WINDOWS} <= recorded


def test_panels_and_runbook_sections_ask_for_what_there_is() -> None:
    made = slos.load()
    panels = [panel for pair in slo_views.panels(made, 'namespace=~"$namespace"') for panel in pair]
    titles = [panel["title"] for panel in panels if panel["kind"] == "stat"]
    assert titles == [f"Error budget left: {name} ({slo.window})" for name, slo in made.items()]
    asked = [Use(panel["title"], expr) for panel in panels for expr, _ in panel["queries"]]
    assert len(asked) == 3 * len(made)
    assert uses.problems(asked, content.known()) == []
    assert slo_views.runbook_sections(made) in RUNBOOK


GOOD = {
    "service": "api",
    "objective": 99.5,
    "window": "30d",
    "indicator": {"metric": "http_requests_total", "bad": 'status="500"'},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": 90}, "slos.yaml: x.objective: at 90 the fast alert can never fire; write at least 93.1"),
        ({"objective": 100}, "slos.yaml: x.objective: "),
        ({"objective": "99.9"}, "slos.yaml: x.objective: "),
        ({"window": "7d"}, "slos.yaml: x.window: must be '28d' or '30d'"),
        ({"service": "API"}, "slos.yaml: x.service: is no name"),
        ({"servce": "api"}, "slos.yaml: x.servce: is not a setting; did you mean service?"),
        ({"indicator": {"metric": "http_requests_total"}}, "slos.yaml: x.indicator.indicator: write either bad"),
        ({"indicator": {"metric": "a_total", "bad": "status=500"}}, "slos.yaml: x.indicator.bad: "),
        ({"indicator": {"metric": "a_total} or b", "bad": 'a="b"'}}, "slos.yaml: x.indicator.metric: "),
        ({"indicator": {"metric": "a_seconds", "below": -1}}, "slos.yaml: x.indicator.below: "),
        ({"record": "namespace_service:http_requests:error_ratio"}, "is made twice"),
        ({"alert": "LatencyBudgetBurn"}, "LatencyBudgetBurn"),
    ],
)
def test_a_wrong_objective_is_refused_with_its_field(change: dict[str, Any], message: str) -> None:
    given = {**yaml.safe_load(slos.FILE.read_text()), "x": {**GOOD, **change}}
    with pytest.raises(ValueError, match=re.escape(message)):
        slos.load(yaml.safe_dump(given))


@pytest.mark.parametrize(("text", "message"), [("", "is no map"), ("- a", "is no map"), ("X: {}", "X: is no name")])
def test_a_file_that_is_no_list_of_objectives_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        slos.load(text)
