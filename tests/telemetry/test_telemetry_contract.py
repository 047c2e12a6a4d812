"""The contract is complete, consistent, and says in three forms what the exposition says."""

import json
import re
import subprocess
import sys
from pathlib import Path

from neuroerp_telemetry import contract
from neuroerp_telemetry.contract import APP_METRICS, APPLICATION_METRICS, METRICS, SERIES
from neuroerp_telemetry.declared import app, recorded
from neuroerp_telemetry.endpoints import exposition
from prometheus_client.parser import text_string_to_metric_families as families

from tests.needs import need
from tests.telemetry.conftest import Watched

ROOT = Path(__file__).parents[2]


def test_twelve_members_of_the_first_plan_are_mapped() -> None:
    groups = {
        "performance": {"responseTime", "throughput", "errorRate", "saturation"},
        "business": {"activeUsers", "transactions", "revenue", "errors"},
        "system": {"cpu", "memory", "disk", "network"},
    }
    assert set(APPLICATION_METRICS) == {f"{group}.{name}" for group, names in groups.items() for name in names}
    assert [name for names in APPLICATION_METRICS.values() for name in names if name not in METRICS] == []


def test_names_types_and_units_fit() -> None:
    for metric in APP_METRICS.values():
        assert metric.name.endswith("_total") == (metric.type == "counter")
        assert bool(metric.buckets) == (metric.type == "histogram")
        assert list(metric.buckets) == sorted(set(metric.buckets))
        assert metric.help.endswith(".") or metric.help.endswith("refused.")
        assert re.fullmatch(r"[a-z_]+", metric.name)
        assert "_" + metric.unit in metric.name or metric.unit not in {"seconds", "bytes", "ratio"}
        for label in metric.labels:
            assert label.values or label.setting or label.limit
            assert label.name not in {"user", "tenant", "order", "trace_id", "path", "le", "job", "instance", "pod"}


def test_latency_buckets_hold_the_objective() -> None:
    buckets = APP_METRICS["http_request_duration_seconds"].buckets
    assert {0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10} <= set(buckets)
    assert len(buckets) + 3 == 15  # with infinity, sum and count


def test_one_metric_has_one_declaration() -> None:
    assert len(METRICS) == len(app.METRICS) + len(recorded.METRICS)


def printed(form: str) -> str:
    command = [sys.executable, "-W", "error", "-m", "neuroerp_telemetry.contract", form]
    run = subprocess.run(command, cwd=ROOT / "telemetry/src", capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout


def test_table() -> None:
    table = printed("table")
    parts = (*METRICS, *APPLICATION_METRICS, *(field.name for field in contract.LOG_FIELDS))
    assert [part for part in parts if part not in table] == []
    assert [item.name for item in (*contract.ATTRIBUTES, *contract.CHECKS) if item.name not in table] == []


def test_json() -> None:
    shown = json.loads(printed("json"))
    assert [metric["name"] for metric in shown["metrics"]] == list(METRICS)
    assert shown["application_metrics"].keys() == APPLICATION_METRICS.keys()
    assert {check["name"] for check in shown["health_checks"]} == {check.name for check in contract.CHECKS}


def test_openmetrics_metadata_is_that_of_the_exposition(watch: Watched) -> None:
    exposed = exposition(watch.telemetry.metrics.registry, "application/openmetrics-text; version=1.0.0").body.decode()
    shown = {line for line in printed("openmetrics").splitlines() if line.startswith("#")}
    missing = {line for line in shown if line not in exposed.splitlines()}
    assert {line for line in missing if not line.startswith("# UNIT process_")} == set()  # its collector tells none


def test_every_metric_of_the_application_is_exposed_after_the_start(watch: Watched) -> None:
    names = {sample.name for family in families(watch.text()) for sample in family.samples}
    assert {series for metric in APP_METRICS.values() for series in metric.series} - names == set()


def test_exposed_labels_and_buckets_are_those_of_the_contract(watch: Watched) -> None:
    for family in families(watch.text()):
        for sample in family.samples:
            metric = SERIES.get(sample.name)
            if metric and metric.owner == "app":
                assert set(sample.labels) - {"le"} == set(metric.label_names)
                if "le" in sample.labels:
                    assert float(sample.labels["le"]) in {*metric.buckets, float("inf")}
                assert family.type == metric.type


def test_exposition_passes_promtool(watch: Watched) -> None:
    promtool = need("promtool")["promtool"]
    watch.telemetry.metrics.business.transaction("order", "success")
    run = subprocess.run(
        [promtool, "check", "metrics"], input=watch.text(), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_there_are_no_series_with_times_of_creation(watch: Watched) -> None:
    assert "_created" not in watch.text()
