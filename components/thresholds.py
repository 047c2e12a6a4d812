"""Thresholds of the alerts, and what they leave out: what a stack may want otherwise."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from .model import Model

Share = Annotated[float, Field(gt=0, lt=1, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]

Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+*-]+$")]


class IgnoredSettings(Model):
    """What the nodes have and nobody watches."""

    filesystems: list[Pattern] = Field(default_factory=lambda: ["tmpfs", "overlay", "squashfs", "ramfs"])
    """Types of file systems, as regular expressions; what is full and never grows, like an image, is no alert."""
    devices: list[Pattern] = Field(default_factory=lambda: ["lo", "veth.+", "cali.+", "cni.+", "lxc.+"])
    """Network devices, as regular expressions; those of pods carry the same traffic a second time."""


class ThresholdsSettings(Model):
    """From where on alerts fire. Shares are between 0 and 1."""

    cpu_ratio: Share = 0.8
    """Share of its CPU limit that a container may use."""
    memory_ratio: Share = 0.85
    """Share of its memory limit that a container may use."""
    error_ratio: Share = 0.05
    """Share of a service's requests that may end with a 5xx status."""
    errors_per_second: Positive = 0.1
    """5xx answers per second below which a high share is no alert."""
    check_age_seconds: Positive = 120
    """Seconds since the last run of a health check."""
    saturation_ratio: Share = 0.9
    """Share of a pool or queue of the application that may be in use."""
    probe_seconds: Positive = 2
    """Seconds that a probe of a health endpoint may take."""
    certificate_days: Positive = 21
    """Days before the end of a certificate that call for a warning."""
    certificate_critical_days: Positive = 7
    """Days before the end of a certificate that wake somebody."""
    transaction_failure_ratio: Share = 0.05
    """Share of the transactions of a type that may fail."""
    transaction_failure_critical_ratio: Share = 0.25
    """Share of failed transactions that wakes somebody."""
    transactions_per_second: Positive = 0.02
    """Transactions of a type per second below which their share of failures is no alert."""
    active_users_ratio: Share = 0.5
    """Share of the active users of a week ago that there have to be."""
    active_users_minimum: Positive = 20
    """Active users a week ago below which a drop is no alert."""
    business_errors_per_second: Positive = 0.05
    """Business errors of a code per second below which a rise is no alert."""
    business_errors_factor: Positive = 4
    """How many times the rate of the last day a business error may reach."""
    load_per_cpu: Positive = 2
    """Tasks that may run or wait for each CPU of a node."""
    disk_ratio: Share = 0.8
    """Share of a node's disk in use from which on its growth is an alert."""
    redis_memory_ratio: Share = 0.9
    """Share of its maxmemory that Redis may use."""
    log_queue_ratio: Share = 0.7
    """Share of a Logstash queue that may be full."""
    unparsed_ratio: Share = 0.05
    """Share of the log lines that may be impossible to parse."""
    elasticsearch_free_ratio: Share = 0.15
    """Share of an Elasticsearch node's disk that has to be free."""
    elasticsearch_free_critical_ratio: Share = 0.08
    """Share of an Elasticsearch node's disk below which somebody is woken."""
    elasticsearch_heap_ratio: Share = 0.9
    """Share of an Elasticsearch node's heap that may be in use."""
    span_write_error_ratio: Share = 0.01
    """Share of Jaeger's writes that Elasticsearch may refuse."""
    span_queue_ratio: Share = 0.8
    """Share of Jaeger's queue that may be full."""
    trace_query_error_ratio: Share = 0.1
    """Share of Jaeger's reads from its storage that may fail."""

    def problems(self) -> Iterable[str]:
        """A warning that comes after the critical alert warns nobody."""
        pairs = (
            ("certificateCriticalDays", self.certificate_critical_days, "certificateDays", self.certificate_days),
            (
                "transactionFailureRatio",
                self.transaction_failure_ratio,
                "transactionFailureCriticalRatio",
                self.transaction_failure_critical_ratio,
            ),
            (
                "elasticsearchFreeCriticalRatio",
                self.elasticsearch_free_critical_ratio,
                "elasticsearchFreeRatio",
                self.elasticsearch_free_ratio,
            ),
        )
        for name, value, other, limit in pairs:
            if value >= limit:
                yield f"{name}: {value:g} is not below {other} ({limit:g}); write less"
