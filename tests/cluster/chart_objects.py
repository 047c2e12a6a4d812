"""What the charts of the two operators make of a stack's values: the operators' own objects, and what those need."""

from collections.abc import Mapping
from typing import Any

import yaml

from tests.cluster.api import Manifest
from tests.cluster.stack_objects import StackObjects

MONITORING = "monitoring.coreos.com/v1"
SELECTED = ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
# The charts' own defaults for both servers.
POD_SECURITY = {
    "fsGroup": 2000,
    "runAsGroup": 2000,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
READ = ["get", "list", "watch"]


def make(api_version: str, kind: str, name: str, namespace: str, **content: Any) -> Manifest:
    """An object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def _affinity(mode: str, labels: Mapping[str, str]) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": dict(labels)}}
    if mode == "hard":
        return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    if mode == "soft":
        weighed = {"weight": 100, "podAffinityTerm": term}
        return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [weighed]}}
    return {}


def _server(spec: Mapping[str, Any], name: str, image: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """What the chart adds to the values of either server."""
    passed = {key: value for key, value in spec.items() if key != "podAntiAffinity"}
    return {
        "image": image,
        "version": image.rpartition(":")[2],
        "serviceAccountName": name,
        "automountServiceAccountToken": True,
        "securityContext": POD_SECURITY,
        "portName": "http-web",
        "routePrefix": "/",
        "affinity": _affinity(spec["podAntiAffinity"], labels),
        **passed,
    }


def _service(name: str, namespace: str, port: int, selector: Mapping[str, str]) -> Manifest:
    ports = [{"name": "http-web", "port": port, "targetPort": port}]
    return make("v1", "Service", name, namespace, spec={"ports": ports, "selector": dict(selector)})


def prometheus(stack: StackObjects, values: Mapping[str, Any] | None = None) -> list[Manifest]:
    """ServiceAccount, rights, Service and Prometheus of kube-prometheus-stack; the last one is the Prometheus."""
    given = values or stack.values("prometheus")
    space, name = stack.platform, f"{given['fullnameOverride']}-prometheus"
    spec = dict(given["prometheus"]["prometheusSpec"])
    for kind in SELECTED:
        only_own = spec.pop(f"{kind}SelectorNilUsesHelmValues", True)
        spec[f"{kind}Selector"] = {"matchLabels": {"release": "prometheus"}} if only_own else {}
        spec[f"{kind}NamespaceSelector"] = {}
    if endpoints := spec.pop("alertingEndpoints", None):
        spec["alerting"] = {"alertmanagers": endpoints}
    if storage := spec.pop("storageSpec", None):
        spec["storage"] = storage
    labels = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": name}
    rules = [
        {"apiGroups": [""], "resources": ["nodes", "nodes/metrics", "services", "endpoints", "pods"], "verbs": READ},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": READ},
        {"nonResourceURLs": ["/metrics", "/metrics/cadvisor"], "verbs": ["get"]},
    ]
    rbac = "rbac.authorization.k8s.io/v1"
    account = {"kind": "ServiceAccount", "name": name, "namespace": space}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    return [
        make("v1", "ServiceAccount", name, space),
        make(rbac, "ClusterRole", name, "", rules=rules),
        make(rbac, "ClusterRoleBinding", name, "", roleRef=role, subjects=[account]),
        _service(name, space, 9090, labels),
        make(
            MONITORING, "Prometheus", name, space,
            spec=_server(spec, name, "quay.io/prometheus/prometheus:v3.14.0", labels),
        ),
    ]  # fmt: skip


def alertmanager(stack: StackObjects, values: Mapping[str, Any] | None = None) -> list[Manifest]:
    """ServiceAccount, configuration, Service and, last, Alertmanager of kube-prometheus-stack."""
    given = values or stack.values("alertmanager")
    space, name = stack.platform, f"{given['fullnameOverride']}-alertmanager"
    spec = dict(given["alertmanager"]["alertmanagerSpec"])
    labels = {"app.kubernetes.io/name": "alertmanager", "alertmanager": name}
    config = yaml.safe_dump(given["alertmanager"]["config"], sort_keys=False)
    selectors: dict[str, Any] = {"alertmanagerConfigSelector": {}, "alertmanagerConfigNamespaceSelector": {}}
    return [
        make("v1", "ServiceAccount", name, space),
        make(
            "v1", "Secret", f"alertmanager-{name}", space,
            stringData={"alertmanager.yaml": config, **given["alertmanager"]["templateFiles"]},
        ),
        _service(name, space, 9093, labels),
        make(
            MONITORING, "Alertmanager", name, space,
            spec={**_server(spec, name, "quay.io/prometheus/alertmanager:v0.34.0", labels), **selectors},
        ),
    ]  # fmt: skip


def blackbox(stack: StackObjects) -> list[Manifest]:
    """Configuration and, last, Service of the blackbox exporter's chart."""
    given, space = stack.values("blackbox-exporter"), stack.namespace("blackbox-exporter")
    name = given["fullnameOverride"]
    config = make("v1", "ConfigMap", name, space, data={"blackbox.yaml": yaml.safe_dump(given["config"])})
    return [config, _service(name, space, 9115, {"app.kubernetes.io/instance": name})]


# Release: kind of the operator's object.
ELASTIC = {
    "elasticsearch": ("elasticsearch.k8s.elastic.co/v1", "Elasticsearch"),
    "kibana": ("kibana.k8s.elastic.co/v1", "Kibana"),
    "logstash": ("logstash.k8s.elastic.co/v1alpha1", "Logstash"),
    "filebeat": ("beat.k8s.elastic.co/v1beta1", "Beat"),
}
# Values of the eck-* charts that are no fields of the object.
NOT_SPEC = {"fullnameOverride", "serviceAccount", "clusterRole", "clusterRoleBinding"}


def elastic(stack: StackObjects, release: str) -> list[Manifest]:
    """The object of an eck-* chart, last, and the ServiceAccount and rights that it needs."""
    values, space = stack.values(release), stack.namespace(release)
    spec = {key: value for key, value in values.items() if key not in NOT_SPEC}
    made: list[Manifest] = []
    if account := values.get("serviceAccount"):
        spec["serviceAccountName"] = account["name"]
        role, binding = values["clusterRole"], values["clusterRoleBinding"]
        rbac = "rbac.authorization.k8s.io/v1"
        made = [
            make("v1", "ServiceAccount", account["name"], space),
            make(rbac, "ClusterRole", role["name"], "", rules=role["rules"]),
            make(
                rbac, "ClusterRoleBinding", binding["name"], "",
                roleRef=binding["roleRef"], subjects=binding["subjects"],
            ),
        ]  # fmt: skip
    return [*made, make(*ELASTIC[release], values["fullnameOverride"], space, spec=spec)]
