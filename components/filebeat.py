"""Filebeat on every node, under the ECK operator."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from . import charts
from .kubernetes import PlacedArgs, release
from .model import Model, Resources, small

HOST_FOLDERS = {"varlogcontainers": "/var/log/containers", "varlogpods": "/var/log/pods"}
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
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``FilebeatSettings``."""


def _pod(name: str, s: FilebeatSettings) -> dict[str, Any]:
    mounts = [{"name": volume, "mountPath": path, "readOnly": True} for volume, path in HOST_FOLDERS.items()]
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        # The chart's own serviceAccount value makes the account, but the pod would run as `default`.
        "serviceAccountName": name,
        "automountServiceAccountToken": True,
        "securityContext": {"runAsUser": 0},
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "containers": [{"name": "filebeat", "resources": s.resources.spec(), "env": [node], "volumeMounts": mounts}],
        "volumes": [{"name": volume, "hostPath": {"path": path}} for volume, path in HOST_FOLDERS.items()],
    }


def _values(name: str, s: FilebeatSettings, args: FilebeatArgs) -> dict[str, Any]:
    role = f"{name}-metadata"
    rules = [("", ["namespaces", "pods", "nodes"]), ("apps", ["replicasets"]), ("batch", ["jobs"])]
    return {
        "fullnameOverride": name,
        "version": charts.ELASTIC_STACK_VERSION,
        "type": "filebeat",
        "config": {**args["inputs"], "output.logstash": {"hosts": [args["logstash_host"]], "loadbalance": True}},
        "daemonSet": {"podTemplate": {"metadata": {}, "spec": _pod(name, s)}},
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
        release(name, charts.ECK_BEATS, args, _values(name, settings, args), pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
