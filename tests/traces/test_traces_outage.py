"""Elasticsearch ends under load and comes back: nothing is lost, nothing doubled, and our alerts see it."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml

import alerts
from alerts import READS_JOB
from tests.live.servers import Prometheus, prometheus
from tests.needs import need
from tests.traces.front import Front
from tests.traces.jaeger import Jaeger, deployed, jaeger
from tests.traces.probe import blackbox, probe, success
from tests.traces.spans import Load
from tests.traces.storage import Storage
from tests.waiting import wait

RULES = ("tracing", "collector")
SMALL = 1000
"""Spans in the queue that is too small: the least that the settings allow."""
DURING = {"JaegerStorageUnreachable", "JaegerQueryErrors", "SpansExportFailed", "TraceQueueFilling"}
LOST = "otelcol_exporter_enqueue_failed_spans_total"


@contextmanager
def watching(folder: Path, *targets: str, job: str = "jaeger") -> Iterator[Prometheus]:
    """Prometheus with our rules, as they are but for the absence of the other job, on these addresses."""
    texts = [Path(alerts.__file__).with_name(f"{name}.rules.yaml").read_text(encoding="utf-8") for name in RULES]
    groups = [group for text in texts for group in yaml.safe_load(text)["groups"]]
    for group in groups:
        group["rules"] = [rule for rule in group["rules"] if job in rule["expr"] or "record" in rule]
    (folder / "rules.json").write_text(json.dumps({"groups": groups}), encoding="utf-8")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.json"],
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": list(targets)}]}],
    }
    with prometheus(need("prometheus")["prometheus"], folder, config) as made:
        wait("scrape of all", lambda: len(made.query(f'up{{job="{job}"}} == 1')) == len(targets), 60)
        yield made


def alarms(of: Prometheus) -> set[str]:
    """Alerts whose expression holds, whether long enough or not."""
    return {alert["labels"]["alertname"] for alert in of.api("alerts")["alerts"]}


@dataclass
class Outage:
    """What was seen of one."""

    seconds: float = 0.0
    alarms: dict[str, set[str]] = field(default_factory=dict)
    health: list[int] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    probed: list[list[str]] = field(default_factory=list)
    """What the stack's probe says of reads, of the path that the pod's own probes ask, and of the page of people."""
    taken: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    stored: dict[str, tuple[int, int]] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    fullest: float = 0.0


@pytest.fixture(scope="module")
def outage(storage: Storage, front: Front, server: Jaeger, tmp_path_factory: pytest.TempPathFactory) -> Outage:
    """Two Jaegers under load, one with a small queue, while Elasticsearch is ended and started again."""
    config, seen = deployed(), Outage()
    config["exporters"]["jaeger_storage_exporter"]["queue"]["queue_size"] = SMALL
    with ExitStack() as stack:
        small = stack.enter_context(jaeger(tmp_path_factory.mktemp("small"), config, front.url, front.ca))
        both = {"deployed": server, "small": small}
        addresses = [made.at(8888).removeprefix("http://") for made in both.values()]
        watcher = stack.enter_context(watching(tmp_path_factory.mktemp("prometheus"), *addresses))
        exporter = stack.enter_context(blackbox(tmp_path_factory.mktemp("blackbox")))
        paths = ("", f"{server.at(13133)}/status", f"{server.at(16686)}/")
        loads = {name: Load(made, name) for name, made in both.items()}
        for name, load in loads.items():
            stack.callback(load.end)
            assert storage.settled(name, 100)[0] >= 100
        seen.alarms["before"] = alarms(watcher)
        seen.probed.append([success(exporter, server, path) for path in paths])
        begin = time.monotonic()
        storage.stop()
        wait("failed probe", lambda: success(exporter, server) == "0", 10)
        seen.probed.append([success(exporter, server, path) for path in paths])
        wait("loss", lambda: small.metrics().get(LOST), 60)
        seen.reads.append(server.ask("/api/services").status_code)
        seen.health.append(httpx.get(f"{server.at(13133)}/status", trust_env=False).status_code)
        # Somebody looks at traces meanwhile, which is what makes reads fail.
        wait("alerts", lambda: alarms(watcher) >= DURING or server.ask("/api/services").is_success, 60)
        seen.alarms["during"] = alarms(watcher)
        seen.fullest = server.metrics()["otelcol_exporter_queue_size"]
        storage.again()
        seen.seconds = time.monotonic() - begin
        time.sleep(2)
        for name, load in loads.items():
            load.end()
            seen.taken[name], seen.refused[name] = load.taken, load.refused
        lost = int(small.metrics()[LOST])
        seen.stored["deployed"] = storage.settled("deployed", seen.taken["deployed"], 60)
        seen.stored["small"] = storage.settled("small", seen.taken["small"] - lost)
        time.sleep(1)  # What is written twice comes late.
        seen.stored = {name: storage.count(name) for name in both}
        seen.metrics = {name: made.metrics() for name, made in both.items()}
        seen.reads.append(server.ask("/api/services").status_code)
        seen.probed.append([success(exporter, server, path) for path in paths])
    return seen


def test_nothing_is_lost_and_nothing_doubled(outage: Outage) -> None:
    assert outage.seconds > 8
    assert outage.taken["deployed"] > 1000
    assert outage.refused["deployed"] == 0
    assert outage.stored["deployed"] == (outage.taken["deployed"], 0)
    assert LOST not in outage.metrics["deployed"]


def test_the_queue_held_the_spans_and_is_empty_again(outage: Outage) -> None:
    assert outage.fullest > SMALL
    assert outage.metrics["deployed"]["otelcol_exporter_queue_size"] == 0


def test_what_a_small_queue_loses_is_counted_to_the_span(outage: Outage) -> None:
    stored, doubled = outage.stored["small"]
    lost = outage.taken["small"] - stored
    assert lost > 0
    assert doubled == 0
    assert outage.metrics["small"][LOST] == lost


def test_our_alerts_see_it_and_were_quiet_before(outage: Outage) -> None:
    assert outage.alarms["before"] == set()
    assert outage.alarms["during"] >= DURING


def test_the_process_is_well_while_its_storage_is_away(outage: Outage) -> None:
    """As the probes ask it: a pod that is not ready would get no spans to hold back. Reads tell the truth."""
    assert outage.health == [200]
    assert outage.reads == [500, 200]


def test_the_probe_of_the_stack_sees_a_dead_storage_and_its_return(outage: Outage) -> None:
    """What the pod's own probes ask, and the page that people open first, hide it."""
    assert outage.probed == [["1", "1", "1"], ["0", "1", "1"], ["1", "1", "1"]]


def test_the_probe_asks_for_what_is_in_the_storage() -> None:
    spec = probe()
    static = spec["targets"]["staticConfig"]
    assert static["static"] == ["http://jaeger.observability.svc:16686/api/services"]
    labels = {entry["targetLabel"]: entry["replacement"] for entry in static["relabelingConfigs"]}
    assert labels == {"namespace": "observability", "service": "jaeger"}
    assert (spec["jobName"], spec["module"]) == (READS_JOB, "http_answers")
