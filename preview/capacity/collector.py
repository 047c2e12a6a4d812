"""What a declared load needs of the Collector, where there is one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.collector_config import REFUSING
from components.model import amount
from preview.capacity.model import Need, size

if TYPE_CHECKING:
    from preview.capacity.formulas import Capacity


def needs(of: "Capacity") -> Iterator[Need]:
    """Processors, memory with a full queue, and traces until their decision, of all Collectors together."""
    s, cost = of.settings.collector, of.cost
    if not s.enabled:
        return
    # What a stack declares of spans is what is kept of them.
    spans = max(of.spans, of.load.requests_per_second * cost["spansPerRequest"])
    yield Need(
        "Collector",
        "processors",
        spans * cost["collectorCpuPerSpan"],
        s.replicas * amount(s.resources.cpu),
        "cores",
        f"{spans:g} spans/s x {cost['collectorCpuPerSpan']:g}",
        "collector.resources.cpu",
    )
    wait = s.tail_sampling.decision_wait_seconds if s.tail_sampling else 0
    limit = amount(s.resources.memory_limit or s.resources.memory)
    yield Need(
        "Collector",
        "memory of each, with a full queue",
        cost["collectorBase"] + (spans * wait + s.queue_size) * cost["collectorBytesPerSpan"],
        limit * REFUSING / 100,
        "B",
        f"{size(cost['collectorBase'])} + ({spans:g} spans/s x {wait} s + {s.queue_size:,} spans)"
        f" x {cost['collectorBytesPerSpan']:,.0f} B, below {REFUSING} % of the limit",
        "collector.resources.memoryLimit",
    )
    if s.tail_sampling:
        # A trace may begin right after a decision, which is made each second.
        held = of.load.requests_per_second * (wait + 1)
        yield Need(
            "Collector",
            "traces until their decision",
            held,
            s.tail_sampling.traces_held,
            "traces",
            f"{of.load.requests_per_second:g} requests/s x {wait + 1} s",
            "collector.tailSampling.tracesHeld",
        )
