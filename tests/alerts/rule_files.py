"""The rule files and their promtool tests as data."""

import json
import re
import shutil
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
FAILED_EXPR = re.compile(r'expr: (".+"), time')
ALERTS = re.compile(r'ALERTS\{alertname="(\w+)"')


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


def readers(changed: set[str]) -> set[str]:
    """These alerts and recorded series, and the alerts that read one of them."""
    return changed | {name for name, rule in alerts_by_name().items() if read(rule) & changed}


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
                if not series and (alert := ALERTS.search(asked["expr"])):
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


def copied(folder: Path) -> Path:
    """The rule and test files in a folder."""
    return shutil.copytree(RULES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def asked(expr: str) -> set[str]:
    """The series of an expression, and alerts whose state it asks for."""
    return metrics(expr) | set(ALERTS.findall(expr))


def tried(test: dict[str, Any]) -> set[str]:
    """The alerts and recorded series that a test looks at."""
    names = {entry["alertname"] for entry in test.get("alert_rule_test", ())}
    return names.union(*(asked(entry["expr"]) for entry in test.get("promql_expr_test", ())))


def unnoticed(folder: Path, names: set[str]) -> set[str]:
    """Those of some alerts and recorded series whose tests all pass on a folder's files; no other tests are run."""
    needed = {file: [test["name"] for test in made["tests"] if tried(test) & names] for file, made in suites().items()}
    groups = [f"--run=^{re.escape(name)}$" for found in needed.values() for name in found]
    _, text = promtool("test", "rules", *groups, *(file for file, found in needed.items() if found), folder=folder)
    return names.difference(FAILED.findall(text), *(asked(json.loads(quoted)) for quoted in FAILED_EXPR.findall(text)))
