"""The rule files and their promtool tests as data."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.dashboards.lint import metrics
from tests.needs import need

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "alerts"
Rule = dict[str, Any]
FAILED = re.compile(r"alertname: (\w+), time")


@dataclass
class Case:
    """What the test files try of an alert."""

    fires: list[dict[str, Any]] = field(default_factory=list)
    """The alerts that are expected, with their labels and annotations."""
    quiet: list[set[str]] = field(default_factory=list)
    """For each time that nothing is expected of data, the series that there are."""
    empty: int = 0
    """How often it is tried without any data."""
    files: set[str] = field(default_factory=set)


@cache
def by_file() -> dict[str, list[Rule]]:
    """The rules of each file, as they are written."""
    return {path.name: list(rules_of(yaml.safe_load(path.read_text()))) for path in sorted(RULES.glob("*.rules.yaml"))}


def rules_of(content: dict[str, Any]) -> Iterator[Rule]:
    yield from (rule for group in content["groups"] for rule in group["rules"])


def alerts_by_name() -> dict[str, Rule]:
    """Every alert."""
    return {rule["alert"]: rule for rules in by_file().values() for rule in rules if "alert" in rule}


@cache
def suites() -> dict[str, dict[str, Any]]:
    """The test files."""
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.test.yaml"))}


def suites_of(rule_file: str) -> list[str]:
    """The test files that load a rule file."""
    return [name for name, content in suites().items() if rule_file in content["rule_files"]]


def cases() -> dict[str, Case]:
    """What is tried of each alert."""
    found: dict[str, Case] = {}
    for name, content in suites().items():
        for test in content["tests"]:
            series = {entry["series"].split("{")[0] for entry in test["input_series"]}
            for tried in test.get("alert_rule_test", ()):
                case = found.setdefault(tried["alertname"], Case())
                case.files.add(name)
                case.fires += tried["exp_alerts"]
                case.empty += not series
                case.quiet += [series] if series and not tried["exp_alerts"] else []
            for asked in test.get("promql_expr_test", ()):
                if not series and (alert := re.search(r'ALERTS\{alertname="(\w+)"', asked["expr"])):
                    found.setdefault(alert[1], Case()).empty += 1
    return found


def read(rule: Rule) -> set[str]:
    """The series that a rule reads, also through what other rules record."""
    recorded = {other["record"]: other for rules in by_file().values() for other in rules if "record" in other}
    direct = metrics(rule["expr"])
    inner = (direct & set(recorded)) - {rule.get("record")}
    return direct | {name for series in inner for name in read(recorded[series])}


def promtool(*arguments: str, folder: Path = RULES) -> tuple[int, str]:
    """Exit code and output."""
    done = subprocess.run(
        [str(need("promtool")["promtool"]), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def failing(folder: Path, rule_file: str) -> set[str]:
    """The alerts whose tests fail on the rule files in a folder."""
    return set(FAILED.findall(promtool("test", "rules", *suites_of(rule_file), folder=folder)[1]))
