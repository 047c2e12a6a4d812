"""Scrape jobs: for the Services of an application, and for systems outside Kubernetes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .kubernetes import job_label
from .model import Model, Name


class ScrapeTarget(Model):
    """A scrape job for something outside Kubernetes."""

    job: Name
    """Value of the `job` label, and name of the ScrapeConfig; alerts watch it."""
    targets: list[str]
    """Addresses, as host:port."""
    path: str = "/metrics"
    """Path of the metrics."""
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"
    """Scheme of the scrape."""


class Monitor(TypedDict):
    """A scrape job for the Services of an application."""

    name: str
    """Name of the ServiceMonitor."""
    job: str
    """Value of the `job` label, as rules and dashboards know it."""
    namespaces: Sequence[str]
    """Namespaces of the Services."""
    match_labels: Mapping[str, str]
    """Labels of the Services."""
    port: str
    """Name of the Service's port."""


def monitor_spec(monitor: Monitor) -> dict[str, Any]:
    """The `spec` of a ServiceMonitor."""
    return {
        "selector": {"matchLabels": dict(monitor["match_labels"])},
        "namespaceSelector": {"matchNames": list(monitor["namespaces"])},
        "sampleLimit": 10000,
        "labelValueLengthLimit": 200,
        "endpoints": [
            {
                "port": monitor["port"],
                "path": "/metrics",
                # The operator adds a target label `endpoint`, which would push the application's own aside.
                "relabelings": [{"action": "labeldrop", "regex": "endpoint"}, job_label(monitor["job"])],
            }
        ],
    }


def scrape_spec(target: ScrapeTarget) -> dict[str, Any]:
    """The `spec` of a ScrapeConfig."""
    static = [{"targets": target.targets}]
    return {"jobName": target.job, "staticConfigs": static, "metricsPath": target.path, "scheme": target.scheme}
