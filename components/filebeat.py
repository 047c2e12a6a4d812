"""Filebeat on every node, under the ECK operator."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from . import charts
from .kubernetes import PlacedArgs, certificate, release
from .model import Model, Resources, small

HOST_FOLDERS = {"varlogcontainers": "/var/log/containers", "varlogpods": "/var/log/pods"}
CERTIFICATES = "/usr/share/filebeat/certs"
READ = ["get", "list", "watch"]


class FilebeatSettings(Model):
    """What Filebeat takes of each node."""

    resources: Resources = small("50m", "128Mi", "300Mi")
    """Resources on each node."""


class FilebeatArgs(PlacedArgs):
    """Arguments of ``Filebeat``; its namespace must allow pods that read the node's files."""

    logstash_host: pulumi.Input[str]
    """Where events go, as host:port."""
    inputs: Mapping[str, Any]
    """Which logs are read, in Filebeat's own form."""
    cluster_issuer: NotRequired[str | None]
    """ClusterIssuer of cert-manager for mutual TLS with Logstash; the same that signs for Logstash."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``FilebeatSettings``."""


def _pod(name: str, s: FilebeatSettings, *, tls: bool) -> dict[str, Any]:
    folders = {**HOST_FOLDERS, **({"tls": CERTIFICATES} if tls else {})}
    mounts = [{"name": volume, "mountPath": path, "readOnly": True} for volume, path in folders.items()]
    volumes: list[dict[str, Any]] = [{"name": part, "hostPath": {"path": path}} for part, path in HOST_FOLDERS.items()]
    if tls:
        volumes.append({"name": "tls", "secret": {"secretName": f"{name}-tls"}})
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        # The chart's own serviceAccount value makes the account, but the pod would run as `default`.
        "serviceAccountName": name,
        "automountServiceAccountToken": True,
        "securityContext": {"runAsUser": 0},
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "containers": [{"name": "filebeat", "resources": s.resources.spec(), "env": [node], "volumeMounts": mounts}],
        "volumes": volumes,
    }


def _output(args: FilebeatArgs) -> dict[str, Any]:
    ssl = {
        "certificate_authorities": [f"{CERTIFICATES}/ca.crt"],
        "certificate": f"{CERTIFICATES}/tls.crt",
        "key": f"{CERTIFICATES}/tls.key",
        "verification_mode": "full",
    }
    plain = {"hosts": [args["logstash_host"]], "loadbalance": True}
    return {**plain, **({"ssl": ssl} if args.get("cluster_issuer") else {})}


def _values(name: str, s: FilebeatSettings, args: FilebeatArgs) -> dict[str, Any]:
    role = f"{name}-metadata"
    rules = [("", ["namespaces", "pods", "nodes"]), ("apps", ["replicasets"]), ("batch", ["jobs"])]
    return {
        "fullnameOverride": name,
        "version": charts.ELASTIC_STACK_VERSION,
        "type": "filebeat",
        "config": {**args["inputs"], "output.logstash": _output(args)},
        "daemonSet": {"podTemplate": {"metadata": {}, "spec": _pod(name, s, tls=bool(args.get("cluster_issuer")))}},
        "serviceAccount": {"name": name},
        "clusterRole": {
            "name": role,
            "rules": [{"apiGroups": [group], "resources": resources, "verbs": READ} for group, resources in rules],
        },
        "clusterRoleBinding": {
            "name": role,
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": args["namespace"]}],
            "roleRef": {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"},
        },
    }


class Filebeat(pulumi.ComponentResource):
    """A Filebeat on every node that sends containers' logs to Logstash."""

    def __init__(self, name: str, args: FilebeatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release."""
        super().__init__("neuroerp-observability:index:Filebeat", name, {}, opts)
        settings = FilebeatSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        if issuer := args.get("cluster_issuer"):
            client = {"commonName": name, "usages": ["digital signature", "client auth"]}
            certificate(name, args["namespace"], issuer, client, child)
        release(name, charts.ECK_BEATS, args, _values(name, settings, args), child)
        self.register_outputs({})
