"""Every alert of the rule files with the labels that it has when it fires, and the settings to route it by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import alerts
from alerts import slos
from components.alerting import AlertingSettings
from components.settings import parse
from tests.alerts.rule_files import cases
from tests.components.platform_settings import changed, platform

Labels = dict[str, str]
CHANNELS: dict[str, Any] = {
    "webhook": {"form": "text"},
    "slack": {"channel": "#alerts", "severities": ["critical", "warning"]},
    "pagerduty": {},
    "opsgenie": {},
}
OF_APPLICATION = {"app", "business", "edge"}
# The alerts of objectives are generated, and so are their tests.
OF_OBJECTIVE = ("namespace", "service")
ON_THE_WAY = {"environment": "prod", "prometheus": "observability/prometheus-prometheus"}
"""External labels: the stack's, and the operator's for a Prometheus; that of a replica is dropped before."""
VALUES = {"check": "cache", "currency": "EUR", "type": "order", "job": "elasticsearch-exporter"}


@dataclass(frozen=True)
class Place:
    """Where an alert may come from."""

    namespace: str
    service: str


HERE = Place("neuroerp", "neuroerp-api")
PLATFORM = Place("observability", "")


def settings(stack: str = "prod", **alerting: Any) -> AlertingSettings:
    """The alerting settings of a stack file, some of them set otherwise; never refused for what production demands."""
    raw = changed(platform(stack), "tier", "development")
    for key, value in alerting.items():
        raw = changed(raw, f"alerting.{key}", value)
    return parse(raw).alerting


@cache
def rules() -> list[dict[str, Any]]:
    """All rules, as all jobs together have them."""
    active = {alerts.JOB, *alerts.NEEDED_JOB.values()}
    files = alerts.rules(settings("prod"), active, "https://grafana.example.com").values()
    return [rule for content in files for group in content["groups"] for rule in group["rules"]]


def names() -> list[str]:
    """The alerts by name."""
    return [rule["alert"] for rule in rules() if "alert" in rule]


def labels(name: str, place: Place = HERE) -> Labels:
    """The labels of an alert: those of its rule, and those that its expression is known to let through."""
    return dict(_labels(name, place))


@cache
def _labels(name: str, place: Place) -> Labels:
    own = next(rule for rule in rules() if rule.get("alert") == name)["labels"]
    here = place if own["component"] in OF_APPLICATION else replace(PLATFORM, service=own["component"])
    known = {"namespace": here.namespace, "service": here.service, "pod": f"{here.service}-0", **VALUES}
    found = {label: known.get(label, f"one-{label}") for label in fired()[name]}
    return {"alertname": name, **found, **own, **ON_THE_WAY}


@cache
def fired() -> dict[str, tuple[str, ...]]:
    """The labels with which each alert fires in the tests of the rules, by promtool."""
    tried = {name: [expected["exp_labels"] for expected in case.fires] for name, case in cases().items()}
    of_objectives = {alert for name, slo in slos.load().items() for alert in slos.alert_names(name, slo)}
    return {
        **dict.fromkeys(of_objectives, OF_OBJECTIVE),
        **{name: max(map(tuple, found), key=len) for name, found in tried.items() if found},
    }


def annotations(name: str) -> dict[str, str]:
    """The annotations of an alert as Prometheus would write them for ``labels``, with 0.5 for every value."""
    found = labels(name)
    rule = next(rule for rule in rules() if rule.get("alert") == name)

    def written(text: str) -> str:
        named = re.sub(r"{{ \$labels\.(\w+) }}", lambda label: found.get(label[1], ""), text)
        return re.sub(r"{{[^}]*}}", "0.5", named)

    return {key: written(text) for key, text in rule["annotations"].items()}


def configurations() -> Iterator[tuple[str, AlertingSettings]]:
    """Settings that differ in what a configuration is made of, with a name each."""
    for stack in ("dev", "prod"):
        for channel in ("", *CHANNELS):
            yield f"{stack}-{channel or 'mail'}", settings(stack, **({channel: CHANNELS[channel]} if channel else {}))
    for mutes in ("business", "warnings", "nothing"):
        for start, end in (("20:00", "06:00"), ("12:00", "13:00"), ("00:00", "07:30"), ("22:15", "00:00")):
            hours = {"mutes": mutes, "start": start, "end": end, "days": [] if end == "13:00" else ["friday"]}
            yield f"quiet-{mutes}-{start}-{end}", settings(quietHours=hours)
    mail = {"to": ["a@example.com"], "sender": "b@example.com"}
    for port in (25, 465, 587):
        for tls in (True, False):
            yield f"mail-{port}-{tls}", settings(email={**mail, "smarthost": f"mail:{port}", "tls": tls})
    repeat = {"critical": "30m", "warning": "1d", "other": "300s"}
    yield "all", settings("prod", **CHANNELS, repeat=repeat, heartbeat=True)
