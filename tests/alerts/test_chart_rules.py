"""The chart's own rules of Kubernetes and its nodes, beside ours: a setting, and no alert that says what ours says."""

import json
import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

import alerts
from alerts import inhibitions
from components.prometheus import DOUBLED, LEFT_OUT
from preview.parts import Release
from tests.alerts import examples
from tests.alerts.alertmanager import Alertmanager, running
from tests.alerts.rule_files import Rule, alerts_by_name, read
from tests.alerts.test_inhibitions import asked, config
from tests.alerts.test_runbooks import FROM_KUBELET
from tests.components.test_variants import plan, release
from tests.dashboards.lint import metrics
from tests.policy.test_policy_charts import MIRROR, render
from tests.waiting import wait

CHARTS = pytest.mark.skipif(not MIRROR, reason="needs the charts: set CHARTS_MIRROR to a directory of them")
SETTING = "prometheus.kubernetesContent"
ALIKE = {
    # What is nearly full silences that it will be full.
    ("NodeFilesystemAlmostOutOfSpace", "HostDiskWillFill"),
    # Of severity info, which tells nobody.
    ("NodeCPUHighUsage", "HostLoadHigh"),
}
"""Alerts of the chart and of ours on the same series, where it is known that nobody is told twice."""


def values(switch: bool = True) -> dict[str, Any]:
    return release(plan(SETTING, switch), "prometheus").values


def rules(of: Release) -> list[Rule]:
    """The rules that the real chart makes of these values."""
    groups = [group for made in render(of) if made["kind"] == "PrometheusRule" for group in made["spec"]["groups"]]
    return [rule for group in groups for rule in group["rules"]]


@cache
def deployed(switch: bool = True) -> tuple[Rule, ...]:
    return tuple(rules(release(plan(SETTING, switch), "prometheus")))


@cache
def whole() -> tuple[Rule, ...]:
    """All rules that the chart has for what is deployed, also those that are left out."""
    made = release(plan(SETTING, value=True), "prometheus")
    made.values["defaultRules"] = {}
    return tuple(rules(made))


def names(of: tuple[Rule, ...]) -> set[str]:
    return {rule["alert"] for rule in of if "alert" in rule}


def test_one_setting_takes_rules_and_dashboards_away() -> None:
    for switch in (True, False):
        assert values(switch)["defaultRules"]["create"] is switch
        assert values(switch)["grafana"]["forceDeployDashboards"] is switch
    assert release(plan("prometheus.replicas", 1), "prometheus").values["defaultRules"]["create"] is True


def test_what_is_doubled_is_left_out_by_its_name_and_ours_is_there() -> None:
    assert values()["defaultRules"]["disabled"] == dict.fromkeys(DOUBLED, True)
    assert values()["defaultRules"]["rules"] == dict.fromkeys(LEFT_OUT, False)
    assert set(DOUBLED.values()) <= set(alerts_by_name())


@CHARTS
def test_off_leaves_no_rule_of_the_chart() -> None:
    assert {"KubePodCrashLooping", "KubeNodeNotReady", "NodeClockNotSynchronising"} <= names(deployed())
    assert len(names(deployed())) > 50
    assert deployed(switch=False) == ()


@CHARTS
def test_the_chart_has_every_alert_that_is_left_out() -> None:
    assert set(DOUBLED) <= names(whole())
    assert names(whole()) - names(deployed()) > set(DOUBLED)
    assert names(deployed()).isdisjoint(DOUBLED)


@CHARTS
def test_no_alert_of_the_chart_has_the_name_of_one_of_ours() -> None:
    assert names(deployed()) & set(alerts_by_name()) == set()
    assert names(whole()) & set(alerts_by_name())  # Those of the groups that are left out.


def raw(rule: Rule, recorded: dict[str, list[Rule]]) -> set[str]:
    """The series that a rule of the chart reads, also through what others record."""
    direct = metrics(rule["expr"])
    inner = [other for name in direct & set(recorded) for other in recorded[name] if other is not rule]
    return direct.union(*(raw(other, {key: recorded[key] for key in set(recorded) - direct}) for other in inner))


def alike(of: tuple[Rule, ...]) -> set[tuple[str, str]]:
    """Alerts of the chart, each with one of ours on the same series; of `up` where it is of the same job."""
    recorded: dict[str, list[Rule]] = {}
    for rule in of:
        recorded.setdefault(rule.get("record", ""), []).append(rule)
    mine = {name: read(rule) for name, rule in alerts_by_name().items()}
    found = set()
    for rule in (rule for rule in of if "alert" in rule):
        theirs = raw(rule, recorded)
        for name, series in mine.items():
            shared = series & theirs
            if shared - {"up"} or (shared and jobs(rule) & jobs(alerts_by_name()[name])):
                found.add((rule["alert"], name))
    return found


def jobs(rule: Rule) -> set[str]:
    return {job for text in re.findall(r'up\{[^}]*job=~?"([^"]+)"', rule["expr"]) for job in text.split("|")}


@CHARTS
def test_no_alert_of_the_chart_says_what_one_of_ours_says() -> None:
    assert alike(deployed()) == ALIKE
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in deployed() if "alert" in rule}
    assert severities["NodeCPUHighUsage"] == "info"


@CHARTS
def test_an_alert_that_would_be_told_twice_is_found() -> None:
    assert {*ALIKE, *DOUBLED.items(), ("PrometheusRuleFailures", "PrometheusRuleFailures")} <= alike(whole())


@CHARTS
def test_the_inhibitions_name_alerts_that_there_are() -> None:
    matchers = [
        matcher
        for rule in inhibitions.inhibitions()
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    named = {
        name
        for matcher in matchers
        for text in re.findall(r'^alertname!?=~?"([^"]+)"$', matcher)
        for name in text.split("|")
    }
    foreign = named - set(alerts_by_name())
    assert foreign == {"NodeFilesystemAlmostOutOfSpace", "ConfigReloaderSidecarErrors", "KubeJobFailed"}
    assert foreign <= names(deployed())


@CHARTS
def test_what_runbooks_ask_of_the_kubelet_is_what_the_chart_asks_too() -> None:
    text = json.dumps(render(release(plan(SETTING, value=True), "prometheus")))
    assert [name for name in FROM_KUBELET if not re.search(rf"\b{name}\b", text)] == []


def of_chart(name: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, **labels}


def told(folder: Path, rules: list[dict[str, Any]]) -> set[str]:
    """What is told beside the causes while all of these fire; labels of the chart's alerts are its expressions'."""
    disk = examples.labels("HostDiskWillFill")
    refused = examples.labels("PrometheusConfigReloadFailed")
    drift = examples.labels("ElasticsearchSetupDrift")
    device = {"device": "/dev/sda1", "fstype": "ext4", "job": "node-exporter"}
    where = {label: disk[label] for label in ("instance", "mountpoint")}
    pod = {label: refused[label] for label in ("namespace", "pod")}
    job = {"namespace": drift["namespace"], "job_name": "elasticsearch-bootstrap-check-29400000"}
    sidecar = of_chart("ConfigReloaderSidecarErrors", "warning", **pod, container="config-reloader")
    failed = of_chart("KubeJobFailed", "warning", **job)
    causes = [of_chart("NodeFilesystemAlmostOutOfSpace", "critical", **device, **where), refused, drift]
    others = {
        "disk": disk,
        "sidecar": sidecar,
        "job": failed,
        "other disk": disk | {"mountpoint": "/elsewhere"},
        "other sidecar": sidecar | {"pod": "another"},
        "other job": failed | {"job_name": "nightly-report-29400000"},
    }
    receivers = [{"name": receiver["name"]} for receiver in config()["receivers"]]
    with running(folder, {**config(), "receivers": receivers, "inhibit_rules": [*rules, END]}) as server:
        server.fire([*causes, *others.values()])
        # Alerts are taken in their order: when the last pair has its answer, all others have theirs.
        server.fire([{"alertname": "Last", "end": "source"}, {"alertname": "Last", "end": "target"}])
        wait("the last", partial(asked_of, server, {"alertname": "Last", "end": "target"}))
        assert [asked_of(server, labels) for labels in causes] == [[]] * 3
        return {name for name, labels in others.items() if not asked_of(server, labels)}


END = {"source_matchers": ['end="source"'], "target_matchers": ['end="target"'], "equal": ["alertname"]}


def asked_of(server: Alertmanager, labels: dict[str, str]) -> list[str]:
    return list(asked(server, labels)["inhibitedBy"])


def test_of_the_same_failure_only_one_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, config()["inhibit_rules"]) == {"other disk", "other sidecar", "other job"}


def test_an_inhibition_that_is_too_wide_or_gone_is_noticed(tmp_path: Path) -> None:
    rules = config()["inhibit_rules"]
    wide, without = tmp_path / "wide", tmp_path / "without"
    for folder in (wide, without):
        folder.mkdir()
    rules[-3:] = [{**rule, "equal": [], "target_matchers": rule["target_matchers"][:1]} for rule in rules[-3:]]
    assert told(wide, rules) == set()
    assert told(without, rules[:-3]) >= {"disk", "sidecar", "job"}


def test_alerts_of_the_chart_reach_somebody() -> None:
    """They have no component: their severity alone finds the receiver."""
    tree = alerts.config(examples.settings("prod"))["route"]
    by_severity = {
        matcher: route["receiver"]
        for route in tree["routes"]
        if len(route["matchers"]) == 1
        for matcher in route["matchers"]
    }
    assert by_severity['severity="critical"'] == "team-email-critical"
    assert by_severity['severity="warning"'] == "team-email"
    assert by_severity['severity=~"none|info"'] == "null"
