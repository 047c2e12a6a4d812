"""The signal contract: every metric, log field, span attribute and health check, declared once.

`python -m neuroerp_telemetry.contract [table|json|openmetrics]` prints it.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import astuple

from .declared import app, recorded, show
from .declared.health import CHECKS, ENDPOINTS, REASONS
from .declared.logs import LEVELS, LOG_FIELDS
from .declared.model import (
    LONGEST_LABEL_VALUE,
    OTHER,
    Attribute,
    Endpoint,
    HealthCheck,
    Label,
    LogField,
    Metric,
)
from .declared.traces import ATTRIBUTES, NAMESPACE, SPAN_NAME

__all__ = [
    "APPLICATION_METRICS",
    "APP_METRICS",
    "ATTRIBUTES",
    "CHECKS",
    "ENDPOINTS",
    "LEVELS",
    "LOG_FIELDS",
    "LONGEST_LABEL_VALUE",
    "METRICS",
    "NAMESPACE",
    "OTHER",
    "REASONS",
    "SERIES",
    "SPAN_NAME",
    "Attribute",
    "Endpoint",
    "HealthCheck",
    "Label",
    "LogField",
    "Metric",
]

APP_METRICS: dict[str, Metric] = {metric.name: metric for metric in app.METRICS}
"""What the application exports, by name."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*app.METRICS, *recorded.METRICS)}
"""All metrics of the application, its own and those that recording rules make, by name."""

SERIES: dict[str, Metric] = {series: metric for metric in METRICS.values() for series in metric.series}
"""Each name that a query may use, and the metric that it belongs to."""

APPLICATION_METRICS: dict[str, tuple[str, ...]] = {
    "performance.responseTime": ("http_request_duration_seconds",),
    "performance.throughput": ("http_requests_total",),
    "performance.errorRate": ("http_request_errors_total",),
    "performance.saturation": ("app_saturation_ratio", "http_requests_in_progress"),
    "business.activeUsers": ("active_users",),
    "business.transactions": ("business_transactions_total",),
    "business.revenue": ("business_revenue_total", "business_refunds_total"),
    "business.errors": ("business_errors_total",),
    "system.cpu": ("process_cpu_seconds_total", "instance:system_cpu_usage:ratio_rate5m"),
    "system.memory": ("process_resident_memory_bytes", "instance:system_memory_usage:ratio"),
    "system.disk": ("instance_mountpoint:system_disk_usage:ratio",),
    "system.network": (
        "instance:system_network_receive_bytes:rate5m",
        "instance:system_network_transmit_bytes:rate5m",
    ),
}
"""The members of the first plan's interface `ApplicationMetrics`, and the metrics that carry them today."""


def as_table() -> str:
    """The contract as a table for people."""
    return show.table(
        {
            "Metrics": show.metric_rows(METRICS.values()),
            "ApplicationMetrics": [("member", "metrics"), *((k, ", ".join(v)) for k, v in APPLICATION_METRICS.items())],
            "Log fields": [
                ("name", "type", "indexed as", "always", "help"),
                *((f.name, f.type, f.indexed_as, "yes" if f.always else "-", f.help) for f in LOG_FIELDS),
            ],
            f"Attributes (spans are named {SPAN_NAME})": [
                ("name", "on", "type", "help", "always"),
                *(tuple(map(str, astuple(attribute))) for attribute in ATTRIBUTES),
            ],
            "Health checks": [
                ("name", "endpoints", "critical", "timeout s", "ttl s", "help"),
                *((c.name, " ".join(c.endpoints), str(c.critical), f"{c.timeout}", f"{c.ttl}", c.help) for c in CHECKS),
            ],
            "Health endpoints": [
                ("path", "budget s", "help"),
                *((endpoint.path, f"{endpoint.budget}", endpoint.help) for endpoint in ENDPOINTS),
            ],
        }
    )


def as_json() -> str:
    """The contract as JSON for programs."""
    return show.as_json(
        {
            "metrics": tuple(METRICS.values()),
            "application_metrics": APPLICATION_METRICS,
            "log_fields": LOG_FIELDS,
            "attributes": ATTRIBUTES,
            "span_name": SPAN_NAME,
            "health_checks": CHECKS,
            "health_endpoints": ENDPOINTS,
        }
    )


def as_openmetrics() -> str:
    """Metadata of the metrics that the application exports, as its exposition has it."""
    return show.openmetrics(APP_METRICS.values())


FORMATS = {"table": as_table, "json": as_json, "openmetrics": as_openmetrics}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the contract in the format that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m neuroerp_telemetry.contract", description="Print the contract.")
    parser.add_argument("format", nargs="?", choices=FORMATS, default="table")
    sys.stdout.write(FORMATS[parser.parse_args(arguments).format]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
