"""The rule files: complete, unmistakable, and deployed for what runs, with the thresholds of the settings."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest

import alerts
import dashboards
from components.alerting import AlertingSettings
from components.settings import parse
from tests.alerts.rule_files import Rule, alerts_by_name, by_file
from tests.components.platform_settings import changed, platform

URL = "https://docs.example.com/runbooks"
GRAFANA = "https://grafana.example.com"
SEVERITIES = {"critical", "warning", "none"}
COMPONENTS = {"app", "business", "cache", "edge", "elasticsearch", "logging", "monitoring", "node", "tracing"}
ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard"}
BOARDS = {
    uid: {variable["name"] for variable in json.loads(text)["templating"]["list"]}
    for uid, text in dashboards.render().items()
}
PLAN = {"HighCPUUsage", "HighMemoryUsage", "HighErrorRate"}


def settings(stack: str = "dev", path: str = "alerting.runbookUrl", value: object = f"{URL}/") -> Any:
    return parse(changed(platform(stack), path, value))


def deployed(jobs: set[str], alerting: AlertingSettings | None = None, grafana: str | None = GRAFANA) -> list[Rule]:
    content = alerts.rules(alerting or settings().alerting, jobs, grafana)
    return [rule for file in content.values() for group in file["groups"] for rule in group["rules"]]


EVERY_JOB = {alerts.JOB, *alerts.PLATFORM_JOBS, *alerts.NEEDED_JOB.values()}


def faults(rule: Rule) -> Iterator[str]:
    """What is wrong with a rule by itself; what it reads and shows is checked in `tests/contract`."""
    name = rule.get("alert") or rule["record"]
    try:
        promql_parser.parse(rule["expr"])
    except ValueError as error:
        yield f"{name}: {error}"
    if "alert" not in rule:
        return
    labels, annotations = rule.get("labels", {}), rule.get("annotations", {})
    if labels.get("severity") not in SEVERITIES:
        yield f"{name}: severity {labels.get('severity')}"
    if labels.get("severity") == "none" and name != "Watchdog":
        yield f"{name}: tells nobody"
    if labels.get("component") not in COMPONENTS:
        yield f"{name}: component {labels.get('component')}"
    if set(annotations) != ANNOTATIONS:
        yield f"{name}: annotations {', '.join(sorted(set(annotations) ^ ANNOTATIONS))}"
    uid, _, query = annotations.get("dashboard", "").partition("?")
    if uid not in BOARDS:
        yield f"{name}: no dashboard {uid}"
    for variable in re.findall(r"var-(\w+)=", query):
        if variable not in BOARDS.get(uid, ()):
            yield f"{name}: {uid} has no variable {variable}"


def test_every_rule_is_without_fault() -> None:
    assert [fault for rules in by_file().values() for rule in rules for fault in faults(rule)] == []


NOTES = dict(alerts_by_name()["HighCPUUsage"]["annotations"])
BROKEN: list[tuple[str, object, str]] = [
    ("expr", "rate(up)", "HighCPUUsage: "),
    ("labels", {"severity": "crit", "component": "app"}, "HighCPUUsage: severity crit"),
    ("labels", {"severity": "none", "component": "app"}, "HighCPUUsage: tells nobody"),
    ("labels", {"severity": "warning"}, "HighCPUUsage: component None"),
    ("labels", {"severity": "warning", "component": "ap"}, "HighCPUUsage: component ap"),
    ("annotations", {**NOTES, "runbook": "x"}, "HighCPUUsage: annotations runbook"),
    ("annotations", {key: NOTES[key] for key in NOTES if key != "summary"}, "HighCPUUsage: annotations summary"),
    ("annotations", {**NOTES, "dashboard": "neuroerp-nothing"}, "HighCPUUsage: no dashboard neuroerp-nothing"),
    ("annotations", {**NOTES, "dashboard": "neuroerp-business?var-pod=x"}, "HighCPUUsage: neuroerp-business has no"),
]


@pytest.mark.parametrize(("key", "value", "fault"), BROKEN)
def test_a_broken_rule_is_found(key: str, value: object, fault: str) -> None:
    found = list(faults({**alerts_by_name()["HighCPUUsage"], key: value}))
    assert [line for line in found if line.startswith(fault)], found


def test_the_alerts_of_the_first_plan_are_there_under_their_names() -> None:
    assert {rule["alert"] for rule in by_file()["neuroerp.rules.yaml"] if "alert" in rule} == PLAN
    assert len(alerts_by_name()) >= 60


def test_names_are_unique_and_so_are_groups() -> None:
    rules = [rule for rules in by_file().values() for rule in rules]
    names = Counter((rule.get("alert") or rule["record"], rule.get("labels", {}).get("slo")) for rule in rules)
    groups = Counter(
        group["name"] for file in alerts.rules(settings().alerting, EVERY_JOB).values() for group in file["groups"]
    )
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name, count in groups.items() if count > 1] == []


def test_only_absence_alerts_and_the_watchdog_lack_the_namespace() -> None:
    """Alertmanager groups and inhibits by it. Nodes and absent jobs have none."""
    without = {
        name
        for name, rule in alerts_by_name().items()
        if re.search(r"\bby \((?!namespace)", rule["expr"]) or "absent(" in rule["expr"]
    }
    assert without == {"NeuroERPAbsent", "CollectorDown", "ExporterAbsent", "JaegerDown"}


def test_thresholds_in_files_are_the_defaults_of_the_settings() -> None:
    found = {
        rule["record"].removeprefix(alerts.THRESHOLD): float(rule["expr"].removeprefix("vector(").removesuffix(")"))
        for rules in by_file().values()
        for rule in rules
        if rule.get("record", "").startswith(alerts.THRESHOLD)
    }
    assert found == settings().alerting.thresholds.model_dump()


def test_every_threshold_is_read_by_an_alert() -> None:
    recorded = {rule["record"] for rules in by_file().values() for rule in rules if "record" in rule}
    unread = {
        name
        for name in recorded
        if name.startswith(alerts.THRESHOLD) and not any(name in rule["expr"] for rule in alerts_by_name().values())
    }
    assert unread == set()


def test_a_threshold_of_the_settings_replaces_the_default() -> None:
    mine = settings(path="alerting.thresholds", value={"errorRatio": 0.02, "probeSeconds": 3}).alerting
    records = {rule.get("record"): rule["expr"] for rule in deployed(EVERY_JOB, mine)}
    assert records["neuroerp:threshold:error_ratio"] == "vector(0.02)"
    assert records["neuroerp:threshold:probe_seconds"] == "vector(3.0)"
    assert records["neuroerp:threshold:cpu_ratio"] == "vector(0.8)"


def test_what_is_ignored_in_files_is_the_default_of_the_settings() -> None:
    written = {rule["record"]: rule["expr"] for rule in by_file()["system.rules.yaml"] if "record" in rule}
    made = {rule["record"]: rule["expr"] for rule in deployed(EVERY_JOB) if rule.get("record") in written}
    assert made == written


def test_what_is_ignored_follows_the_settings() -> None:
    mine = settings(path="alerting.ignored", value={"filesystems": ["tmpfs", "iso.+"], "devices": []}).alerting
    records = {rule.get("record"): rule["expr"] for rule in deployed(EVERY_JOB, mine)}
    assert records["instance_mountpoint:system_disk_usage:ratio"].count('fstype!~"tmpfs|iso.+"') == 2
    assert 'device!~""' in records["instance:system_network_receive_bytes:rate5m"]


@pytest.mark.parametrize("wrong", ['tmpfs"} or vector(1) #', "a|b", "", "("])
def test_no_text_gets_out_of_a_matcher(wrong: str) -> None:
    with pytest.raises(Exception, match=r"platform\.alerting\.ignored\.filesystems\.0: "):
        settings(path="alerting.ignored", value={"filesystems": [wrong]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"errorRatio": 5}, "platform.alerting.thresholds.errorRatio: "),
        ({"errorRatio": "0.05"}, "platform.alerting.thresholds.errorRatio: "),
        ({"errorRatio": 0}, "platform.alerting.thresholds.errorRatio: "),
        ({"errorRation": 0.1}, "platform.alerting.thresholds.errorRation: is not a setting; did you mean errorRatio?"),
        ({"certificateDays": 5}, "platform.alerting.thresholds.certificateCriticalDays: 7 is not below"),
        ({"transactionFailureRatio": 0.3}, "platform.alerting.thresholds.transactionFailureRatio: 0.3 is not below"),
        ({"elasticsearchFreeRatio": 0.05}, "platform.alerting.thresholds.elasticsearchFreeCriticalRatio: 0.08 is not"),
    ],
)
def test_a_wrong_threshold_is_refused_with_its_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=re.escape(message)):
        settings(path="alerting.thresholds", value=given)


def test_runbooks_and_dashboards_stand_below_the_urls_of_the_settings() -> None:
    rules = [rule for rule in deployed(EVERY_JOB) if "alert" in rule]
    assert {rule["annotations"]["runbook_url"].rpartition("/")[0] for rule in rules} == {URL}
    assert {rule["annotations"]["dashboard"].rpartition("/")[0] for rule in rules} == {f"{GRAFANA}/d"}


def test_without_a_url_of_grafana_there_is_no_link_to_it() -> None:
    rules = [rule for rule in deployed(EVERY_JOB, grafana=None) if "alert" in rule]
    assert all(set(rule["annotations"]) == ANNOTATIONS - {"dashboard"} for rule in rules)


def test_the_jobs_of_a_stack_are_those_that_run() -> None:
    assert set(alerts.jobs(settings())) == {alerts.JOB, alerts.HEALTH_JOB, *alerts.PLATFORM_JOBS}
    assert alerts.HEALTH_JOB not in alerts.jobs(settings(path="application.healthUrls", value=[]))
    more = [{"job": "mail-server", "targets": ["mail.example.com:9100"]}]
    assert "mail-server" in alerts.jobs(settings(path="prometheus.extraTargets", value=more))


@pytest.mark.parametrize("file", sorted(alerts.NEEDED_JOB))
def test_rules_of_a_job_that_does_not_run_are_left_out(file: str) -> None:
    job = alerts.NEEDED_JOB[file]
    with_it, without = (alerts.rules(settings().alerting, jobs) for jobs in (EVERY_JOB, EVERY_JOB - {job}))
    assert set(with_it) - set(without) == {f"neuroerp-{file}"}
    left = json.dumps([rule["expr"] for rule in deployed(EVERY_JOB - {job})])
    assert job not in left


def test_a_file_reads_only_the_job_that_it_needs_and_the_application() -> None:
    """Else it would be deployed without what it reads, or left out with what others need."""
    also = {
        "elasticsearch": {"kube-state-metrics"},
        "monitoring": {"alertmanager-alertmanager", "prometheus-operator"},
        "tracing": {alerts.READS_JOB},
    }
    for name, rules in by_file().items():
        file = name.removesuffix(".rules.yaml")
        jobs = {job for rule in rules for job in re.findall(r'job="([^"]+)"', rule["expr"])}
        if file != "targets":
            assert jobs <= {alerts.NEEDED_JOB.get(file, alerts.JOB), *also.get(file, ())}, name


def test_absence_is_looked_for_of_every_job_that_runs_and_of_no_other() -> None:
    expr = {rule.get("alert"): rule["expr"] for rule in deployed({alerts.JOB, "jaeger", "grafana", "own-job"})}
    assert expr["ExporterAbsent"] == 'absent(up{job="grafana"}) or absent(up{job="own-job"})'
    assert expr["ExporterDown"] == 'up{job=~"grafana|own-job"} == 0'


def test_where_nothing_but_the_application_runs_no_target_is_watched() -> None:
    assert "neuroerp-targets" not in alerts.rules(settings().alerting, {alerts.JOB})


@pytest.mark.parametrize("job", ['x"} or vector(1) #', "a|b", "Own_Job", ""])
def test_a_job_that_would_break_the_rules_is_refused(job: str) -> None:
    with pytest.raises(Exception, match=r"platform\.prometheus\.extraTargets\.0\.job: is no name"):
        settings(path="prometheus.extraTargets", value=[{"job": job, "targets": ["a.example.com:9100"]}])


def test_the_file_of_targets_has_every_job() -> None:
    """So that promtool tests what is deployed where everything runs."""
    written = {rule["alert"]: rule["expr"] for rule in by_file()["targets.rules.yaml"]}
    assert written == {name: made(EVERY_JOB) for name, made in alerts.TARGETS.items()}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_stacks_deploy_all_rules_but_those_of_a_job_that_they_lack(stack: str) -> None:
    stack_settings = settings(stack)
    made = alerts.rules(stack_settings.alerting, alerts.jobs(stack_settings))
    missing = {file for file, job in alerts.NEEDED_JOB.items() if job not in alerts.jobs(stack_settings)}
    assert set(made) == {f"neuroerp-{name.removesuffix('.rules.yaml')}" for name in by_file()} - {
        f"neuroerp-{file}" for file in missing
    }
