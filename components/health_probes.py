"""Health probes from outside the application, by the blackbox exporter."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from . import charts
from .kubernetes import POD_SECURITY, PlacedArgs, custom_object, release
from .model import Count, Duration, Model, Resources, seconds, small

SCRAPE_SECONDS = 10


class HealthProbesSettings(Model):
    """How often health endpoints are asked."""

    interval: Duration = "30s"
    """Time between two probes of an endpoint."""
    timeout: Duration = "6s"
    """Time that an endpoint may take; its own checks may take 5 s."""
    replicas: Count = 1
    """Blackbox exporters."""
    resources: Resources = small("10m", "32Mi", "64Mi")
    """Resources of each exporter."""

    def problems(self) -> Iterable[str]:
        """A probe that outlives its scrape reports nothing at all."""
        if seconds(self.timeout) > SCRAPE_SECONDS - 1:
            most = SCRAPE_SECONDS - 1
            yield f"timeout: {self.timeout} outlives the scrape of {SCRAPE_SECONDS}s; write at most {most}s"
        if seconds(self.interval) < SCRAPE_SECONDS:
            yield f"interval: {self.interval} is shorter than a scrape may take; write at least {SCRAPE_SECONDS}s"


class HealthTarget(TypedDict):
    """Endpoints to probe."""

    name: str
    """Name of the Probe."""
    job: str
    """Value of the `job` label, as rules and dashboards know it."""
    urls: Sequence[str]
    """URLs that answer 200 when all is well."""
    module: NotRequired[str]
    """Module that judges the answer; the first one when it is left out."""
    labels: Mapping[str, str]
    """Labels of the samples; `namespace` and `service` make alerts group with the application's own."""


class HealthContent(TypedDict):
    """What is probed, and how an answer is judged."""

    modules: Mapping[str, Mapping[str, Any]]
    """Modules of the blackbox exporter."""
    targets: Sequence[HealthTarget]
    """Endpoints to probe."""


class HealthProbesArgs(PlacedArgs, HealthContent):
    """Arguments of ``HealthProbes``."""

    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``HealthProbesSettings``."""


def _values(name: str, s: HealthProbesSettings, args: HealthProbesArgs) -> dict[str, Any]:
    modules = {module: {**config, "timeout": s.timeout} for module, config in args["modules"].items()}
    return {
        "fullnameOverride": name,
        "replicas": s.replicas,
        "config": {"modules": modules},
        "resources": s.resources.spec(),
        "podSecurityContext": POD_SECURITY,
        "serviceMonitor": {
            "selfMonitor": {"enabled": True, "interval": s.interval, "scrapeTimeout": f"{SCRAPE_SECONDS}s"}
        },
        **({"podDisruptionBudget": {"minAvailable": s.replicas - 1}} if s.replicas > 1 else {}),
    }


def _probe_spec(name: str, s: HealthProbesSettings, args: HealthProbesArgs, target: HealthTarget) -> dict[str, Any]:
    # The operator sets `namespace` to that of the Probe; these relabelings come after it.
    labels = [{"targetLabel": label, "replacement": value} for label, value in target["labels"].items()]
    return {
        "jobName": target["job"],
        "interval": s.interval,
        "scrapeTimeout": f"{SCRAPE_SECONDS}s",
        "module": target.get("module") or next(iter(args["modules"])),
        "prober": {"url": pulumi.Output.format("{0}.{1}.svc:9115", name, args["namespace"]), "path": "/probe"},
        "targets": {"staticConfig": {"static": list(target["urls"]), "relabelingConfigs": labels}},
    }


class HealthProbes(pulumi.ComponentResource):
    """A blackbox exporter, and a Probe for each health target."""

    def __init__(self, name: str, args: HealthProbesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release, then the probes."""
        super().__init__("neuroerp-observability:index:HealthProbes", name, {}, opts)
        settings = HealthProbesSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        exporter = release(name, charts.BLACKBOX_EXPORTER, args, _values(name, settings, args), child)
        after = pulumi.ResourceOptions(parent=self, depends_on=[exporter])
        for target in args["targets"]:
            spec = _probe_spec(name, settings, args, target)
            custom_object("monitoring.coreos.com/v1", "Probe", target["name"], args["namespace"], spec, after)
        self.register_outputs({})
