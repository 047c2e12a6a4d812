"""Jaeger v2 on Elasticsearch."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, NotRequired

import pulumi
from pydantic import AfterValidator, Field, StrictInt

from . import charts, secrets
from .elasticsearch_bootstrap import digest
from .jaeger_config import CA_FOLDER, config
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

JAEGER_UID, CLEANER_UID = 10001, 1000

# Credentials of a request, what was typed into it, and who somebody is.
REDACTED = (
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.request.header.proxy-authorization",
    "http.request.header.x-api-key",
    "http.response.header.set-cookie",
    "http.target",
    "http.url",
    "url.full",
    "url.query",
    "^db[.]query[.]parameter",
    "^enduser[.]",
    "^user[.]",
)
# Jaeger would send traces of its own queries to itself.
QUIET = {"name": "OTEL_TRACES_SAMPLER", "value": "always_off"}


def _attribute(text: str) -> str:
    if re.fullmatch(r"[\w./-]+", text):
        return text
    # Jaeger reads patterns as Go does, which looks neither ahead nor back.
    with suppress(re.error):
        re.compile(text)
        if text.startswith("^") and not re.search(r"\(\?[=!<]|\\[1-9]", text):
            return text
    raise ValueError("is no attribute and no regular expression of Go; write one like customer.iban or ^customer[.]")


Attribute = Annotated[str, AfterValidator(_attribute)]


class JaegerSettings(Model):
    """How available Jaeger is and how long traces are kept."""

    replicas: Count = 1
    """Jaeger servers; each receives, stores and answers."""
    storage: Literal["elasticsearch", "memory"] = "elasticsearch"
    """Where traces are; `memory` forgets them at each restart, which production refuses."""
    memory_traces: Annotated[StrictInt, Field(ge=1)] = 10000
    """Traces that are kept with `storage: memory`."""
    retention_days: Days = 7
    """Days that traces are kept."""
    index_replicas: Copies = 0
    """Copies of each index; fewer than Elasticsearch has nodes."""
    queue_size: Annotated[StrictInt, Field(ge=1000)] = 100000
    """Spans that each server holds back while Elasticsearch is away, about 1.2 kB each."""
    redacted: list[Attribute] = Field(default_factory=lambda: list(REDACTED))
    """Span attributes that are deleted before anything is stored: names, or regular expressions that begin with ^."""
    resources: Resources = small("100m", "256Mi", "512Mi")
    """Resources of each server."""
    anti_affinity: AntiAffinity = "soft"
    """Whether servers avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """One server has nothing to keep away from; several cannot share a memory."""
        yield from spread(self.replicas, self.anti_affinity)
        if self.storage == "memory" and self.replicas > 1:
            yield "storage: memory is each server's own; write replicas: 1, or storage: elasticsearch"


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


def _cleaner(s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    login = secrets.elasticsearch_user("jaeger-cleaner").name
    ca = {"name": "es-certs", "secretName": args["ca_secret"], "mountPath": f"{CA_FOLDER}/ca.crt", "subPath": "ca.crt"}
    return {
        "enabled": True,
        "image": {"registry": "docker.io"},
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


def _on_elasticsearch(args: JaegerArgs) -> dict[str, Any]:
    """What Jaeger's container has for its use: login and authority."""
    login = secrets.elasticsearch_user("jaeger").name
    return {
        "extraEnv": [secret_env("ES_USERNAME", login, "username"), secret_env("ES_PASSWORD", login, "password"), QUIET],
        "extraVolumes": [{"name": "es-certs", "secret": {"secretName": args["ca_secret"]}}],
        "extraVolumeMounts": [{"name": "es-certs", "mountPath": CA_FOLDER, "readOnly": True}],
    }


def _values(name: str, s: JaegerSettings, args: JaegerArgs) -> dict[str, Any]:
    kept = s.storage == "elasticsearch"
    # The chart mounts the configuration so that a change restarts nothing; a label that changes with it does.
    stable = json.dumps(config(s, {**args, "elasticsearch_url": ""}), sort_keys=True)
    return {
        "fullnameOverride": name,
        "userconfig": config(s, args),
        "jaeger": {
            "replicas": s.replicas,
            "image": {"registry": "docker.io"},
            "strategy": {"type": "RollingUpdate"},
            "resources": s.resources.spec(),
            "serviceAccount": {"automountServiceAccountToken": False},
            "podLabels": {"config-version": digest({"config": stable})},
            "podSecurityContext": user(JAEGER_UID),
            "securityContext": CONTAINER_SECURITY,
            "affinity": anti_affinity(s.anti_affinity, _labels(name)),
            **(_on_elasticsearch(args) if kept else {"extraEnv": [QUIET]}),
        },
        **({"storage": {"elasticsearch": {"url": args["elasticsearch_url"]}}} if kept else {}),
        "esIndexCleaner": _cleaner(s, args) if kept else {"enabled": False},
    }


class Jaeger(pulumi.ComponentResource):
    """Jaeger that takes OTLP, stores spans without what is redacted, and removes old ones every night."""

    url: pulumi.Output[str]
    """URL of Jaeger's UI and query API inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Jaeger."""
    otlp_endpoint: pulumi.Output[str]
    """Where it takes spans: OTLP over gRPC, inside the cluster."""
    pods: dict[str, str]
    """Labels of its pods."""

    def __init__(self, name: str, args: JaegerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release, its scrape job and its disruption budget."""
        super().__init__("neuroerp-observability:index:Jaeger", name, {}, opts)
        settings, namespace = JaegerSettings.model_validate(args.get("settings", {})), args["namespace"]
        child = pulumi.ResourceOptions(parent=self)
        release(name, charts.JAEGER, args, _values(name, settings, args), child)
        self.pods = _labels(name)
        disruption_budget(name, namespace, settings.replicas, self.pods, child)
        endpoints = [{"port": "internal-metrics", "relabelings": [job_label("jaeger")]}]
        selector = {"matchLabels": {"app.kubernetes.io/name": "jaeger", "app.kubernetes.io/instance": name}}
        service_monitor(name, namespace, {"selector": selector, "endpoints": endpoints}, child)

        self.service = pulumi.Output.from_input(name)
        self.url = pulumi.Output.format("http://{0}.{1}.svc:16686", name, namespace)
        self.otlp_endpoint = pulumi.Output.format("http://{0}.{1}.svc:4317", name, namespace)
        self.register_outputs({"url": self.url, "service": self.service, "otlpEndpoint": self.otlp_endpoint})
