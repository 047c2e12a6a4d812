"""Copies of what is deployed in which time runs faster, and mutants beside them; all of it can be taken back."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

import alerts
from tests.cluster.alarm import alerting
from tests.cluster.api import Manifest, wait
from tests.cluster.change import changed
from tests.cluster.chart_objects import MONITORING, alertmanager, make
from tests.cluster.monitoring_checks import rule_files
from tests.cluster.scaled import scaled
from tests.cluster.servers import Servers

SECURE_PORT = 8443
MEMORY = 304 * 2**20
"""The limit of the demo's container, from its manifest."""
MUTATED = "HighErrorRate"
# Mutants of the alert by their names; what is wrong is in the rule, or in the routes and the receiver for it.
MUTANTS = ("WrongJob", "WrongThreshold", "WrongRoute", "WrongTemplate")


def every_rule(servers: Servers) -> dict[str, Manifest]:
    """The alerts that are deployed, by name."""
    made = [found for found in servers.monitoring.stack.manifests if found["kind"] == "PrometheusRule"]
    rules = [rule for found in made for group in found["spec"]["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


def _limits() -> dict[str, Any]:
    """What kube-state-metrics says of the demo's pods, from their own series."""
    pods = 'group by (namespace, pod, container) (up{job="valeo-neuroerp"})'
    limits = {"memory": MEMORY, "cpu": 1}
    return {
        "name": "limits",
        "rules": [
            {"record": "kube_pod_container_resource_limits", "expr": f"{pods} * {size}", "labels": {"resource": name}}
            for name, size in limits.items()
        ],
    }


def _mutants(rule: Manifest) -> dict[str, Any]:
    made = {name: {**rule, "alert": name} for name in MUTANTS}
    made["WrongJob"]["expr"] = rule["expr"].replace(f'job="{alerts.JOB}"', 'job="neuroerp"')
    made["WrongThreshold"]["expr"] = rule["expr"].replace("scalar(", "1000 * scalar(")
    if any(made[name]["expr"] == rule["expr"] for name in ("WrongJob", "WrongThreshold")):
        raise ValueError(f"{MUTATED} is written otherwise: {rule['expr']}")
    return {"name": "mutants", "rules": list(made.values())}


def config() -> dict[str, Any]:
    """Alertmanager's configuration, with a wrong route and a receiver whose template is not there."""
    made = alerts.config(alerting())
    mail = next(found for found in made["receivers"] if found["name"] == "team-email-critical")["email_configs"][0]
    broken = {**mail, "headers": {"Subject": '{{ template "neuroerp.subjekt" . }}'}}
    made["receivers"].append({"name": "wrong-template", "email_configs": [broken]})
    receivers = {"WrongRoute": "business-email", "WrongTemplate": "wrong-template"}
    wrong = [
        {"matchers": [f'alertname="{name}"'], "receiver": to, "group_wait": "10s"} for name, to in receivers.items()
    ]
    made["route"]["routes"] = [*wrong, *made["route"]["routes"]]
    return made


def _probe(made: Manifest) -> Manifest:
    """A copy that asks every second, and at a port of the ingress that is free: the API server has 443."""
    fast = {**made, "spec": {**made["spec"], "interval": "1s", "scrapeTimeout": "1s"}}
    urls = made["spec"]["targets"]["staticConfig"]["static"]
    found = [re.sub("^(https://[^/:]+)/", rf"\1:{SECURE_PORT}/", url) for url in urls]
    return changed(fast, "spec|targets|staticConfig|static", found)


def _copies(servers: Servers) -> Iterator[tuple[Manifest, Manifest]]:
    """Each object with its faster copy."""
    monitoring = servers.monitoring
    for made in monitoring.stack.manifests:
        if made["kind"] == "PrometheusRule":
            yield made, {**made, "spec": scaled(made["spec"])}
        elif made["kind"] == "Probe":
            yield made, _probe(made)
    fast = {"scrapeInterval": "1s", "evaluationInterval": "1s"}
    yield monitoring.prometheus, {**monitoring.prometheus, "spec": {**monitoring.prometheus["spec"], **fast}}
    secret = next(made for made in alertmanager(monitoring.stack) if made["kind"] == "Secret")
    yield secret, changed(secret, "stringData|alertmanager.yaml", yaml.safe_dump(scaled(config())))


def _beside(servers: Servers) -> Manifest:
    groups = [_limits(), scaled(_mutants(every_rule(servers)[MUTATED]))]
    return make(MONITORING, "PrometheusRule", "beside", servers.monitoring.stack.platform, spec={"groups": groups})


def _disturbing(servers: Servers) -> list[Manifest]:
    """Scrape jobs of other tests, which count each pod a second time."""
    monitoring = servers.monitoring
    return [*monitoring.mutant_monitors.values(), *monitoring.elsewhere]


def _take_up(servers: Servers, *, fast: bool) -> None:
    """Wait until the operator has written it, and let both servers read it."""
    monitoring = servers.monitoring
    name, space = monitoring.prometheus["metadata"]["name"], monitoring.stack.platform

    def written() -> bool:
        files = rule_files(servers.api, space, name)
        jobs = str([job["job_name"] for job in monitoring.config["scrape_configs"]])
        return (
            ("/no-labeldrop/" in jobs) is not fast
            and (monitoring.config["global"]["scrape_interval"] == "1s") is fast
            and (monitoring.alertmanager_config()["route"]["group_wait"] == "500ms") is fast
            and any("beside" in file for file in files) is fast
            and any("for: 5m" in text for text in files.values()) is not fast
        )

    wait("the operator", written, 60)
    # A series of a job that is gone would go on for five minutes.
    servers.restart_prometheus()
    if complaints := servers.reload():
        raise RuntimeError("; ".join(complaints))


def speed_up(servers: Servers) -> None:
    """A minute becomes a second."""
    for made in _disturbing(servers):
        servers.api.delete(made)
    for _, copy in _copies(servers):
        servers.api.apply(copy)
    servers.api.apply(_beside(servers))
    _take_up(servers, fast=True)


def slow_down(servers: Servers) -> None:
    """All is as it was."""
    servers.api.delete(_beside(servers))
    for made, _ in _copies(servers):
        servers.api.apply(made)
    for made in _disturbing(servers):
        servers.api.apply(made)
    _take_up(servers, fast=False)
