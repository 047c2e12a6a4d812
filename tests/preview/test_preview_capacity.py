"""The needs of a declared load: the arithmetic, the check, the command, and what it says of bad input."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.settings import Settings, parse
from preview.__main__ import main
from preview.capacity import Capacity, Need, costs
from preview.checks import Context
from preview.checks.capacity import check_capacity
from preview.checks.registry import evaluate
from preview.plan import build
from preview.run import run
from preview.yamlfile import InputError
from tests.components.platform_settings import ROOT, changed, platform

COSTS = {
    "prometheusBytesPerSample": 2.0,
    "prometheusBytesPerSeries": 1000.0,
    "prometheusBase": 1e6,
    "seriesPerProcess": 100.0,
    "seriesPerNode": 1000.0,
    "logBytesPerRequest": 500.0,
    "elasticsearchBytesPerLogByte": 0.5,
    "spansPerRequest": 10.0,
    "elasticsearchBytesPerSpan": 500.0,
    "jaegerCpuPerSpan": 1e-4,
    "elasticsearchCpuPerSpan": 1e-3,
    "collectorCpuPerSpan": 1e-3,
    "collectorBytesPerSpan": 1000.0,
    "collectorBase": 1e6,
    "elasticsearchDiskLow": 0.8,
    "elasticsearchShardsPerNode": 100.0,
    "elasticsearchHeapBase": 5e8,
    "elasticsearchHeapPerField": 1000.0,
    "fieldsPerIndex": 50.0,
}
LOAD = {"processes": 10, "nodes": 5, "requestsPerSecond": 10.0}


def capacity(**sections: Any) -> Capacity:
    content = platform("prod")
    for path, value in sections.items():
        content = changed(content, path.replace("__", "."), value)
    read: Settings = parse(content)
    assert read.load
    return Capacity(read, read.load, COSTS)


def need(found: Capacity, system: str, title: str) -> Need:
    (only,) = (item for item in found.needs if (item.system, item.title) == (system, title))
    return only


def test_prometheus_needs_its_series_over_the_retention() -> None:
    found = capacity(load=LOAD, prometheus__retention="10d", prometheus__scrapeInterval="30s")
    disk = need(found, "Prometheus", "disk of each server")
    # 6,000 series, a sample each 30 s, for ten days and six hours.
    assert disk.needs == pytest.approx(6000 / 30 * 10.25 * 86400 * 2)
    assert (disk.has, disk.setting) == (80 * 2**30, "prometheus.retentionSize")
    assert need(found, "Prometheus", "memory of each server").needs == pytest.approx(1e6 + 6000 * 1000)


def test_elasticsearch_needs_lines_and_spans_in_every_copy() -> None:
    found = capacity(load=LOAD, logs__retentionDays=9, logs__rolloverAge="1d", jaeger__retentionDays=4)
    lines, spans = 10 * 86400 * 500 * 10 * 2 * 0.5, 100 * 86400 * 5 * 2 * 500
    assert need(found, "Elasticsearch", "disk").needs == pytest.approx((lines + spans) / 0.8)
    shards = need(found, "Elasticsearch", "shards")
    assert (shards.needs, shards.has) == (3 * 10 * 2 + 2 * 5 * 2, 300)
    assert need(found, "Elasticsearch", "memory of each node").needs == pytest.approx(2 * (5e8 + 80 / 3 * 50 * 1000))
    assert need(found, "Elasticsearch", "processors for spans").needs == pytest.approx(100 * 2 * 1e-3)


def test_an_index_that_is_full_before_its_age_makes_more_shards() -> None:
    small = capacity(load={**LOAD, "logGigabytesPerDay": 20.0}, logs__rolloverSize="1Gi", logs__retentionDays=9)
    rolled = -(-20e9 * 10 * 0.5 // 2**30)
    assert need(small, "Elasticsearch", "shards").needs == 3 * rolled * 2 + 2 * 15 * 2


def test_the_nodes_that_are_left_hold_the_copies_of_a_lost_one() -> None:
    found = capacity(load={**LOAD, "logGigabytesPerDay": 30.0})
    nodes = need(found, "Elasticsearch", "nodes with one lost")
    assert (nodes.has, nodes.met) == (2, False)
    assert nodes.needs == -(-need(found, "Elasticsearch", "disk").needs // (300 * 2**30))


def test_declared_spans_and_lines_count_instead_of_requests() -> None:
    found = capacity(load={**LOAD, "spansPerSecond": 7.0, "logGigabytesPerDay": 3.0})
    assert (found.spans, found.log_bytes) == (7.0, 3e9)
    assert need(found, "Jaeger", "processors").needs == pytest.approx(7e-4)


def test_a_collector_needs_what_comes_in_not_what_is_kept() -> None:
    found = capacity(load={**LOAD, "spansPerSecond": 7.0}, collector__queueSize=2000)
    assert need(found, "Collector", "processors").needs == pytest.approx(100 * 1e-3)
    memory = need(found, "Collector", "memory of each, with a full queue")
    assert memory.needs == pytest.approx(1e6 + (100 * 10 + 2000) * 1000)
    assert memory.has == pytest.approx(2**30 * 0.55)
    traces = need(found, "Collector", "traces until their decision")
    assert (traces.needs, traces.has) == (110, 50000)


def test_without_sampling_or_collector_nothing_waits() -> None:
    kept = capacity(load=LOAD, collector={"enabled": True, "tailSampling": None, "queueSize": 2000})
    assert need(kept, "Collector", "memory of each, with a full queue").needs == pytest.approx(1e6 + 2000 * 1000)
    assert "traces until their decision" not in {item.title for item in kept.needs}
    off = capacity(load=LOAD, collector={"enabled": False})
    assert "Collector" not in {item.system for item in off.needs}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.floats(0.1, 1e5), st.floats(1.01, 50))
def test_more_load_never_needs_less(processes: int, nodes: int, rate: float, factor: float) -> None:
    less = capacity(load={"processes": processes, "nodes": nodes, "requestsPerSecond": rate})
    more = capacity(load={"processes": processes + 1, "nodes": nodes + 1, "requestsPerSecond": rate * factor})
    assert all(first.needs <= second.needs for first, second in zip(less.needs, more.needs, strict=True))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_both_stacks_hold_their_declared_load(stack: str) -> None:
    read = parse(platform(stack))
    assert read.load
    assert [item.title for item in Capacity(read, read.load, costs()).needs if not item.met] == []


@pytest.mark.parametrize(
    ("stack", "load", "status", "says"),
    [
        ("prod", {**LOAD, "logGigabytesPerDay": 500.0}, "fails", "enlarge elasticsearch.volume.size"),
        ("prod", {**LOAD, "nodes": 5000}, "fails", "enlarge prometheus.resources.memoryLimit"),
        ("dev", {**LOAD, "requestsPerSecond": 1e6}, "warns", "enlarge jaeger.resources.cpu"),
        ("prod", {**LOAD, "requestsPerSecond": 5000}, "fails", "enlarge collector.tailSampling.tracesHeld"),
        ("dev", None, "holds", ""),
    ],
)
def test_what_is_too_small_fails_in_production_and_is_told_elsewhere(
    stack: str, load: dict[str, Any] | None, status: str, says: str
) -> None:
    content = {key: value for key, value in platform(stack).items() if key != "load"}
    if load:
        content["load"] = load
    recording = run(ROOT, stack, config={"platform": json.dumps(content)})
    (result,) = evaluate(build(recording), Context(recording), [check_capacity])
    assert result.status == status
    assert says in "\n".join(result.reasons)


def test_the_command_prints_needs_formulae_and_sources(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["capacity", "prod"]) == 0
    out = capsys.readouterr().out
    assert "elasticsearch.volume.size" in out
    assert "spans/s x 15 d x 2 copies" in out
    assert "prometheusBytesPerSample = 2.0 B: 1.1 measured" in out
    assert main(["capacity", "prod", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {item["system"] for item in data["needs"]} == {"Prometheus", "Elasticsearch", "Jaeger", "Collector"}
    assert all(item["source"] for item in data["constants"].values())


def test_a_stack_that_declares_no_load_is_told_how(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("components", "dashboards", "alerts", "logs", "__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    text = (ROOT / "Pulumi.dev.yaml").read_text()
    (tmp_path / "Pulumi.dev.yaml").unlink()
    (tmp_path / "Pulumi.dev.yaml").write_text(re.sub(r"\n    load: .*", "", text))
    monkeypatch.chdir(tmp_path)
    assert main(["capacity", "dev"]) == 2
    assert capsys.readouterr().err.startswith("platform.load: is missing; declare the load of the stack in Pulumi.dev")


@pytest.mark.parametrize("value", ["0", "-1", "many", "true", "null"])
def test_a_cost_that_is_no_number_is_refused(value: str, tmp_path: Path) -> None:
    file = tmp_path / "costs.yaml"
    file.write_text(f"seriesPerNode: {{value: {value}, unit: series, source: none}}\n")
    with pytest.raises(InputError, match=r"costs.yaml: seriesPerNode.value is .*; write a number above zero"):
        costs(file)
