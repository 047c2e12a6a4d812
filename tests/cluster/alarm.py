"""One failure of the application, from its first 5xx to the mail that says that it is over; a minute is a second."""

import time
from dataclasses import dataclass
from typing import Any

import yaml

from tests.cluster.api import Manifest, wait
from tests.cluster.change import changed
from tests.cluster.chart_objects import alertmanager
from tests.cluster.monitoring_checks import rule_files
from tests.cluster.scaled import FACTOR, scaled, seconds
from tests.cluster.servers import Servers

ALERT = "HighErrorRate"
SCRAPE = 1.0
"""Seconds between two scrapes, and between two evaluations, in the scaled copy."""
SLACK = 2.0
RATIO = "namespace_service:http_requests:error_ratio_rate5m"


@dataclass(frozen=True)
class Alarm:
    """What came of a failure."""

    began: float
    ended: float
    mails: list[dict[str, Any]]
    heartbeats: list[dict[str, Any]]
    rule: Manifest
    route: Manifest

    @property
    def most(self) -> float:
        """Seconds that the first mail may take: what is configured, and the slack."""
        return 2 * SCRAPE + (seconds(self.rule["for"]) + seconds(self.route["group_wait"])) / FACTOR + SLACK

    def mail(self, status: str) -> dict[str, Any]:
        """The first mail about the alert with this status in its subject."""
        return next(mail for mail in self.mails if ALERT in mail["Subject"] and status in mail["Subject"])


def speed_up(servers: Servers) -> None:
    """Give the operator copies of rules and routes in which time runs faster, and let both servers take them up."""
    monitoring, api = servers.monitoring, servers.api
    rules = [made for made in monitoring.stack.manifests if made["kind"] == "PrometheusRule"]
    for made in rules:
        api.apply({**made, "spec": scaled(made["spec"])})
    fast = {**monitoring.prometheus["spec"], "scrapeInterval": "1s", "evaluationInterval": "1s"}
    api.apply({**monitoring.prometheus, "spec": fast})
    config = next(made for made in alertmanager(monitoring.stack) if made["kind"] == "Secret")
    text = yaml.safe_dump(scaled(monitoring.given_config))
    api.apply(changed(config, "stringData|alertmanager.yaml", text))

    def taken() -> bool:
        files = rule_files(api, monitoring.stack.platform, monitoring.prometheus["metadata"]["name"])
        return (
            monitoring.config["global"]["scrape_interval"] == "1s"
            and monitoring.alertmanager_config()["route"]["group_wait"] == "500ms"
            and not any("for: 5m" in text for text in files.values())
        )

    wait("the operator", taken, 30)
    complaints = servers.reload()
    if complaints:
        raise RuntimeError("; ".join(complaints))


def _subjects(servers: Servers, status: str) -> list[str]:
    subjects = [mail["Subject"] for mail in servers.got("mail")]
    return [subject for subject in subjects if ALERT in subject and status in subject]


def raise_alarm(servers: Servers) -> Alarm:
    """Let the application fail until a mail comes, repair it, and wait for the mail that says so."""
    rules = [made for made in servers.monitoring.stack.manifests if made["kind"] == "PrometheusRule"]
    every = [rule for made in rules for group in made["spec"]["groups"] for rule in group["rules"]]
    (rule,) = (rule for rule in every if rule.get("alert") == ALERT)
    routes = servers.monitoring.given_config["route"]["routes"]
    (route,) = (route for route in routes if 'severity="critical"' in route["matchers"])
    wait("a heartbeat", lambda: servers.got("heartbeat"), 40)
    wait("a ratio without errors", lambda: any(float(found["value"][1]) == 0 for found in servers.query(RATIO)), 30)
    began = time.time()
    servers.fault.touch()
    wait("a mail", lambda: _subjects(servers, "FIRING"), 30)
    servers.fault.unlink()
    ended = time.time()
    wait("the mail of its end", lambda: _subjects(servers, "RESOLVED"), 40)
    return Alarm(began, ended, servers.got("mail"), servers.got("heartbeat"), rule, route)
