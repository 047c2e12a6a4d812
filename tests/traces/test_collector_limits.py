"""What the Collector does at the limits of its memory, with no Jaeger to send to: our alerts see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.servers import Prometheus
from tests.traces.collector import collector, deployed
from tests.traces.otel import Otel
from tests.traces.spans import post, post_all, request
from tests.traces.test_collector_outage import all_kept
from tests.traces.test_traces_outage import alarms, watching
from tests.waiting import wait

DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
FORGOTTEN = "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total"


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
        wait("alert", lambda: answers(made, 2) and "CollectorRefusesSpans" in alarms(watcher), 60)
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
        wait("first decision", lambda: made.metrics().get(DECIDED), 60)
        assert made.metrics()[FORGOTTEN] == 0
        post_all(made, [request("many", 1) for _ in range(300)])
        wait("decisions", lambda: sum(made.metrics()[name] for name in (DECIDED, FORGOTTEN)) == 301, 60)
        assert made.metrics()[FORGOTTEN] == forgotten
        wait("alert", lambda: ("CollectorTracesUndecided" in alarms(watcher)) == bool(forgotten), 60)
