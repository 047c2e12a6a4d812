"""Alert and recording rules of VALEO-NeuroERP, and the way an alert takes to a person."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from components.alerting import AlertingSettings
from components.health_probes import HealthContent, HealthTarget
from components.scraping import Monitor
from components.sections import ApplicationSettings
from components.settings import Settings
from components.thresholds import IgnoredSettings

from .routes import config

__all__ = ["HEALTH_JOB", "JOB", "READS_JOB", "SPAN_REQUESTS", "config", "jobs", "monitors", "probes", "rules"]

FOLDER = Path(__file__).parent
JOB = "valeo-neuroerp"
"""Scrape job of the application, as every rule and dashboard names it."""
HEALTH_JOB = "neuroerp-health"
"""Scrape job of the health probes."""
READS_JOB = "jaeger-query"
"""Scrape job of the probe that reads from Jaeger's storage."""
PLATFORM_JOBS = (
    "alertmanager-alertmanager",
    "blackbox-exporter",
    "elasticsearch-exporter",
    "grafana",
    "jaeger",
    "kube-state-metrics",
    "logstash-exporter",
    "node-exporter",
    "prometheus-operator",
    "prometheus-prometheus",
    "redis-exporter",
)
"""Scrape jobs of the platform's own components, as their charts name them."""
COLLECTOR = "otel-collector"
"""Scrape job of the Collector, where there is one."""
OWN_ALERT = (JOB, "jaeger", COLLECTOR)
"""Jobs whose loss has a critical alert of its own."""
NEEDED_JOB = {
    "cache": "redis-exporter",
    "collector": COLLECTOR,
    "elasticsearch": "elasticsearch-exporter",
    "logging": "logstash-exporter",
    "monitoring": "prometheus-prometheus",
    "probes": HEALTH_JOB,
    "system": "node-exporter",
    "tracing": "jaeger",
}
"""The job that a rule file is about; without the job it is not deployed. The others are about the application."""
THRESHOLD = "neuroerp:threshold:"
"""Prefix of the recorded thresholds: the files hold the defaults, the settings replace them."""
SPAN_REQUESTS = f'sum(rate(http_requests_total{{job="{JOB}",$$__tags}}[5m]))'
"""Request rate of a span's service; `$$__tags` becomes `service="..."`."""


def jobs(settings: Settings) -> list[str]:
    """The scrape jobs of a stack, sorted: what runs, what is probed, and the targets that the settings add."""
    optional = {HEALTH_JOB: settings.application.health_urls, COLLECTOR: settings.collector.enabled}
    added = [target.job for target in settings.prometheus.extra_targets]
    return sorted({JOB, *PLATFORM_JOBS, *(job for job, there in optional.items() if there), *added})


def rules(alerting: AlertingSettings, active: Collection[str], grafana_url: str | None = None) -> dict[str, Any]:
    """The rule files of the ``active`` jobs by name, in Prometheus' own form.

    Thresholds, and what is ignored, become those of the settings; runbooks become pages below the URL of the settings,
    dashboards pages of Grafana, or nothing where Grafana has no URL.
    """
    files = {path.name.removesuffix(".rules.yaml"): path for path in sorted(FOLDER.glob("*.rules.yaml"))}
    wanted = {name: path for name, path in files.items() if NEEDED_JOB.get(name, JOB) in active}
    if not _watched(active):
        del wanted["targets"]
    loaded = {f"neuroerp-{name}": yaml.load(path.read_text(), yaml.CSafeLoader) for name, path in wanted.items()}
    thresholds = alerting.thresholds.model_dump()
    for rule in (rule for content in loaded.values() for group in content["groups"] for rule in group["rules"]):
        rule["expr"] = _ignoring(rule["expr"], alerting.ignored)
        if rule.get("record", "").startswith(THRESHOLD):
            rule["expr"] = f"vector({thresholds[rule['record'].removeprefix(THRESHOLD)]})"
        elif "alert" in rule:
            _complete(rule, alerting.runbook_url.rstrip("/"), grafana_url, active)
    return loaded


def _ignoring(expr: str, ignored: IgnoredSettings) -> str:
    for label, values in (("fstype", ignored.filesystems), ("device", ignored.devices)):
        expr = re.sub(rf'(?<={label}!~")[^"]*', "|".join(values), expr)
    return expr


def _complete(rule: dict[str, Any], runbooks: str, grafana_url: str | None, active: Collection[str]) -> None:
    annotations = rule["annotations"]
    annotations["runbook_url"] = f"{runbooks}/{annotations['runbook_url']}"
    dashboard = annotations.pop("dashboard")
    if grafana_url:
        annotations["dashboard"] = f"{grafana_url.rstrip('/')}/d/{dashboard}"
    if rule["alert"] in TARGETS:
        rule["expr"] = TARGETS[rule["alert"]](active)


def down(active: Collection[str]) -> str:
    """What finds targets of these jobs that are down."""
    return f'up{{job=~"{"|".join(_watched(active))}"}} == 0'


def absent(active: Collection[str]) -> str:
    """What finds those of these jobs that have no target at all."""
    return " or ".join(f'absent(up{{job="{job}"}})' for job in _watched(active))


def _watched(active: Collection[str]) -> list[str]:
    return sorted(set(active) - set(OWN_ALERT))


TARGETS = {"ExporterDown": down, "ExporterAbsent": absent}
"""Alerts on the jobs that run, and what makes their expressions."""


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


def probes(application: ApplicationSettings, platform: str | None = None) -> HealthContent:
    """The probes of the application's health endpoints, and how an answer is judged.

    With the namespace of the ``platform`` also of what Jaeger reads from its storage, which its own health hides.
    """
    health: dict[str, Any] = {
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
    answers = {key: value for key, value in health["http"].items() if not key.startswith("fail_if")}
    modules = {"http_health": health, "http_answers": {"prober": "http", "http": answers}}
    return {
        "modules": modules,
        "targets": [*([target] if application.health_urls else []), *([_reads(platform)] if platform else [])],
    }


def _reads(platform: str) -> HealthTarget:
    return {
        "name": READS_JOB,
        "job": READS_JOB,
        "module": "http_answers",
        "urls": [f"http://jaeger.{platform}.svc:16686/api/services"],
        "labels": {"namespace": platform, "service": "jaeger"},
    }
