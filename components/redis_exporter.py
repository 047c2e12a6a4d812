"""Metrics of a Redis."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from . import charts, secrets
from .kubernetes import CONTAINER_SECURITY, PlacedArgs, release, user
from .model import Flag, Model, Resources, small

UID = 59000


class RedisExporterSettings(Model):
    """Which Redis is watched."""

    address: str = Field(pattern=r"^rediss?://[^\s/]+:\d+$")
    """URL of Redis: redis://host:port, or rediss:// with TLS."""
    password: Flag = False
    """Whether Redis asks for a password; it is the secret `redisPassword`."""
    resources: Resources = small("10m", "32Mi", "64Mi")
    """Resources of the exporter."""


class RedisExporterArgs(PlacedArgs):
    """Arguments of ``RedisExporter``."""

    settings: Mapping[str, Any]
    """Keys of ``RedisExporterSettings``."""
    password: NotRequired[pulumi.Input[str] | None]
    """Password of Redis."""


def _values(name: str, s: RedisExporterSettings) -> dict[str, Any]:
    login = {"auth": {"enabled": True, "secret": {"name": secrets.REDIS.name, "key": "password"}}} if s.password else {}
    return {
        "fullnameOverride": name,
        "image": {"repository": "docker.io/oliver006/redis_exporter"},
        "redisAddress": s.address,
        "resources": s.resources.spec(),
        "podSecurityContext": user(UID),
        "securityContext": CONTAINER_SECURITY,
        # The chart cannot leave the token of its own account out of the pod.
        "serviceAccount": {"create": False, "name": name},
        "rbac": {"create": False},
        "serviceMonitor": {"enabled": True},
        **login,
    }


class RedisExporter(pulumi.ComponentResource):
    """The Redis exporter with its scrape job."""

    def __init__(self, name: str, args: RedisExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the Secret, then the release that reads it."""
        super().__init__("neuroerp-observability:index:RedisExporter", name, {}, opts)
        settings = RedisExporterSettings.model_validate(args["settings"])
        child = pulumi.ResourceOptions(parent=self)
        account: Any = {"name": name, "namespace": args["namespace"]}
        made: list[pulumi.Resource] = [
            k8s.core.v1.ServiceAccount(name, metadata=account, automount_service_account_token=False, opts=child)
        ]
        if settings.password:
            made.append(secrets.secret(secrets.REDIS, args["namespace"], {"password": args["password"] or ""}, child))
        after = pulumi.ResourceOptions(parent=self, depends_on=made)
        release(name, charts.REDIS_EXPORTER, args, _values(name, settings), after)
        self.register_outputs({})
