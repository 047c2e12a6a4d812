"""Jaeger v2 on Elasticsearch."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired

import pulumi
from pydantic import Field, StrictInt

from . import charts, secrets
from .elasticsearch_bootstrap import digest
from .kubernetes import (
    CONTAINER_SECURITY,
    StorageArgs,
    anti_affinity,
    disruption_budget,
    job_label,
    release,
    secret_env,
    service_monitor,
    user,
)
from .model import AntiAffinity, Copies, Count, Days, Model, Resources, small, spread

CA_FOLDER = "/es-certs"
ANY = "0.0.0.0"  # noqa: S104 - a pod is reached by its own address, never by loopback.
JAEGER_UID, CLEANER_UID = 10001, 1000


class JaegerSettings(Model):
    """How available Jaeger is and how long traces are kept."""

    replicas: Count = 1
    """Jaeger servers; each receives, stores and answers."""
    retention_days: Days = 7
    """Days that traces are kept."""
    index_replicas: Copies = 0
    """Copies of each index; fewer than Elasticsearch has nodes."""
    queue_size: Annotated[StrictInt, Field(ge=1000)] = 100000
    """Spans that each server holds back while Elasticsearch is away, about 1.2 kB each."""
    resources: Resources = small("100m", "256Mi", "512Mi")
    """Resources of each server."""
    anti_affinity: AntiAffinity = "soft"
    """Whether servers avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """One server has nothing to keep away from."""
        yield from spread(self.replicas, self.anti_affinity)


class JaegerArgs(StorageArgs):
    """Arguments of ``Jaeger``."""

    index_prefix: str
    """What the names of Jaeger's indices begin with."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``JaegerSettings``."""


def _labels(name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "jaeger",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": "all-in-one",
    }


def _storage(s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    shards = {"shards": 1, "replicas": s.index_replicas}
    return {
        "server_urls": [args["elasticsearch_url"]],
        "auth": {"basic": {"username": "${env:ES_USERNAME}", "password": "${env:ES_PASSWORD}"}},
        "tls": {"ca_file": f"{CA_FOLDER}/ca.crt"},
        "max_span_age": f"{24 * s.retention_days}h",
        "indices": {
            "index_prefix": args["index_prefix"],
            **dict.fromkeys(("spans", "services", "dependencies", "sampling"), shards),
        },
    }


def _config(s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    """Jaeger's own configuration; everything listens on all addresses, since its defaults are loopback."""
    metrics = {
        "level": "detailed",
        "readers": [{"pull": {"exporter": {"prometheus": {"host": ANY, "port": 8888}}}}],
    }
    return {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "batch"],
                    "exporters": ["jaeger_storage_exporter"],
                }
            },
            "telemetry": {"resource": {"service.name": "jaeger"}, "metrics": metrics},
        },
        "extensions": {
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"{ANY}:13133"}},
            "jaeger_query": {"base_path": "/", "storage": {"traces": "main"}},
            "jaeger_storage": {"backends": {"main": {"elasticsearch": _storage(s, args)}}},
        },
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": f"{ANY}:4317"}, "http": {"endpoint": f"{ANY}:4318"}}}
        },
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 25},
            "batch": {},
        },
        "exporters": {
            "jaeger_storage_exporter": {
                "trace_storage": "main",
                # Without queue and retry an outage of Elasticsearch loses spans that no metric counts.
                "queue": {"enabled": True, "sizer": "items", "num_consumers": 10, "queue_size": s.queue_size},
                "retry_on_failure": {"enabled": True},
            }
        },
    }


def _cleaner(s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    login = secrets.elasticsearch_user("jaeger-cleaner").name
    ca = {"name": "es-certs", "secretName": args["ca_secret"], "mountPath": f"{CA_FOLDER}/ca.crt", "subPath": "ca.crt"}
    return {
        "enabled": True,
        "numberOfDays": s.retention_days,
        "extraEnv": [
            secret_env("ES_USERNAME", login, "username"),
            secret_env("ES_PASSWORD", login, "password"),
            {"name": "ES_TLS_ENABLED", "value": "true"},
            {"name": "ES_TLS_CA", "value": f"{CA_FOLDER}/ca.crt"},
            {"name": "INDEX_PREFIX", "value": args["index_prefix"]},
        ],
        "extraSecretMounts": [{**ca, "readOnly": True}],
        "podSecurityContext": user(CLEANER_UID),
        "securityContext": {**CONTAINER_SECURITY, "runAsUser": CLEANER_UID},
        "resources": Resources(cpu="10m", memory="32Mi", memory_limit="64Mi").spec(),
    }


def _values(name: str, s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    login = secrets.elasticsearch_user("jaeger").name
    config = _config(s, args)
    # The chart mounts the configuration so that a change restarts nothing; a label that changes with it does.
    stable = json.dumps(_config(s, {**args, "elasticsearch_url": ""}), sort_keys=True)
    return {
        "fullnameOverride": name,
        "userconfig": config,
        "jaeger": {
            "replicas": s.replicas,
            "strategy": {"type": "RollingUpdate"},
            "resources": s.resources.spec(),
            "serviceAccount": {"automountServiceAccountToken": False},
            "podLabels": {"config-version": digest({"config": stable})},
            "podSecurityContext": user(JAEGER_UID),
            "securityContext": CONTAINER_SECURITY,
            "affinity": anti_affinity(s.anti_affinity, _labels(name)),
            "extraEnv": [secret_env("ES_USERNAME", login, "username"), secret_env("ES_PASSWORD", login, "password")],
            "extraVolumes": [{"name": "es-certs", "secret": {"secretName": args["ca_secret"]}}],
            "extraVolumeMounts": [{"name": "es-certs", "mountPath": CA_FOLDER, "readOnly": True}],
        },
        "storage": {"elasticsearch": {"url": args["elasticsearch_url"]}},
        "esIndexCleaner": _cleaner(s, args),
    }


class Jaeger(pulumi.ComponentResource):
    """Jaeger that takes OTLP, stores spans in Elasticsearch, and removes old ones every night."""

    url: pulumi.Output[str]
    """URL of Jaeger's UI and query API inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Jaeger."""
    otlp_endpoint: pulumi.Output[str]
    """Where applications send spans: OTLP over gRPC, inside the cluster."""

    def __init__(self, name: str, args: JaegerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release, its scrape job and its disruption budget."""
        super().__init__("neuroerp-observability:index:Jaeger", name, {}, opts)
        settings, namespace = JaegerSettings.model_validate(args.get("settings", {})), args["namespace"]
        child = pulumi.ResourceOptions(parent=self)
        release(name, charts.JAEGER, args, _values(name, settings, args), child)
        disruption_budget(name, namespace, settings.replicas, _labels(name), child)
        endpoints = [{"port": "internal-metrics", "relabelings": [job_label("jaeger")]}]
        selector = {"matchLabels": {"app.kubernetes.io/name": "jaeger", "app.kubernetes.io/instance": name}}
        service_monitor(name, namespace, {"selector": selector, "endpoints": endpoints}, child)

        self.service = pulumi.Output.from_input(name)
        self.url = pulumi.Output.format("http://{0}.{1}.svc:16686", name, namespace)
        self.otlp_endpoint = pulumi.Output.format("http://{0}.{1}.svc:4317", name, namespace)
        self.register_outputs({"url": self.url, "service": self.service, "otlpEndpoint": self.otlp_endpoint})
