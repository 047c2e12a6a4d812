"""Alert and recording rules of VALEO-NeuroERP, and the way an alert takes to a person."""

from pathlib import Path
from typing import Any

import yaml

from components.health_probes import HealthContent, HealthTarget
from components.scraping import Monitor
from components.sections import ApplicationSettings

from .routes import config

__all__ = ["HEALTH_JOB", "JOB", "SPAN_REQUESTS", "config", "monitors", "probes", "rules"]

FOLDER = Path(__file__).parent
JOB = "valeo-neuroerp"
"""Scrape job of the application, as every rule and dashboard names it."""
HEALTH_JOB = "neuroerp-health"
"""Scrape job of the health probes."""
SPAN_REQUESTS = f'sum(rate(http_requests_total{{job="{JOB}",$$__tags}}[5m]))'
"""Request rate of a span's service; `$$__tags` becomes `service="..."`."""


def rules(runbook_url: str) -> dict[str, Any]:
    """The rule files by name, in Prometheus' own form; runbooks become pages below ``runbook_url``."""
    files = {path.name.removesuffix(".rules.yaml"): path for path in sorted(FOLDER.glob("*.rules.yaml"))}
    loaded = {f"neuroerp-{name}": yaml.load(path.read_text(), yaml.CSafeLoader) for name, path in files.items()}
    for rule in (rule for content in loaded.values() for group in content["groups"] for rule in group["rules"]):
        if "alert" in rule:
            rule["annotations"]["runbook_url"] = f"{runbook_url.rstrip('/')}/{rule['annotations']['runbook_url']}"
    return loaded


def monitors(application: ApplicationSettings) -> list[Monitor]:
    """The scrape job of the application's own metrics."""
    return [
        {
            "name": JOB,
            "job": JOB,
            "namespaces": [application.namespace],
            "match_labels": {"app.kubernetes.io/part-of": application.part_of},
            "port": application.metrics_port,
        }
    ]


def probes(application: ApplicationSettings) -> HealthContent:
    """The probes of the application's health endpoints, and how an answer is judged."""
    health = {
        "prober": "http",
        "http": {
            "valid_status_codes": [200],
            "follow_redirects": False,
            "preferred_ip_protocol": "ip4",
            "fail_if_body_json_not_matches_cel": 'body.status == "pass" || body.status == "warn"',
        },
    }
    labels = {"namespace": application.namespace, "service": application.service}
    target: HealthTarget = {"name": HEALTH_JOB, "job": HEALTH_JOB, "urls": application.health_urls, "labels": labels}
    return {"modules": {"http_health": health}, "targets": [target] if application.health_urls else []}
