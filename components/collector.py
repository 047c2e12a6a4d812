"""The way in for spans: one address, behind which an OpenTelemetry Collector may stand before Jaeger."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field, StrictInt

from . import charts
from .collector_config import config
from .kubernetes import (
    CONTAINER_SECURITY,
    PlacedArgs,
    anti_affinity,
    disruption_budget,
    job_label,
    release,
    service_monitor,
    user,
)
from .model import AntiAffinity, Count, Flag, Model, Resources, small, spread

UID = 10001
SERVICE = "otlp"
"""The Service that applications send to, whatever stands behind it."""
PORTS = {"otlp-grpc": 4317, "otlp-http": 4318}
IMAGE = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-k8s"


class TailSampling(Model):
    """Which traces are kept: all that failed or were slow, and a part of the rest."""

    decision_wait_seconds: Annotated[StrictInt, Field(ge=1, le=300)] = 10
    """Seconds from a trace's first span to the decision; what comes later follows it."""
    traces_held: Annotated[StrictInt, Field(ge=100)] = 50000
    """Traces that are remembered; must be more than begin in the time until the decision."""
    slow_milliseconds: Annotated[StrictInt, Field(ge=1)] = 1000
    """Milliseconds above which a trace is slow."""
    percentage: Annotated[float, Field(strict=True, ge=0, le=100)] = 10.0
    """Percentage of the other traces that are kept."""


class CollectorSettings(Model):
    """Whether spans pass a Collector before Jaeger, and what it keeps of them."""

    enabled: Flag = False
    """Whether there is one; without it, applications send to Jaeger, and Jaeger keeps every trace."""
    replicas: Count = 1
    """Collectors; one, unless `tailSampling` is off."""
    tail_sampling: TailSampling | None = Field(default_factory=TailSampling)
    """Which traces are kept; null keeps all."""
    queue_size: Annotated[StrictInt, Field(ge=1000)] = 50000
    """Spans that each Collector holds back while Jaeger is away, about 3 kB each."""
    resources: Resources = small("100m", "256Mi", "512Mi")
    """Resources of each Collector."""
    anti_affinity: AntiAffinity = "soft"
    """Whether Collectors avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """A trace is judged by one Collector, which has to see all of it."""
        yield from spread(self.replicas, self.anti_affinity)
        if self.tail_sampling and self.replicas > 1:
            yield (
                f"replicas: {self.replicas} Collectors would each judge a part of a trace;"
                " write replicas: 1, or tailSampling: null"
            )


class CollectorArgs(PlacedArgs):
    """Arguments of ``Collector``."""

    jaeger_pods: Mapping[str, str]
    """Labels of Jaeger's pods, which are in the same namespace."""
    redacted: Sequence[str]
    """Attributes that are deleted, as in `JaegerSettings`."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``CollectorSettings``."""


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "opentelemetry-collector", "app.kubernetes.io/instance": name}


def _values(name: str, s: CollectorSettings, redacted: Sequence[str], jaeger: pulumi.Input[str]) -> dict[str, Any]:
    # The chart takes the configuration for a template, and these are the only texts of a user in it.
    plain = [text.replace("{{", "{{`{{`}}") for text in redacted]
    return {
        "fullnameOverride": name,
        "mode": "deployment",
        "image": {"repository": IMAGE},
        "replicaCount": s.replicas,
        # In place of the chart's own, not merged with it: that receives in five more ways.
        "alternateConfig": config(s, plain, jaeger),
        "ports": {
            **{port: {"enabled": False} for port in ("jaeger-compact", "jaeger-grpc", "jaeger-thrift", "zipkin")},
            "metrics": {"enabled": True},
        },
        "resources": s.resources.spec(),
        "serviceAccount": {"automountServiceAccountToken": False},
        "podSecurityContext": user(UID),
        "securityContext": CONTAINER_SECURITY,
        "affinity": anti_affinity(s.anti_affinity, _labels(name)),
    }


def _service(
    resource: str,
    name: str,
    namespace: pulumi.Input[str],
    pods: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    **more: str,
) -> k8s.core.v1.Service:
    metadata: Any = {"name": name, "namespace": namespace}
    ports = [{"name": port, "port": number, "targetPort": number} for port, number in PORTS.items()]
    spec: Any = {"selector": dict(pods), "ports": ports, **more}
    return k8s.core.v1.Service(resource, metadata=metadata, spec=spec, opts=opts)


class Collector(pulumi.ComponentResource):
    """The Service `otlp`, and where it is enabled the Collector behind it, which redacts, samples and queues."""

    otlp_endpoint: pulumi.Output[str]
    """Where applications send spans: OTLP over gRPC, inside the cluster."""

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the Service and, where it is enabled, the release, its scrape job and its disruption budget."""
        super().__init__("neuroerp-observability:index:Collector", name, {}, opts)
        settings, namespace = CollectorSettings.model_validate(args.get("settings", {})), args["namespace"]
        collectors = [self._collector(name, settings, args)] if settings.enabled else []
        pods = _labels(name) if settings.enabled else args["jaeger_pods"]
        # Spans go to Jaeger until the Collector is there.
        after = pulumi.ResourceOptions(parent=self, depends_on=collectors)
        _service(f"{name}-{SERVICE}", SERVICE, namespace, pods, after)
        self.otlp_endpoint = pulumi.Output.format("http://{0}.{1}.svc:4317", SERVICE, namespace)
        self.register_outputs({"otlpEndpoint": self.otlp_endpoint})

    def _collector(self, name: str, s: CollectorSettings, args: CollectorArgs) -> pulumi.Resource:
        namespace, child = args["namespace"], pulumi.ResourceOptions(parent=self)
        # Headless: it names every pod of Jaeger, so that each gets a connection, and its part of the spans.
        jaeger = f"{name}-jaeger"
        headless = _service(jaeger, jaeger, namespace, args["jaeger_pods"], child, clusterIP="None")
        endpoint = pulumi.Output.format("dns:///{0}.{1}.svc:4317", jaeger, namespace)
        after = pulumi.ResourceOptions(parent=self, depends_on=[headless])
        made = release(name, charts.OTEL_COLLECTOR, args, _values(name, s, args["redacted"], endpoint), after)
        disruption_budget(name, namespace, s.replicas, _labels(name), child)
        endpoints = [{"port": "metrics", "relabelings": [job_label("otel-collector")]}]
        service_monitor(name, namespace, {"selector": {"matchLabels": _labels(name)}, "endpoints": endpoints}, child)
        return made
