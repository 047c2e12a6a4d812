"""All series that there are: the application's by the contract, those of exporters by their catalogues."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from neuroerp_telemetry.contract import OTHER, Label, Metric

from tests.catalogue.catalogue import Catalogue

TARGET = frozenset({"job", "namespace", "service", "pod", "container", "instance"})
"""Labels that Prometheus adds to what it scrapes."""


@dataclass(frozen=True)
class Signal:
    """A series by the name that queries use."""

    name: str
    type: str
    """counter, gauge or untyped; the parts of a histogram are counters."""
    emitters: tuple[str, ...]
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The labels, and all values that one can have; none where any can be."""
    scraped: bool = True
    """Whether the labels of the target come on top."""
    family: str = ""
    """The metric of the contract that it is a part of."""

    @property
    def label_names(self) -> frozenset[str]:
        """The labels that a sample can have."""
        return frozenset(self.labels) | (TARGET if self.scraped else frozenset())


Signals = Mapping[str, Signal]


def of_contract(metrics: Iterable[Metric]) -> dict[str, Signal]:
    """What the application exports."""
    found = {}
    for metric in metrics:
        labels = {label.name: _closed(label) for label in metric.labels}
        for name in metric.series:
            buckets = {"le": frozenset(map(bound, (*metric.buckets, "inf")))} if name.endswith("_bucket") else {}
            kind = "gauge" if metric.type == "gauge" else "counter"
            found[name] = Signal(name, kind, (metric.owner,), {**labels, **buckets}, family=metric.name)
    return found


def bound(value: object) -> str:
    """A bound of a bucket, as Prometheus 3 writes all of them."""
    return str(float(str(value)))


def _closed(label: Label) -> frozenset[str]:
    """All values of a closed vocabulary; nothing where more can come."""
    return frozenset() if label.limit or label.setting else frozenset({*label.values, OTHER})


def of_catalogues(catalogues: Iterable[Catalogue]) -> dict[str, Signal]:
    """What exporters export; a name that several have has the labels of all."""
    found: dict[str, Signal] = {}
    for catalogue in catalogues:
        for series in catalogue.series:
            labels = {name: frozenset(values) for name, values in series.labels.items()}
            one = Signal(series.name, series.type, (catalogue.exporter,), labels)
            found[series.name] = _both(found[series.name], one) if series.name in found else one
    return found


def _both(one: Signal, other: Signal) -> Signal:
    labels = {
        name: one.labels[name] | other.labels[name]
        if one.labels.get(name) and other.labels.get(name)
        else frozenset[str]()
        for name in {*one.labels, *other.labels}
    }
    kind = one.type if one.type == other.type else "untyped"
    return Signal(one.name, kind, (*one.emitters, *other.emitters), labels)
