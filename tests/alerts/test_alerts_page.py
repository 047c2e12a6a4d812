"""The page of all alerts says of each what is so: its receiver as the real amtool finds it, its tests, its links."""

import re
from collections import Counter
from pathlib import Path

import pytest

import alerts
from alerts import slos
from docs import alerts_page
from tests.alerts.amtool import Amtool
from tests.alerts.rule_files import ROOT, alerts_by_name, cases, suites

PAGE = (ROOT / "docs/alerts.md").read_text()
ROWS = {
    row[0].rpartition(">")[2]: row[1:]
    for row in (line.strip("| ").split(" | ") for line in PAGE.splitlines() if line[:2] == "| ")
}


def test_the_page_has_every_alert() -> None:
    assert set(ROWS) - {"alert", "---"} == set(alerts_by_name())


def test_receivers_are_those_that_amtool_finds(tmp_path: Path) -> None:
    tool = Amtool(tmp_path, alerts.config(alerts_page.SETTINGS))
    by_labels = {tuple(sorted(rule["labels"].items())): name for name, rule in alerts_by_name().items()}
    tried = [*by_labels.values(), "Watchdog"]
    found = {name: tool.receiver({"alertname": name, **alerts_by_name()[name]["labels"]}) for name in tried}
    assert found == {name: ROWS[name][1] for name in tried}
    assert {"heartbeat", "business-email", "team-email", "team-email-critical"} <= set(found.values())


@pytest.mark.parametrize(
    ("matcher", "value", "holds"),
    [
        ('a="x"', "x", True),
        ('a="x"', "xx", False),
        ('a!="x"', "x", False),
        ('a!="x"', "", True),
        ('a=~"x|y"', "y", True),
        ('a=~"x|y"', "xy", False),
        ('a!~"x|y"', "z", True),
        ('a="x.y"', "xzy", False),
    ],
)
def test_a_matcher_holds_as_alertmanager_means_it(matcher: str, value: str, holds: bool) -> None:
    assert alerts_page._holds(matcher, {"a": value}) is holds


def test_the_numbers_of_tests_are_those_of_the_files() -> None:
    fired = Counter(
        tried["alertname"]
        for content in suites().values()
        for test in content["tests"]
        for tried in test.get("alert_rule_test", ())
        if test["input_series"] and tried["exp_alerts"]
    )
    for name, case in cases().items():
        fires, quiet, empty = map(int, re.findall(r"\d+", ROWS[name][-1].rpartition(": ")[2]))
        assert (fires, quiet, empty) == (fired[name], len(case.quiet), case.empty), name


def test_an_objective_is_on_the_page_before_its_rules_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `make docs` is typed once."""
    more = {**slos.load(), "another": slos.load()["availability"].model_copy(update={"record": None, "alert": None})}
    monkeypatch.setattr(slos, "load", lambda: more)
    (row,) = (line for line in alerts_page.page().splitlines() if ">AnotherBudgetBurnFast |" in line)
    assert "| team-email-critical |" in row
    assert row.endswith("`slo`: made for each objective |")
