"""Faults of many kinds in the rules, one kind at a time in a whole file: promtool notices it of every alert."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from tests.alerts.rule_files import RULES, Rule, by_file, copied, readers, rules_of, suites, suites_of, unnoticed
from tests.dashboards.lint import metrics

FILES = sorted(by_file())
SCALE = 1.5
"""How far a threshold may move before a test has to notice: whoever notices this notices a wrong unit, too."""


def changed(folder: Path, change: Callable[[Rule], object], *names: str) -> Path:
    """The same, with a change to every rule of some files."""
    copied(folder)
    for name in names:
        content: dict[str, Any] = yaml.safe_load((RULES / name).read_text())
        for rule in rules_of(content):
            change(rule)
        (folder / name).write_text(yaml.safe_dump(content, width=10000))
    return folder


def named(name: str, condition: Callable[[Rule], object]) -> set[str]:
    return {rule["alert"] for rule in by_file()[name] if "alert" in rule and condition(rule)}


@pytest.mark.parametrize("name", FILES)
def test_a_misspelt_severity_is_noticed_of_every_alert(tmp_path: Path, name: str) -> None:
    folder = changed(tmp_path, lambda rule: rule.get("labels", {}).update(severity="crit"), name)
    assert unnoticed(folder, named(name, lambda _: True)) == set()


@pytest.mark.parametrize("name", FILES)
def test_a_dropped_wait_is_noticed_of_every_alert(tmp_path: Path, name: str) -> None:
    folder = changed(tmp_path, lambda rule: rule.pop("for", None), name)
    assert unnoticed(folder, named(name, lambda rule: "for" in rule)) == set()


@pytest.mark.parametrize("name", FILES)
def test_a_lost_label_is_noticed_of_every_alert(tmp_path: Path, name: str) -> None:
    lost = "by (namespace, "
    folder = changed(tmp_path, lambda rule: rule.update(expr=rule["expr"].replace(lost, "by (")), name)
    assert unnoticed(folder, named(name, lambda rule: lost in rule["expr"])) == set()


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_job_is_noticed_of_every_alert(tmp_path: Path, name: str) -> None:
    def misspell(rule: Rule) -> None:
        rule["expr"] = re.sub(r'job=(~?)"([^"]*)"', r'job=\1"not-(\2)"', rule["expr"])

    folder = changed(tmp_path, misspell, name)
    assert unnoticed(folder, named(name, lambda rule: "job=" in rule["expr"])) == set()


def thresholds(rule: Rule) -> set[str]:
    return {series for series in metrics(rule["expr"]) if series.startswith(alerts.THRESHOLD)}


@pytest.mark.parametrize("factor", [SCALE, 1 / SCALE], ids=["higher", "lower"])
@pytest.mark.parametrize("name", [name for name in FILES if any(thresholds(rule) for rule in by_file()[name])])
def test_a_wrong_threshold_is_noticed_of_every_alert(tmp_path: Path, name: str, factor: float) -> None:
    def scale(rule: Rule) -> None:
        if rule.get("record", "").startswith(alerts.THRESHOLD):
            rule["expr"] = f"{rule['expr']} * {factor}"

    # An alert may read a threshold of another file.
    together = {file for suite in suites_of(name) for file in suites()[suite]["rule_files"]}
    folder = changed(tmp_path, scale, *together)
    assert unnoticed(folder, named(name, thresholds)) == set()


REJECTED = "redis_rejected_connections_total"
DROPPED = "prometheus_notifications_dropped_total"
BULKS = "jaeger_storage_bulk_index_latency_err_seconds_count"
QUEUED = "otelcol_exporter_enqueue_failed_spans_total"
MUTATIONS = [
    # A counter that is read like a gauge, and the other way round.
    ("neuroerp", 'rate(process_cpu_seconds_total{job="valeo-neuroerp"}[5m])', "process_cpu_seconds_total"),
    ("cache", 'increase(redis_rejected_connections_total{job="redis-exporter"}[5m])', REJECTED),
    ("monitoring", 'rate(prometheus_notifications_dropped_total{job="prometheus-prometheus"}[5m])', DROPPED),
    ("probes", "avg_over_time(probe_duration_seconds", "rate(probe_duration_seconds"),
    # An expression that matches nothing, or too much.
    ("elasticsearch", 'type=~"write|bulk"', 'type=~"write.bulk"'),
    ("elasticsearch", 'type=~"write|bulk"', 'type=~".+"'),
    ("logging", 'plugin_id="es_unparsed"', 'plugin_id="unparsed"'),
    ("logging", 'plugin_id="dlq_in"', 'plugin_id="dlq"'),
    ("neuroerp", 'status=~"5.."', 'status=~"6.."'),
    ("neuroerp", 'job="valeo-neuroerp"}[5m]))\n            >', 'job=~".+"}[5m]))\n            >'),
    ("slo", 'endpoint!~"/health.*|/metrics"', 'endpoint!~"/metrics"'),
    ("system", 'fstype!~"tmpfs|overlay|squashfs|ramfs"', 'fstype!~"tmpfs"'),
    ("system", 'device!~"lo|veth.+|cali.+|cni.+|lxc.+"', 'device!~"lo"'),
    # Limits that stand in the rules.
    ("neuroerp", "/ 1.5e9 > 1", "/ 1.5e6 > 1"),
    ("neuroerp", "/ 1.5e9 > 1", "/ 1.5e12 > 1"),
    ("slo", "> 10", "> 0"),
    ("slo", "14.4 * 0.001", "14.4 * 0.1"),
    ("slo", "/ 0.001", "/ 1"),
    ("monitoring", "> 0.01\n", "> 0.001\n"),
    ("monitoring", "> 0.1\n", "> 0.2\n"),
    # Guards against noise, one by one.
    ("neuroerp", "errors_per_second, expr: vector(0.1)", "errors_per_second, expr: vector(0.08)"),
    ("neuroerp", "errors_per_second, expr: vector(0.1)", "errors_per_second, expr: vector(0.15)"),
    ("business", "transactions_per_second, expr: vector(0.02)", "transactions_per_second, expr: vector(0.01)"),
    ("business", "transactions_per_second, expr: vector(0.02)", "transactions_per_second, expr: vector(0.03)"),
    ("business", "active_users_minimum, expr: vector(20)", "active_users_minimum, expr: vector(13)"),
    ("business", "active_users_minimum, expr: vector(20)", "active_users_minimum, expr: vector(30)"),
    ("business", "business_errors_per_second, expr: vector(0.05)", "business_errors_per_second, expr: vector(0.03)"),
    ("business", "business_errors_per_second, expr: vector(0.05)", "business_errors_per_second, expr: vector(0.07)"),
    ("business", "business_errors_factor, expr: vector(4)", "business_errors_factor, expr: vector(2.6)"),
    ("business", "business_errors_factor, expr: vector(4)", "business_errors_factor, expr: vector(6)"),
    ("business", "offset 2w > 0", "offset 2w >= 0"),
    ("business", ' and on (namespace, service) max_over_time(up{job="valeo-neuroerp"}[1h] offset 1d) == 1', ""),
    ("business", "[1h] offset 1d) == 1", "[1h] offset 1h) == 1"),
    ("cache", 'redis_memory_max_bytes{job="redis-exporter"} > 0', 'redis_memory_max_bytes{job="redis-exporter"} >= 0'),
    ("elasticsearch", '"elasticsearch-exporter"} > 1', '"elasticsearch-exporter"} > 0'),
    # How long an alert lasts.
    ("neuroerp", "        keep_firing_for: 5m\n", ""),
    ("business", "        keep_firing_for: 15m\n", ""),
    # An alert that a series which is born with its first event would not wake.
    ("tracing", f"unless {BULKS}", f"and {BULKS}"),
    ("tracing", f"unless {QUEUED}", f"and {QUEUED}"),
    ("tracing", ' or absent(up{job="jaeger"})', ""),
    ("availability", '"valeo-neuroerp"} == 1)', '"valeo-neuroerp"})'),
    ("availability", "max by (namespace, service, pod, resource)", "min by (namespace, service, pod)"),
    ("app", 'resource="memory"', 'resource="cpu"'),
    ("monitoring", "vector(1)", "vector(1) > 1"),
    ("targets", ' or absent(up{job="redis-exporter"})', ""),
    ("probes", "should have been renewed", "was renewed"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong"), MUTATIONS, ids=[f"{n}-{m[0]}" for n, m in enumerate(MUTATIONS)])
def test_a_broken_rule_fails_its_tests(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    name = f"{file}.rules.yaml"
    text = (RULES / name).read_text()
    if right not in text:  # Expressions are folded over lines.
        content = yaml.safe_load(text)
        text = yaml.safe_dump(content, width=10000)
    assert right in text
    folder = copied(tmp_path)
    (folder / name).write_text(text.replace(right, wrong))
    alike = zip(by_file()[name], rules_of(yaml.safe_load((folder / name).read_text())), strict=True)
    concerned = readers({old.get("alert") or old["record"] for old, new in alike if old != new})
    assert unnoticed(folder, concerned) < concerned


def test_of_what_is_not_broken_nothing_is_noticed() -> None:
    names = {"RevenueStalled", "namespace_service:http_requests:error_ratio_rate6h"}
    assert unnoticed(RULES, names) == names
