"""Copies of what is deployed in which time runs faster, and mutants beside them."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

import alerts
from tests.cluster.alarm import alerting
from tests.cluster.api import Manifest
from tests.cluster.change import changed
from tests.cluster.chart_objects import MONITORING, alertmanager, make
from tests.cluster.monitoring import Monitoring
from tests.cluster.scaled import scaled
from tests.cluster.stack_objects import StackObjects

SECURE_PORT = 8443
MEMORY = 304 * 2**20
"""The limit of the demo's container, from its manifest."""
SPEC: dict[str, dict[str, Any]] = {
    "prometheus": {"scrapeInterval": "1s", "evaluationInterval": "1s"},
    # Each replica waits so much longer than the one before it, which may have told already: 15 s where nothing is said,
    # and a tenth of that here, for they must hear of each other. Ten of the intervals are five times waited for at the
    # start.
    "alertmanager": {"clusterPeerTimeout": "1500ms", "clusterGossipInterval": "50ms"},
}
MUTATED = "HighErrorRate"
# Mutants of the alert by their names; what is wrong is in the rule, or in the routes and the receiver for it.
MUTANTS = ("WrongJob", "WrongThreshold", "WrongRoute", "WrongTemplate")


def every_rule(stack: StackObjects) -> dict[str, Manifest]:
    """The alerts that are deployed, by name."""
    made = [found for found in stack.manifests if found["kind"] == "PrometheusRule"]
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


def _copies(monitoring: Monitoring) -> Iterator[Manifest]:
    for made in monitoring.stack.manifests:
        if made["kind"] == "PrometheusRule":
            yield {**made, "spec": scaled(made["spec"])}
        elif made["kind"] == "Probe":
            yield _probe(made)
    for kind, made in monitoring.servers.items():
        yield {**made, "spec": {**made["spec"], **SPEC[kind]}}
    secret = next(made for made in alertmanager(monitoring.stack) if made["kind"] == "Secret")
    yield changed(secret, "stringData|alertmanager.yaml", yaml.safe_dump(scaled(config())))


def _beside(stack: StackObjects) -> Manifest:
    groups = [_limits(), scaled(_mutants(every_rule(stack)[MUTATED]))]
    return make(MONITORING, "PrometheusRule", "beside", stack.platform, spec={"groups": groups})


def speed_up(monitoring: Monitoring) -> None:
    """A minute becomes a second, for an operator that is not yet there."""
    monitoring.deployment.make(*_copies(monitoring), _beside(monitoring.stack))
