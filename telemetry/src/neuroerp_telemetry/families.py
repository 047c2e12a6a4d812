"""Metric families of the client library, made from the contract."""

import itertools
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from .config import TelemetryConfig
from .contract import APP_METRICS, Label, Metric
from .declared.app import PROCESS
from .labels import Fold, Vocabulary

OVERFLOW = "telemetry_label_overflow_total"


def _make(metric: Metric, registry: CollectorRegistry) -> Any:
    common: dict[str, Any] = {"registry": registry, "unit": metric.name_unit}
    if metric.type == "histogram":
        return Histogram(metric.name, metric.help, metric.label_names, buckets=metric.buckets, **common)
    kind = Counter if metric.type == "counter" else Gauge
    return kind(metric.name, metric.help, metric.label_names, **common)


class Family:
    """A metric with its series; unknown label values are folded or refused."""

    def __init__(self, metric: Metric, made: Any, fold: Fold, vocabularies: tuple[Vocabulary, ...]) -> None:
        self.metric = metric
        self._made = made
        self._fold = fold
        self._vocabularies = vocabularies
        self._series: dict[tuple[object, ...], Any] = {}
        if not metric.labels:
            self._series[()] = made

    def series(self, *values: object, strict: bool = False) -> Any:
        """The series with these label values; nothing when the sample is refused. Raises LabelError when strict."""
        try:
            found = self._series.get(values)
        except TypeError:  # an unhashable value
            found = None
        if found is None:
            folded = self._fold(values, strict=strict)
            # Kept under the folded values only: what comes in from outside must not fill the memory.
            if folded is not None:
                found = self._series.get(folded) or self._series.setdefault(folded, self._made.labels(*folded))
        return found

    def prepare(self, *choices: Iterable[str]) -> None:
        """Make the series of all combinations, since rate() does not see the first event of a new one."""
        for values in itertools.product(*choices):
            self.series(*values)

    def prepare_known(self) -> None:
        """Make the series of everything that is known beforehand."""
        self.prepare(*(vocabulary.known or ("other",) for vocabulary in self._vocabularies))


class Families:
    """All metric families of the application in one registry."""

    def __init__(self, config: TelemetryConfig, registry: CollectorRegistry | None = None) -> None:
        # OpenMetrics would add a series with the time of creation to each counter and histogram.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry or CollectorRegistry()
        self.process = ProcessCollector(registry=self.registry)
        self._config = config
        self._vocabularies: dict[Label, Vocabulary] = {}
        overflow = _make(APP_METRICS[OVERFLOW], self.registry)
        self._families: dict[str, Family] = {}
        for metric in APP_METRICS.values():
            if metric.name in PROCESS:
                continue
            made = overflow if metric.name == OVERFLOW else _make(metric, self.registry)
            count = overflow.labels(metric.name).inc if metric.labels and made is not overflow else lambda: None
            vocabularies = tuple(self._vocabulary(label) for label in metric.labels)
            self._families[metric.name] = Family(metric, made, Fold(metric.name, vocabularies, count), vocabularies)

    def _vocabulary(self, label: Label) -> Vocabulary:
        """One for all metrics with the same label: together they take in so many values."""
        if label not in self._vocabularies:
            self._vocabularies[label] = Vocabulary(label, self._config.values(label))
        return self._vocabularies[label]

    def __getitem__(self, name: str) -> Family:
        return self._families[name]
