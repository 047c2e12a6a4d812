"""Jaeger ends under load and comes back: the Collector loses nothing and doubles nothing, and our alerts see it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.servers import Prometheus, wait
from tests.traces.collector import collector, deployed
from tests.traces.front import Front
from tests.traces.jaeger import deployed as deployed_jaeger
from tests.traces.jaeger import jaeger
from tests.traces.otel import Otel, free_ports
from tests.traces.spans import Load, post, post_all, request
from tests.traces.storage import Storage
from tests.traces.test_traces_outage import LOST, SMALL, alarms, watching

DURING = {"CollectorLosesSpans", "CollectorQueueFilling"}
FAILED = "otelcol_exporter_send_failed_spans_total"
SIZE = "otelcol_exporter_queue_size"
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
FORGOTTEN = "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total"


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
        wait("evaluation", lambda: "CollectorDown" not in alarms(watcher))
        seen.alarms["before"] = alarms(watcher)
        first.close()
        wait("loss", lambda: servers["small"].metrics().get(LOST))
        wait("alerts", lambda: alarms(watcher) >= DURING)
        seen.alarms["during"] = alarms(watcher)
        # A slow machine sends less: the outage lasts until the queue holds more than the small one could.
        wait("load", lambda: servers["deployed"].metrics()[SIZE] > SMALL)
        seen.fullest = servers["deployed"].metrics()[SIZE]
        seen.health = httpx.get(servers["deployed"].at(13133), trust_env=False).status_code
        stack.enter_context(jaeger(folder, config, front.url, front.ca, ports=ports))
        for name, load in loads.items():
            load.end()
            seen.taken[name], seen.refused[name] = load.taken, load.refused
        wait("empty queue", lambda: servers["deployed"].metrics()[SIZE] == 0)
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


@contextmanager
def alone(folder: Path, config: dict[str, Any]) -> Iterator[tuple[Otel, Prometheus]]:
    """A Collector to whose Jaeger nobody answers, and who watches it."""
    folder.mkdir()
    with (
        collector(folder / "collector", config, 1) as made,
        watching(folder, made.at(8888).removeprefix("http://"), job="otel-collector") as watcher,
    ):
        yield made, watcher


def answers(to: Otel, most: int) -> list[int]:
    """Send much until it is refused, or so often; the status of each answer."""
    sent, found = request("much", 2000, **{"db.query.text": "SELECT 1 " * 100}), [post(to, request("first", 1))]
    while found[-1] == httpx.codes.OK and len(found) < most:
        found.append(post(to, sent))
    return found


def test_without_memory_spans_are_refused_and_our_alert_sees_it(tmp_path: Path) -> None:
    """Instead of an end by the kernel, which would take along all that is held."""
    limited, unlimited = all_kept(), all_kept()
    limited["processors"]["memory_limiter"] = {"check_interval": "1s", "limit_mib": 50, "spike_limit_mib": 15}
    unlimited["service"]["pipelines"]["traces"]["processors"].remove("memory_limiter")
    with alone(tmp_path / "limited", limited) as (made, watcher):
        assert "CollectorRefusesSpans" not in alarms(watcher)
        said = answers(made, 200)
        assert len(said) > 2
        assert said[-1] == httpx.codes.SERVICE_UNAVAILABLE
        wait("alert", lambda: answers(made, 2) and "CollectorRefusesSpans" in alarms(watcher))
        assert made.process.poll() is None
    with alone(tmp_path / "unlimited", unlimited) as (made, watcher):
        assert set(answers(made, len(said) + 10)) == {httpx.codes.OK}
        assert "CollectorRefusesSpans" not in alarms(watcher)


@pytest.mark.parametrize(("held", "forgotten"), [(100, 200), (1000, 0)])
def test_traces_that_are_forgotten_before_the_decision_are_seen(held: int, forgotten: int, tmp_path: Path) -> None:
    config = deployed("2s")
    config["processors"]["tail_sampling"]["num_traces"] = held
    with alone(tmp_path / "alone", config) as (made, watcher):
        post_all(made, [request("many", 1)])
        wait("first decision", lambda: made.metrics().get(DECIDED))
        assert made.metrics()[FORGOTTEN] == 0
        post_all(made, [request("many", 1) for _ in range(300)])
        wait("decisions", lambda: sum(made.metrics()[name] for name in (DECIDED, FORGOTTEN)) == 301)
        assert made.metrics()[FORGOTTEN] == forgotten
        wait("alert", lambda: ("CollectorTracesUndecided" in alarms(watcher)) == bool(forgotten))
