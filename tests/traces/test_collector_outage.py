"""Jaeger ends under load and comes back: the Collector loses nothing and doubles nothing, and our alerts see it."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.traces.collector import collector, deployed
from tests.traces.front import Front
from tests.traces.jaeger import deployed as deployed_jaeger
from tests.traces.jaeger import jaeger
from tests.traces.otel import free_ports
from tests.traces.spans import Load
from tests.traces.storage import Storage
from tests.traces.test_traces_outage import LOST, SMALL, alarms, watching
from tests.waiting import wait

DURING = {"CollectorLosesSpans", "CollectorQueueFilling"}
FAILED = "otelcol_exporter_send_failed_spans_total"
SIZE = "otelcol_exporter_queue_size"


def all_kept(**exporter: dict[str, Any]) -> dict[str, Any]:
    """The configuration of production, which keeps every trace so that they can be counted; its exporter changed."""
    config = deployed("1s", 100)
    for section, changes in exporter.items():
        config["exporters"]["otlp_grpc"][section].update(changes)
    return config


EXPORTERS: dict[str, dict[str, Any]] = {
    "deployed": {},
    "small": {"sending_queue": {"queue_size": SMALL}},
    "hasty": {"retry_on_failure": {"enabled": False}},
}


@dataclass
class Outage:
    """What was seen of one."""

    alarms: dict[str, set[str]] = field(default_factory=dict)
    health: int = 0
    fullest: float = 0.0
    taken: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    stored: dict[str, tuple[int, int]] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def outage(storage: Storage, front: Front, tmp_path_factory: pytest.TempPathFactory) -> Outage:
    """Three Collectors under load while their Jaeger is ended and started again."""
    seen, config, folder = Outage(), deployed_jaeger(), tmp_path_factory.mktemp("jaeger")
    ports = free_ports(config)
    with ExitStack() as stack, ExitStack() as first:
        first.enter_context(jaeger(folder, config, front.url, front.ca, ports=ports))
        servers = {
            name: stack.enter_context(collector(tmp_path_factory.mktemp(name), all_kept(**exporter), ports[4317]))
            for name, exporter in EXPORTERS.items()
        }
        targets = [made.at(8888).removeprefix("http://") for made in servers.values()]
        watcher = stack.enter_context(watching(tmp_path_factory.mktemp("watch"), *targets, job="otel-collector"))
        loads = {name: Load(made, f"gate-{name}") for name, made in servers.items()}
        for name, load in loads.items():
            stack.callback(load.end)
            assert storage.settled(f"gate-{name}", 100)[0] >= 100
        wait("evaluation", lambda: "CollectorDown" not in alarms(watcher), 60)
        seen.alarms["before"] = alarms(watcher)
        first.close()
        wait("loss", lambda: servers["small"].metrics().get(LOST), 60)
        wait("alerts", lambda: alarms(watcher) >= DURING, 60)
        seen.alarms["during"] = alarms(watcher)
        # A slow machine sends less: the outage lasts until the queue holds more than the small one could.
        wait("load", lambda: servers["deployed"].metrics()[SIZE] > SMALL, 60)
        seen.fullest = servers["deployed"].metrics()[SIZE]
        seen.health = httpx.get(servers["deployed"].at(13133), trust_env=False).status_code
        stack.enter_context(jaeger(folder, config, front.url, front.ca, ports=ports))
        for name, load in loads.items():
            load.end()
            seen.taken[name], seen.refused[name] = load.taken, load.refused
        wait("empty queue", lambda: servers["deployed"].metrics()[SIZE] == 0, 60)
        for name, made in servers.items():
            lost = sum(made.metrics().get(metric, 0) for metric in (LOST, FAILED))
            storage.settled(f"gate-{name}", seen.taken[name] - int(lost), 60)
        seen.stored = {name: storage.count(f"gate-{name}") for name in servers}
        seen.metrics = {name: made.metrics() for name, made in servers.items()}
    return seen


def test_nothing_is_lost_and_nothing_doubled(outage: Outage) -> None:
    assert outage.taken["deployed"] > 1000
    assert outage.refused["deployed"] == 0
    assert outage.stored["deployed"] == (outage.taken["deployed"], 0)
    assert LOST not in outage.metrics["deployed"]
    assert outage.fullest > SMALL


@pytest.mark.parametrize(("name", "metric"), [("small", LOST), ("hasty", FAILED)])
def test_what_others_lose_is_counted_to_the_span(name: str, metric: str, outage: Outage) -> None:
    stored, doubled = outage.stored[name]
    lost = outage.taken[name] - stored
    assert lost > 0
    assert doubled == 0
    assert outage.metrics[name][metric] == lost


def test_our_alerts_see_it_and_were_quiet_before(outage: Outage) -> None:
    assert outage.alarms["before"] == set()
    assert outage.alarms["during"] == DURING


def test_the_process_is_well_while_jaeger_is_away(outage: Outage) -> None:
    """A pod that is not ready would get no spans to hold back, and one that is restarted loses them."""
    assert outage.health == httpx.codes.OK
