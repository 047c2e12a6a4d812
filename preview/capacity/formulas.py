"""What a declared load needs of disk, memory, processors and shards, beside what the settings give.

Sizes are in bytes and cores, for all replicas or nodes together unless a title says otherwise. What a unit of load
costs stands in ``costs.yaml``, each value with its source.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from components.model import Resources, amount, seconds
from preview.capacity import collector
from preview.capacity.model import Need, size

if TYPE_CHECKING:
    from components.load import LoadSettings
    from components.settings import Settings

_DAY = 86400
_STREAMS = 3
"""Data streams of logs: application, platform, unparsed lines."""
_TRACE_INDICES = 2
"""Indices of Jaeger for each day: spans, and the names of services."""


@dataclass(frozen=True)
class Capacity:
    """The needs of a stack under its declared load."""

    settings: "Settings"
    load: "LoadSettings"
    cost: Mapping[str, float]

    @cached_property
    def spans(self) -> float:
        """Spans in a second."""
        return self.load.spans_per_second or self.load.requests_per_second * self.cost["spansPerRequest"]

    @cached_property
    def log_bytes(self) -> float:
        """Bytes of log lines in a day."""
        if self.load.log_gigabytes_per_day:
            return self.load.log_gigabytes_per_day * 1e9
        return self.load.requests_per_second * _DAY * self.cost["logBytesPerRequest"]

    @cached_property
    def needs(self) -> list[Need]:
        """All that is worked out, system by system."""
        return [*self._prometheus(), *self._elasticsearch(), *self._jaeger(), *collector.needs(self)]

    def _prometheus(self) -> Iterator[Need]:
        s, cost = self.settings.prometheus, self.cost
        of_processes, of_nodes = self.load.processes * cost["seriesPerProcess"], self.load.nodes * cost["seriesPerNode"]
        series, rate = of_processes + of_nodes, 1 / seconds(s.scrape_interval)
        days = seconds(s.retention) / _DAY
        # The newest three hours are beside the blocks: as a log of what comes in, and once more in memory.
        disk = series * rate * (days + 0.25) * _DAY * cost["prometheusBytesPerSample"]
        limit = s.retention_size or (s.volume and s.volume.size)
        yield Need(
            "Prometheus",
            "disk of each server",
            disk,
            amount(limit) if limit else None,
            "B",
            f"{series:,.0f} series / {s.scrape_interval} x {days:g} d x {cost['prometheusBytesPerSample']:g} B",
            "prometheus.retentionSize" if s.retention_size else "prometheus.volume.size",
        )
        yield Need(
            "Prometheus",
            "memory of each server",
            cost["prometheusBase"] + series * cost["prometheusBytesPerSeries"],
            memory(s.resources),
            "B",
            f"{size(cost['prometheusBase'])} + {series:,.0f} series x {cost['prometheusBytesPerSeries']:,.0f} B",
            "prometheus.resources.memoryLimit",
        )

    def _elasticsearch(self) -> Iterator[Need]:
        s, cost = self.settings, self.cost
        nodes, volume = s.elasticsearch.nodes, s.elasticsearch.volume
        # An index is deleted a whole retention after it was closed.
        log_days = s.logs.retention_days + _days(s.logs.rollover_age)
        log_copies, trace_copies = 1 + s.logs.index_replicas, 1 + s.jaeger.index_replicas
        log_cost, trace_days = cost["elasticsearchBytesPerLogByte"], s.jaeger.retention_days + 1
        logs = self.log_bytes * log_days * log_copies * log_cost
        traces = self.spans * _DAY * trace_days * trace_copies * cost["elasticsearchBytesPerSpan"]
        data, low = logs + traces, cost["elasticsearchDiskLow"]
        formula = (
            f"({size(self.log_bytes)} of lines x {log_days:g} d x {log_copies} copies x {log_cost:g} B"
            f" + {self.spans:g} spans/s x {trace_days} d x {trace_copies} copies"
            f" x {cost['elasticsearchBytesPerSpan']:g} B) / {low:g}"
        )
        disk = amount(volume.size) if volume else None
        yield Need(
            "Elasticsearch", "disk", data / low, disk and nodes * disk, "B", formula, "elasticsearch.volume.size"
        )
        if volume and disk:
            # The nodes that are left take over the copies of one that is lost.
            spare, needed = int(nodes > 1), math.ceil(data / low / disk)
            title, each = "nodes with one lost" if spare else "nodes", f"{formula} / {volume.size}"
            yield Need("Elasticsearch", title, needed, nodes - spare, "nodes", each, "elasticsearch.nodes")
        rolled = max(log_days / _days(s.logs.rollover_age), logs / log_copies / amount(s.logs.rollover_size))
        shards = _STREAMS * math.ceil(rolled) * log_copies + _TRACE_INDICES * trace_days * trace_copies
        yield Need(
            "Elasticsearch",
            "shards",
            shards,
            nodes * cost["elasticsearchShardsPerNode"],
            "shards",
            f"{_STREAMS} streams x {math.ceil(rolled)} indices x {log_copies} copies"
            f" + {_TRACE_INDICES} indices x {trace_days} d x {trace_copies} copies",
            "logs.rolloverAge",
        )
        heap = (
            cost["elasticsearchHeapBase"] + shards / nodes * cost["fieldsPerIndex"] * cost["elasticsearchHeapPerField"]
        )
        yield Need(
            "Elasticsearch",
            "memory of each node",
            2 * heap,
            memory(s.elasticsearch.resources),
            "B",
            f"2 x ({size(cost['elasticsearchHeapBase'])} + {shards / nodes:.0f} shards x {cost['fieldsPerIndex']:g}"
            f" fields x {size(cost['elasticsearchHeapPerField'])}) of heap",
            "elasticsearch.resources.memory",
        )
        yield Need(
            "Elasticsearch",
            "processors for spans",
            self.spans * trace_copies * cost["elasticsearchCpuPerSpan"],
            nodes * amount(s.elasticsearch.resources.cpu),
            "cores",
            f"{self.spans:g} spans/s x {trace_copies} copies x {cost['elasticsearchCpuPerSpan']:g}",
            "elasticsearch.resources.cpu",
        )

    def _jaeger(self) -> Iterator[Need]:
        s, cost = self.settings.jaeger, self.cost["jaegerCpuPerSpan"]
        cpu, formula = self.spans * cost, f"{self.spans:g} spans/s x {cost:g}"
        has = s.replicas * amount(s.resources.cpu)
        yield Need("Jaeger", "processors", cpu, has, "cores", formula, "jaeger.resources.cpu")


def _days(age: str) -> float:
    return seconds(age) / _DAY


def memory(resources: Resources) -> float:
    """The bytes that a container may use."""
    return amount(resources.memory_limit or resources.memory)
