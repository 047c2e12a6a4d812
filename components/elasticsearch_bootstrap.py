"""The Job that gives Elasticsearch its templates and lifecycle policies, which the free licence has no object for."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from . import charts, secrets
from .kubernetes import CONTAINER_SECURITY, StorageArgs, secret_env, user
from .model import Resources

WAIT_SECONDS = 900
NOBODY = 65534


class ElasticsearchBootstrapArgs(StorageArgs):
    """Arguments of ``ElasticsearchBootstrap``."""

    program: str
    """The Python program, for the standard library alone; its argument is the folder of the payloads."""
    payloads: Mapping[str, str]
    """File name to JSON text with method, path and body; applied in the order of their names."""


def digest(texts: Mapping[str, str]) -> str:
    """Eight characters that change with any of the texts or their names."""
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(texts.items())).encode()).hexdigest()[:8]


def _pod(name: str, args: ElasticsearchBootstrapArgs) -> Any:
    login = secrets.elasticsearch_user("bootstrap").name
    container = {
        "name": "bootstrap",
        "image": charts.PYTHON_IMAGE,
        "command": ["python3", "/bootstrap/program/bootstrap.py", "/bootstrap/payloads"],
        "env": [
            {"name": "ELASTICSEARCH_URL", "value": args["elasticsearch_url"]},
            secret_env("ELASTICSEARCH_USER", login, "username"),
            secret_env("ELASTICSEARCH_PASSWORD", login, "password"),
            {"name": "ELASTICSEARCH_CA", "value": "/bootstrap/ca/ca.crt"},
            {"name": "WAIT_SECONDS", "value": str(WAIT_SECONDS)},
        ],
        "resources": Resources(cpu="10m", memory="32Mi", memory_limit="64Mi").spec(),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": part, "mountPath": f"/bootstrap/{part}", "readOnly": True}
            for part in ("program", "payloads", "ca")
        ],
    }
    return {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": user(NOBODY),
        "containers": [container],
        "volumes": [
            {"name": "program", "configMap": {"name": f"{name}-program"}},
            {"name": "payloads", "configMap": {"name": f"{name}-payloads"}},
            {"name": "ca", "secret": {"secretName": args["ca_secret"]}},
        ],
    }


class ElasticsearchBootstrap(pulumi.ComponentResource):
    """A Job that waits for Elasticsearch, applies the payloads, and runs again when program or payloads change."""

    def __init__(self, name: str, args: ElasticsearchBootstrapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the ConfigMaps, then the Job; the update waits until the Job is done."""
        super().__init__("neuroerp-observability:index:ElasticsearchBootstrap", name, {}, opts)
        child, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        files = {f"{name}-program": {"bootstrap.py": args["program"]}, f"{name}-payloads": dict(args["payloads"])}
        maps = [
            k8s.core.v1.ConfigMap(called, metadata={"name": called, "namespace": namespace}, data=data, opts=child)
            for called, data in files.items()
        ]
        # A Job cannot change; a name of its content makes a new one exactly when there is something to do.
        version = digest({"program": args["program"], **args["payloads"]})
        k8s.batch.v1.Job(
            name,
            metadata={"name": f"{name}-{version}", "namespace": namespace},
            spec={
                "backoff_limit": 3,
                "active_deadline_seconds": WAIT_SECONDS + 300,
                "template": {"spec": _pod(name, args)},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=maps,
                custom_timeouts=pulumi.CustomTimeouts(create="25m"),
                delete_before_replace=False,
            ),
        )
        self.register_outputs({})
