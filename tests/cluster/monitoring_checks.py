"""What must hold for the configurations that the Prometheus operator writes; each check returns its complaints."""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.api import Api, Manifest
from tests.cluster.network import Namespace
from tests.cluster.object_checks import title

# Prefix of a scrape job by the kind of object that it comes from.
JOBS = {
    "ServiceMonitor": "serviceMonitor",
    "Probe": "probe",
    "ScrapeConfig": "scrapeConfig",
    "PodMonitor": "podMonitor",
}


def written(api: Api, namespace: str, secret: str, key: str) -> str:
    """A configuration that the operator wrote; empty when it is not there."""
    found = api.get("v1", "Secret", secret, namespace)
    packed = (found or {}).get("data", {}).get(key)
    return gzip.decompress(base64.b64decode(packed)).decode() if packed else ""


def prometheus_config(api: Api, namespace: str, name: str) -> dict[str, Any]:
    """The configuration of a Prometheus."""
    return yaml.safe_load(written(api, namespace, f"prometheus-{name}", "prometheus.yaml.gz")) or {}


def alertmanager_config(api: Api, namespace: str, name: str) -> dict[str, Any]:
    """The configuration of an Alertmanager."""
    return yaml.safe_load(written(api, namespace, f"alertmanager-{name}-generated", "alertmanager.yaml.gz")) or {}


def rule_files(api: Api, namespace: str, name: str) -> dict[str, str]:
    """The rule files of a Prometheus, by name."""
    maps = api.all("v1", "ConfigMap", namespace, labelSelector=f"prometheus-name={name}")
    return {file: text for made in maps for file, text in (made.get("data") or {}).items()}


def not_selected(config: Mapping[str, Any], rules: Iterable[str], objects: Iterable[Manifest]) -> list[str]:
    """Objects that reached neither the scrape jobs nor the rule files."""
    jobs = {job["job_name"] for job in config.get("scrape_configs") or ()}
    complaints = []
    for made in objects:
        space, name = made["metadata"]["namespace"], made["metadata"]["name"]
        if made["kind"] == "PrometheusRule":
            found = any(file.startswith(f"{space}-{name}-") for file in rules)
        else:
            job = f"{JOBS[made['kind']]}/{space}/{name}"
            found = bool(jobs & {job, f"{job}/0"})
        if not found:
            complaints.append(f"{title(made)}: the operator leaves it out")
    return complaints


def not_accepted(api: Api, objects: Iterable[Manifest]) -> list[str]:
    """Objects that the operator read and refuses, with its reason."""
    complaints = []
    for made in objects:
        metadata = made["metadata"]
        found = api.get(made["apiVersion"], made["kind"], metadata["name"], metadata["namespace"]) or {}
        for binding in found.get("status", {}).get("bindings", ()):
            complaints += [
                f"{title(made)}: {condition.get('message')}"
                for condition in binding.get("conditions", ())
                if condition["type"] == "Accepted" and condition["status"] != "True"
            ]
    return complaints


def not_reconciled(api: Api, objects: Iterable[Manifest]) -> list[str]:
    """Objects of the operator that it has not brought about, with its reason."""
    complaints = []
    for made in objects:
        metadata = made["metadata"]
        found = api.get(made["apiVersion"], made["kind"], metadata["name"], metadata["namespace"]) or {}
        conditions = {c["type"]: c for c in found.get("status", {}).get("conditions", ())}
        reconciled = conditions.get("Reconciled", {})
        seen = reconciled.get("observedGeneration") == found.get("metadata", {}).get("generation")
        if reconciled.get("status") != "True" or not seen:
            complaints.append(f"{title(made)}: {reconciled.get('message') or 'is not reconciled'}")
    return complaints


def refused_by(namespace: Namespace, tool: Path, *arguments: str, content: Any) -> list[str]:
    """What a tool says against a file."""
    file = namespace.folder / "checked.yaml"
    file.write_text(json.dumps(content))
    try:
        namespace.run(tool, *arguments, file)
    except OSError as error:
        return [str(error)]
    return []


def not_delivered(config: Mapping[str, Any], services: Iterable[Manifest]) -> list[str]:
    """Alertmanagers of a Prometheus that are no Service with such a port."""
    known = {
        (made["metadata"]["namespace"], made["metadata"]["name"], port["name"])
        for made in services
        for port in made["spec"]["ports"]
    }
    complaints = []
    alertmanagers = (config.get("alerting") or {}).get("alertmanagers") or ()
    for target in alertmanagers:
        (discovery,) = target["kubernetes_sd_configs"]
        kept = {
            tuple(rule["source_labels"]): rule["regex"]
            for rule in target["relabel_configs"]
            if rule.get("action") == "keep"
        }
        service = kept.get(("__meta_kubernetes_service_name",), "")
        port = kept.get(("__meta_kubernetes_endpointslice_port_name",), "")
        (space,) = discovery["namespaces"]["names"]
        if (space, service, port) not in known:
            complaints.append(f"alerts go to port {port} of Service {space}/{service}, which is not there")
    return complaints or ([] if alertmanagers else ["alerts go nowhere"])


def lost_upstreams(proxies: Iterable[Manifest], services: Iterable[Manifest]) -> list[str]:
    """Login proxies that pass requests on to no Service."""
    known = {
        f"--upstream=http://{made['metadata']['name']}:{port['port']}/"
        for made in services
        for port in made["spec"]["ports"]
    }
    return [
        f"{title(proxy)}: {argument} is not there"
        for proxy in proxies
        for argument in proxy["spec"]["template"]["spec"]["containers"][0]["args"]
        if argument.startswith("--upstream=") and argument not in known
    ]


def misconfigured(given: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    """Parts of an Alertmanager configuration that the operator changed or left out."""
    return [f"{part}: is not as configured" for part, value in given.items() if made.get(part) != value]


def misrouted(namespace: Namespace, amtool: Path, config: Mapping[str, Any], expected: Mapping[str, str]) -> list[str]:
    """Alerts, written as labels, that go to another receiver than they should."""
    file = namespace.folder / "routes.yaml"
    file.write_text(json.dumps(config))
    complaints = []
    for labels, receiver in expected.items():
        found = namespace.run(amtool, "config", "routes", "test", f"--config.file={file}", *labels.split()).strip()
        if found != receiver:
            complaints.append(f"{labels}: goes to {found}, not to {receiver}")
    return complaints
