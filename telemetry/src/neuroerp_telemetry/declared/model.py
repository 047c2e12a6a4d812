"""What a declaration of the contract consists of."""

from dataclasses import dataclass
from typing import Literal

MetricType = Literal["counter", "gauge", "histogram"]
Unknown = Literal["other", "refuse"]

OTHER = "other"
"""The value that takes in everything beyond a label's vocabulary."""

BASE_UNITS = ("seconds", "bytes", "ratio")

LONGEST_LABEL_VALUE = 200
"""Characters; Prometheus drops a whole scrape with a longer value (labelValueLengthLimit)."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label and the values that it may take."""

    name: str
    help: str = ""
    values: tuple[str, ...] = ()
    """Values known beforehand."""
    limit: int = 0
    """How many values beyond those are taken in while the process runs; 0 closes the vocabulary."""
    pattern: str = ""
    """Regular expression that such a value matches as a whole; empty for any."""
    setting: str = ""
    """Field of the configuration whose values belong to the known ones."""
    unknown: Unknown = "other"
    """What becomes of a value outside: folded into `other`, or the whole sample is refused."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family."""

    name: str
    type: MetricType
    unit: str
    """Base unit, `ratio` for 0 to 1, or what is counted."""
    help: str
    owner: str = "app"
    """Who makes it: the application, or a recording rule."""
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, without infinity."""
    exemplars: bool = False
    """Whether samples carry the id of a sampled trace."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels' names, in the order of the exposition."""
        return tuple(label.name for label in self.labels)

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries use."""
        if self.type == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return (self.name,)

    @property
    def family(self) -> str:
        """The name in OpenMetrics metadata, where a counter has no `_total`."""
        return self.name.removesuffix("_total") if self.type == "counter" else self.name

    @property
    def name_unit(self) -> str:
        """The unit, where it is a base unit that the name ends with, as OpenMetrics demands; else nothing."""
        return self.unit if self.unit in BASE_UNITS and self.family.endswith(f"_{self.unit}") else ""


@dataclass(frozen=True, slots=True)
class LogField:
    """A key of a log line, and the field of the index that it becomes."""

    name: str
    type: str
    help: str
    indexed_as: str
    """Path in the index, dots between objects."""
    always: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of spans or of the resource that sends them."""

    name: str
    on: Literal["span", "resource"]
    type: str
    help: str
    always: bool = False


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A check, and the endpoints that run it."""

    name: str
    help: str
    endpoints: tuple[str, ...]
    critical: bool
    timeout: float = 2.0
    """Seconds."""
    ttl: float = 1.0
    """Seconds for which a result is used again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A health endpoint."""

    path: str
    budget: float
    """Seconds until it answers, whatever the checks do."""
    help: str
