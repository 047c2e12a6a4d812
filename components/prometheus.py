"""Prometheus under its operator, with kube-state-metrics and node-exporter."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired

import pulumi
from pydantic import Field

from . import charts
from .kubernetes import KEEP_CLAIMS, PlacedArgs, custom_object, release, service_monitor
from .model import AntiAffinity, Count, Duration, Flag, Model, Quantity, Resources, Volume, amount, small, spread
from .scraping import Monitor, ScrapeTarget, monitor_spec, scrape_spec

# Managed clusters do not let these be scraped; each switch takes Service, monitor, rules and dashboard along.
CONTROL_PLANE = ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy")
HOOK = Resources(cpu="10m", memory="32Mi", memory_limit="64Mi")
RELOADER = Resources(cpu="10m", memory="32Mi", memory_limit="64Mi")
SELECTED = ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
# `general` has a Watchdog without the labels that routes read; `alertmanager` watches a job that is not here; the other
# two say what rules of ours say with labels and runbooks.
LEFT_OUT = ("general", "alertmanager", "prometheus", "prometheusOperator")
DOUBLED = {"NodeFilesystemSpaceFillingUp": "HostDiskWillFill", "NodeSystemSaturation": "HostLoadHigh"}
"""Alerts of the chart that are left out, and the rule of ours that says the same with a threshold and a runbook."""


class PrometheusSettings(Model):
    """How much Prometheus keeps, how often it asks, how available it is."""

    replicas: Count = 1
    """Identical Prometheus servers; 2 survive the loss of a node."""
    retention: Duration = "35d"
    """How long samples are kept; SLO burn rates and week-over-week alerts read up to 30 days back."""
    retention_size: Quantity | None = None
    """Size in bytes at which the oldest samples go, at most 80 % of the volume."""
    scrape_interval: Duration = "15s"
    """How often targets are scraped and rules are evaluated."""
    volume: Volume | None = None
    """Volume of each server; without one, samples are lost when the pod restarts."""
    resources: Resources = small("200m", "1Gi", "2Gi")
    """Resources of each server."""
    anti_affinity: AntiAffinity = "soft"
    """Whether servers avoid each other's nodes."""
    install_crds: Flag = True
    """Whether the operator's CRDs are installed; off in a cluster that has them."""
    validate_rules: Flag = True
    """Whether an admission webhook refuses rules that do not parse; off where the API server cannot reach pods."""
    scrape_control_plane: Flag = False
    """Whether scheduler, controller manager, etcd and kube-proxy are scraped; managed clusters do not allow it."""
    kubernetes_content: Flag = True
    """Whether the chart's own dashboards and rules of Kubernetes and its nodes are deployed."""
    extra_targets: list[ScrapeTarget] = Field(default_factory=list)
    """Scrape jobs for systems outside Kubernetes."""

    def problems(self) -> Iterable[str]:
        """A size limit above the volume never takes effect: the disk is full before."""
        if self.volume and self.retention_size and amount(self.retention_size) > 0.8 * amount(self.volume.size):
            most = int(0.8 * amount(self.volume.size) / 2**30)
            size = f"{self.retention_size} is over 80 % of the volume ({self.volume.size})"
            yield f"retentionSize: {size}; write at most {most}Gi"
        yield from spread(self.replicas, self.anti_affinity)


class PrometheusArgs(PlacedArgs):
    """Arguments of ``Prometheus``."""

    agents_namespace: pulumi.Input[str]
    """Namespace of node-exporter, where pods may use the host."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``PrometheusSettings``."""
    alertmanager_name: NotRequired[str]
    """Name of the ``Alertmanager`` in the same namespace that alerts go to; it may be deployed later."""
    external_url: NotRequired[str | None]
    """URL that links in alerts lead to."""
    external_labels: NotRequired[Mapping[str, str]]
    """Labels on every alert and remote sample."""
    rules: NotRequired[Mapping[str, Mapping[str, Any]]]
    """Rule files by name: plain Prometheus `groups`, each becomes a PrometheusRule."""
    monitors: NotRequired[Sequence[Monitor]]
    """Scrape jobs of applications."""


def _server(s: PrometheusSettings, args: PrometheusArgs) -> dict[str, Any]:
    return {
        "replicas": s.replicas,
        "retention": s.retention,
        **({"retentionSize": f"{s.retention_size}B"} if s.retention_size else {}),
        "scrapeInterval": s.scrape_interval,
        "evaluationInterval": s.scrape_interval,
        "podAntiAffinity": "" if s.anti_affinity == "none" else s.anti_affinity,
        "resources": s.resources.spec(),
        **(
            {"storageSpec": {"volumeClaimTemplate": {"spec": s.volume.claim_spec()}}, **KEEP_CLAIMS} if s.volume else {}
        ),
        # Without these five the operator selects only objects that carry this release's label.
        **{f"{kind}SelectorNilUsesHelmValues": False for kind in SELECTED},
        "serviceDiscoveryRole": "EndpointSlice",
        "enableFeatures": ["exemplar-storage"],
        "exemplars": {"maxSize": 100000},
        "externalLabels": dict(args.get("external_labels", {})),
        **({"externalUrl": args["external_url"]} if args.get("external_url") else {}),
        **({"alertingEndpoints": [_alerting(args)]} if "alertmanager_name" in args else {}),
    }


def _alerting(args: PrometheusArgs) -> dict[str, Any]:
    return {
        "namespace": args["namespace"],
        "name": f"{args['alertmanager_name']}-alertmanager",
        "port": "http-web",
        "apiVersion": "v2",
    }


def _values(name: str, s: PrometheusSettings, args: PrometheusArgs) -> dict[str, Any]:
    budget = {"podDisruptionBudget": {"enabled": True, "minAvailable": s.replicas - 1}} if s.replicas > 1 else {}
    return {
        "fullnameOverride": name,
        "crds": {"enabled": False},
        "alertmanager": {"enabled": False},
        "grafana": {
            "enabled": False,
            "forceDeployDashboards": s.kubernetes_content,
            "sidecar": {"dashboards": {"annotations": {"grafana_folder": "Kubernetes"}}},
        },
        **{part: {"enabled": s.scrape_control_plane} for part in CONTROL_PLANE},
        "defaultRules": {
            "create": s.kubernetes_content,
            "rules": dict.fromkeys(LEFT_OUT, False),
            "disabled": dict.fromkeys(DOUBLED, True),
        },
        "nodeExporter": {"operatingSystems": {"aix": {"enabled": False}, "darwin": {"enabled": False}}},
        "kubelet": {"serviceMonitor": {"cAdvisorInterval": s.scrape_interval, "resourceInterval": s.scrape_interval}},
        "kube-state-metrics": {
            "fullnameOverride": "kube-state-metrics",
            "collectorsExclude": ["secrets"],
            "resources": Resources(cpu="20m", memory="96Mi", memory_limit="256Mi").spec(),
        },
        "prometheus-node-exporter": {
            "fullnameOverride": "node-exporter",
            "namespaceOverride": args["agents_namespace"],
            "resources": Resources(cpu="20m", memory="32Mi", memory_limit="128Mi").spec(),
        },
        "prometheusOperator": {
            "admissionWebhooks": {"enabled": s.validate_rules, "patch": {"resources": HOOK.spec()}},
            "tls": {"enabled": s.validate_rules},
            "kubeletEndpointsEnabled": False,
            "kubeletEndpointSliceEnabled": True,
            "resources": Resources(cpu="50m", memory="96Mi", memory_limit="256Mi").spec(),
            "prometheusConfigReloader": {"enableProbe": True, "resources": RELOADER.spec()},
        },
        "prometheus": {"prometheusSpec": _server(s, args), **budget},
    }


class Prometheus(pulumi.ComponentResource):
    """The operator and its CRDs, Prometheus, kube-state-metrics, node-exporter, and the rules and scrape jobs given."""

    url: pulumi.Output[str]
    """URL of Prometheus inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Prometheus."""

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the two releases, then the objects that need their CRDs."""
        super().__init__("neuroerp-observability:index:Prometheus", name, {}, opts)
        settings = PrometheusSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        crds = (
            [release(f"{name}-operator-crds", charts.PROMETHEUS_CRDS, args, {}, child)] if settings.install_crds else []
        )
        after_crds = pulumi.ResourceOptions(parent=self, depends_on=crds)
        operator = release(name, charts.KUBE_PROMETHEUS_STACK, args, _values(name, settings, args), after_crds)

        after = pulumi.ResourceOptions(parent=self, depends_on=[operator])
        for rule_file, content in args.get("rules", {}).items():
            custom_object("monitoring.coreos.com/v1", "PrometheusRule", rule_file, args["namespace"], content, after)
        for monitor in args.get("monitors", []):
            service_monitor(monitor["name"], args["namespace"], monitor_spec(monitor), after)
        for target in settings.extra_targets:
            api = "monitoring.coreos.com/v1alpha1"
            custom_object(api, "ScrapeConfig", target.job, args["namespace"], scrape_spec(target), after)

        self.service = pulumi.Output.from_input(f"{name}-prometheus")
        self.url = pulumi.Output.format("http://{0}.{1}.svc:9090", self.service, args["namespace"])
        self.register_outputs({"url": self.url, "service": self.service})
