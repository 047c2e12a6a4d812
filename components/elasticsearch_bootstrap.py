"""The Job that gives Elasticsearch its templates and policies, and Kibana its data views; a CronJob looks for drift.

The free licence has no object for these.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from . import charts, cron, secrets
from .kubernetes import CONTAINER_SECURITY, StorageArgs, secret_env, user
from .model import Model, Resources

WAIT_SECONDS = 900
CHECK_WAIT_SECONDS = 300
KEEP_FINISHED_SECONDS = 6 * 3600
NOBODY = 65534


class ElasticsearchBootstrapSettings(Model):
    """How what Elasticsearch and Kibana keep is brought to its state, and watched."""

    check_schedule: str = Field(default="17 * * * *", pattern=cron.PATTERN)
    """When to look for drift, in five fields of cron, as UTC; a drift fails the Job of the CronJob."""
    drop_fields: list[str] = Field(default_factory=list)
    """Fields of mappings that may go; without it, the Job refuses to apply a template that lacks a field."""

    def problems(self) -> Iterable[str]:
        """Kubernetes refuses a number that its field cannot have."""
        yield from (f"checkSchedule: {line}" for line in cron.wrong(self.check_schedule))


class ElasticsearchBootstrapArgs(StorageArgs):
    """Arguments of ``ElasticsearchBootstrap``."""

    server_url: pulumi.Input[str]
    """URL of what the payloads are for: Elasticsearch, or a Kibana on it."""
    program: Mapping[str, str]
    """The Python package, for the standard library alone: file name to text. Its argument is the folder of payloads."""
    payloads: Mapping[str, str]
    """File name to JSON text with method, path and body; applied in the order of their names."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ElasticsearchBootstrapSettings``."""


def digest(*texts: Mapping[str, str]) -> str:
    """Eight characters that change with any of the texts or their names."""
    listed = json.dumps([sorted(part.items()) for part in texts])
    return hashlib.sha256(listed.encode()).hexdigest()[:8]


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name}


def _template(name: str, s: ElasticsearchBootstrapSettings, args: ElasticsearchBootstrapArgs, *, check: bool) -> Any:
    login = secrets.elasticsearch_user("bootstrap").name
    variables = {
        "SERVER_CA": "/job/ca/ca.crt",
        "WAIT_SECONDS": str(CHECK_WAIT_SECONDS if check else WAIT_SECONDS),
        **({"DROP_FIELDS": ",".join(s.drop_fields)} if s.drop_fields else {}),
    }
    volumes: dict[str, Any] = {
        "bootstrap": {"configMap": {"name": f"{name}-program"}},
        "payloads": {"configMap": {"name": f"{name}-payloads"}},
        "ca": {"secret": {"secretName": args["ca_secret"]}},
    }
    container = {
        "name": "bootstrap",
        "image": charts.PYTHON_IMAGE,
        "command": ["python3", "-m", "bootstrap", *(["--check"] if check else []), "payloads"],
        "workingDir": "/job",
        "env": [
            {"name": "SERVER_URL", "value": args["server_url"]},
            secret_env("ELASTICSEARCH_USER", login, "username"),
            secret_env("ELASTICSEARCH_PASSWORD", login, "password"),
            *({"name": key, "value": value} for key, value in variables.items()),
        ],
        # `kubectl describe pod` then shows the last lines, which say what differs.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": Resources(cpu="10m", memory="32Mi", memory_limit="64Mi").spec(),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [{"name": part, "mountPath": f"/job/{part}", "readOnly": True} for part in volumes],
    }
    spec = {
        "restartPolicy": "Never" if check else "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": user(NOBODY),
        "containers": [container],
        "volumes": [{"name": part, **volume} for part, volume in volumes.items()],
    }
    return {"metadata": {"labels": _labels(f"{name}-check" if check else name)}, "spec": spec}


class ElasticsearchBootstrap(pulumi.ComponentResource):
    """A Job that waits for the server and applies the payloads; a CronJob that fails while the server differs."""

    def __init__(self, name: str, args: ElasticsearchBootstrapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the ConfigMaps, then the Job; the update waits until the Job is done. The CronJob comes after it."""
        super().__init__("neuroerp-observability:index:ElasticsearchBootstrap", name, {}, opts)
        settings = ElasticsearchBootstrapSettings.model_validate(args.get("settings", {}))
        child, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        files = {f"{name}-program": dict(args["program"]), f"{name}-payloads": dict(args["payloads"])}
        maps = [
            k8s.core.v1.ConfigMap(called, metadata={"name": called, "namespace": namespace}, data=data, opts=child)
            for called, data in files.items()
        ]
        # A Job cannot change; a name of its content makes a new one exactly when there is something to do.
        version = digest(args["program"], args["payloads"], {"drop_fields": ",".join(settings.drop_fields)})
        job = k8s.batch.v1.Job(
            name,
            metadata={"name": f"{name}-{version}", "namespace": namespace, "labels": _labels(name)},
            spec={
                "backoff_limit": 3,
                "active_deadline_seconds": WAIT_SECONDS + 300,
                "template": _template(name, settings, args, check=False),
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=maps,
                custom_timeouts=pulumi.CustomTimeouts(create="25m"),
                delete_before_replace=False,
            ),
        )
        k8s.batch.v1.CronJob(
            f"{name}-check",
            metadata={"name": f"{name}-check", "namespace": namespace},
            spec={
                "schedule": settings.check_schedule,
                "concurrency_policy": "Forbid",
                "starting_deadline_seconds": 600,
                "successful_jobs_history_limit": 1,
                "failed_jobs_history_limit": 1,
                "job_template": {
                    "spec": {
                        "backoff_limit": 1,
                        "active_deadline_seconds": 2 * CHECK_WAIT_SECONDS,
                        # A failed Job that is kept for ever is an alert for ever.
                        "ttl_seconds_after_finished": KEEP_FINISHED_SECONDS,
                        "template": _template(name, settings, args, check=True),
                    }
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[job]),
        )
        self.register_outputs({})
