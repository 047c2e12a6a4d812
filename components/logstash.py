"""Logstash under the ECK operator, with queues on disk."""

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired

import pulumi

from . import charts, secrets
from .kubernetes import (
    CONTAINER_SECURITY,
    PlacedArgs,
    anti_affinity,
    certificate,
    disruption_budget,
    release,
    secret_env,
    user,
)
from .model import AntiAffinity, Count, Model, Quantity, Resources, Volume, amount, small, spread

CERTIFICATES = "/usr/share/logstash/certs"
DATA = "logstash-data"  # ECK mounts a claim or volume of exactly this name as path.data.
UID = 1000
# ECK's clusterName: names the environment variables ECK_ES_HOSTS and ECK_ES_SSL_CERTIFICATE_AUTHORITY.
CLUSTER = "eck"


class LogstashSettings(Model):
    """How available Logstash is and how much it can hold back."""

    replicas: Count = 1
    """Logstash servers."""
    volume: Volume | None = None
    """Volume of each server for its queues; without one, what is queued is lost when the pod restarts."""
    queue_size: Quantity = "512Mi"
    """Size in bytes of the queue on disk; when it is full, Filebeat waits."""
    dead_letter_size: Quantity = "256Mi"
    """Size in bytes of each pipeline's dead-letter queue: documents that Elasticsearch refused."""
    resources: Resources = small("200m", "1Gi", "1536Mi")
    """Resources of each server."""
    heap: Quantity = "512Mi"
    """Java heap of each server, about half of its memory."""
    anti_affinity: AntiAffinity = "soft"
    """Whether servers avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """Queues that outgrow the volume stop Logstash, a heap that outgrows the memory ends it."""
        queues = amount(self.queue_size) + 2 * amount(self.dead_letter_size)
        if self.volume and queues > 0.9 * amount(self.volume.size):
            yield f"queueSize: with deadLetterSize it outgrows the volume ({self.volume.size}); enlarge volume.size"
        limit = self.resources.memory_limit or self.resources.memory
        if amount(self.heap) > 0.75 * amount(limit):
            most = int(0.75 * amount(limit) / 2**20)
            yield f"heap: {self.heap} leaves nothing beside it of {limit}; write at most {most}Mi"
        yield from spread(self.replicas, self.anti_affinity)


class LogstashArgs(PlacedArgs):
    """Arguments of ``Logstash``."""

    elasticsearch_name: str
    """Name of the Elasticsearch object in the same namespace."""
    pipelines: Mapping[str, str]
    """Pipelines: id to text. The first one takes from outside; others read what is on disk already."""
    config: NotRequired[Mapping[str, Any]]
    """Keys of logstash.yml."""
    environment: NotRequired[Mapping[str, str]]
    """Environment variables that the pipelines read, beside those of the user and of ECK."""
    cluster_issuer: NotRequired[str | None]
    """ClusterIssuer of cert-manager for the Service of Beats: pipelines then find `tls.crt`, `tls.key` and the
    authority's `ca.crt` in /usr/share/logstash/certs."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``LogstashSettings``."""


def _labels(name: str) -> dict[str, str]:
    return {"logstash.k8s.elastic.co/name": name}


def _bytes(quantity: str) -> str:
    """A quantity as Java and Logstash read it: whole megabytes."""
    return f"{int(amount(quantity)) // 2**20}m"


def _pod(name: str, s: LogstashSettings, args: LogstashArgs) -> dict[str, Any]:
    login = secrets.elasticsearch_user("logstash").name
    # Its start script writes into its own folders: not with a read-only root file system.
    security = {**CONTAINER_SECURITY, "readOnlyRootFilesystem": False}
    heap = _bytes(s.heap)
    variables = [{"name": key, "value": value} for key, value in args.get("environment", {}).items()]
    affinity = anti_affinity(s.anti_affinity, _labels(name))
    data = [] if s.volume else [{"name": DATA, "emptyDir": {}}]
    tls = args.get("cluster_issuer") is not None
    volumes = [*data, *([{"name": "tls", "secret": {"secretName": f"{name}-beats-tls"}}] if tls else [])]
    mounts = [{"name": "tls", "mountPath": CERTIFICATES, "readOnly": True}]
    return {
        "automountServiceAccountToken": False,
        "securityContext": user(UID),
        # Both containers: the operator makes the first one without a security context of its own.
        "initContainers": [{"name": "logstash-internal-init-config", "securityContext": security, "resources": {}}],
        "containers": [
            {
                "name": "logstash",
                "securityContext": security,
                "resources": s.resources.spec(),
                "env": [
                    {"name": "LS_JAVA_OPTS", "value": f"-Xms{heap} -Xmx{heap}"},
                    secret_env("LOGSTASH_ES_USER", login, "username"),
                    secret_env("LOGSTASH_ES_PASSWORD", login, "password"),
                    *variables,
                ],
                **({"volumeMounts": mounts} if tls else {}),
            }
        ],
        **({"volumes": volumes} if volumes else {}),
        **({"affinity": affinity} if affinity else {}),
    }


def _values(name: str, s: LogstashSettings, args: LogstashArgs) -> dict[str, Any]:
    beats = {"name": "beats", "port": 5044, "protocol": "TCP", "targetPort": 5044}
    claim = {"metadata": {"name": DATA}, "spec": s.volume.claim_spec(), "status": {}} if s.volume else None
    return {
        "fullnameOverride": name,
        "version": charts.ELASTIC_STACK_VERSION,
        "count": s.replicas,
        "elasticsearchRefs": [{"name": args["elasticsearch_name"], "clusterName": CLUSTER}],
        "config": {
            **args.get("config", {}),
            "queue.max_bytes": _bytes(s.queue_size) + "b",
            "dead_letter_queue.max_bytes": _bytes(s.dead_letter_size) + "b",
        },
        "pipelines": [
            {"pipeline.id": name, "config.string": text, **({"queue.type": "memory"} if index else {})}
            for index, (name, text) in enumerate(args["pipelines"].items())
        ],
        # The operator fills in empty maps; written here, a later upgrade finds what it left.
        "services": [
            {
                "name": "beats",
                "service": {"metadata": {}, "spec": {"type": "ClusterIP", "ports": [beats]}},
                "tls": {"certificate": {}},
            }
        ],
        "podTemplate": {"metadata": {}, "spec": _pod(name, s, args)},
        **({"volumeClaimTemplates": [claim]} if claim else {}),
    }


class Logstash(pulumi.ComponentResource):
    """Logstash with the pipelines given, fed by Filebeat, writing as its own least-privilege user."""

    beats_host: pulumi.Output[str]
    """Address that Filebeat sends to, as host:port."""
    api_host: pulumi.Output[str]
    """Host of the API, whose certificate names it; each pod's API is at this host below the pod's name."""
    ca_secret: pulumi.Output[str]
    """Name of the Secret with `ca.crt` of the API, which the operator makes."""
    pods: list[str]
    """Names of the pods."""

    def __init__(self, name: str, args: LogstashArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release."""
        super().__init__("neuroerp-observability:index:Logstash", name, {}, opts)
        settings = LogstashSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        service = pulumi.Output.format("{0}-ls-beats.{1}.svc", name, args["namespace"])
        if issuer := args.get("cluster_issuer"):
            server = {"dnsNames": [service], "usages": ["digital signature", "server auth"]}
            certificate(f"{name}-beats", args["namespace"], issuer, server, child)
        release(name, charts.ECK_LOGSTASH, args, _values(name, settings, args), child)
        disruption_budget(name, args["namespace"], settings.replicas, _labels(name), child)
        self.beats_host = pulumi.Output.format("{0}:5044", service)
        self.api_host = pulumi.Output.format("{0}-ls-api.{1}.svc", name, args["namespace"])
        self.ca_secret = pulumi.Output.from_input(f"{name}-ls-http-certs-public")
        self.pods = [f"{name}-ls-{number}" for number in range(settings.replicas)]
        self.register_outputs({"beatsHost": self.beats_host, "apiHost": self.api_host, "caSecret": self.ca_secret})
