"""The page of all alerts: who hears of them, where they lead, and what tests them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import alerts
from alerts import slo_views, slos
from components.alerting import AlertingSettings, EmailSettings
from docs.reading_path import ReadingPath, anchor

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "alerts"
SLO_RULES = "slo.rules.yaml"
MAIL = EmailSettings(to=["team@example.com"], sender="alerts@example.com", smarthost="mail.example.com:587")
SETTINGS = AlertingSettings(email=MAIL, runbook_url="https://example.com", heartbeat=True)
HEADER = ("alert", "severity", "receiver", "needs job", "runbook", "dashboard", "tests")
INTRO = f"""# Alerts

All alerts, by the file of their rule. `receiver` is the one of a stack with a heartbeat; `needs job`: a stack without
the scrape job has no such alert; `dashboard`: where the alert leads, and the panels there that show what it reads;
`tests`: how often it is tried to fire, to stay quiet, and without any data. A runbook leads back here, and so does the
[page of the dashboards](dashboards/README.md).

Thresholds are settings, `alerting.thresholds` of [settings.md](settings.md). In `alerts/*.rules.yaml` they stand as
recordings `{alerts.THRESHOLD}...` with their defaults, which the alerts compare with; a runbook or a dashboard can read
them too."""


def receiver(labels: Mapping[str, str], tree: Mapping[str, Any]) -> str:
    """The receiver of the first child whose matchers all hold, as Alertmanager chooses it."""
    taken = (route for route in tree["routes"] if all(_holds(matcher, labels) for matcher in route["matchers"]))
    return str(next(taken, tree)["receiver"])


def _holds(matcher: str, labels: Mapping[str, str]) -> bool:
    name, operator, value = re.split(r"(=~|!~|!=|=)", matcher, maxsplit=1)
    pattern = value.strip('"') if operator[1:] == "~" else re.escape(value.strip('"'))
    return bool(re.fullmatch(pattern, labels.get(name, ""))) == (operator[0] == "=")


def _tried() -> dict[str, list[int]]:
    """How often each alert is tried to fire, to be quiet with data, and without data."""
    found: dict[str, list[int]] = {}
    for path in sorted(RULES.glob("*.test.yaml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for tried in test.get("alert_rule_test", ()):
                counts = found.setdefault(tried["alertname"], [0, 0, 0])
                counts[0 if tried["exp_alerts"] and test["input_series"] else 1 if test["input_series"] else 2] += 1
            for asked in test.get("promql_expr_test", ()):
                for name in re.findall(r'ALERTS\{alertname="(\w+)"', asked["expr"]):
                    found.setdefault(name, [0, 0, 0])[2] += 1
    return found


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rule, with the name of its file."""
    for path in sorted(RULES.glob("*.rules.yaml")):
        # The file of the objectives may be about to be written.
        text = slo_rules() if path.name == SLO_RULES else path.read_text()
        for group in yaml.load(text, yaml.CSafeLoader)["groups"]:
            yield from ((path.name.removesuffix(".rules.yaml"), rule) for rule in group["rules"])


def _rows() -> Iterator[tuple[str, ...]]:
    tree, tried = alerts.config(SETTINGS)["route"], _tried()
    path = ReadingPath(rule for _, rule in rules())
    for file, rule in ((file, rule) for file, rule in rules() if "alert" in rule):
        name, page = rule["alert"], rule["annotations"]["runbook_url"]
        counts = ", ".join(map(str, tried[name])) if name in tried else "made for each objective"
        yield (
            f'<a id="{anchor(name)}"></a>{name}',
            rule["labels"]["severity"],
            receiver({"alertname": name, **rule["labels"]}, tree),
            f"`{alerts.NEEDED_JOB.get(file, alerts.JOB)}`",
            f"[{page}](runbooks/{page})",
            path.dashboard(name),
            f"`{file}`: {counts}",
        )


def page() -> str:
    """The page."""
    table = "\n".join("| " + " | ".join(row) + " |" for row in [HEADER, ("---",) * len(HEADER), *_rows()])
    return f"{INTRO}\n\n{table}\n"


def slo_rules() -> str:
    """The rule file of the objectives."""
    content = yaml.safe_dump(slos.groups(slos.load()), sort_keys=False, width=120)
    return f"# Written by `make docs` from slos.yaml.\n{content}"


def slo_sections() -> str:
    """The sections of the objectives in their runbook."""
    return slo_views.runbook_sections(slos.load())
