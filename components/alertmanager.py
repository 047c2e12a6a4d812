"""Alertmanager, managed by the Prometheus operator."""

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired

import pulumi

from . import charts, secrets
from .kubernetes import KEEP_CLAIMS, PlacedArgs, release
from .model import AntiAffinity, Count, Duration, Model, Resources, Volume, seconds, small, spread

# Everything of the chart that is not Alertmanager: the Prometheus release has it.
OTHERS = [
    "crds",
    "coreDns",
    "grafana",
    "kubeApiServer",
    "kubeControllerManager",
    "kubeDns",
    "kubeEtcd",
    "kubeProxy",
    "kubeScheduler",
    "kubeStateMetrics",
    "kubelet",
    "nodeExporter",
    "prometheus",
    "prometheusOperator",
]
MOUNTED = {
    secrets.SMTP: "password",
    secrets.HEARTBEAT: "url",
    secrets.WEBHOOK: "url",
    secrets.SLACK: "url",
    secrets.PAGERDUTY: "key",
    secrets.OPSGENIE: "key",
}
"""The secrets that a configuration may name as files, each with the key of its value."""


def secret_file(spec: secrets.SecretSpec) -> str:
    """The file that a secret of ``MOUNTED`` is to Alertmanager."""
    return f"/etc/alertmanager/secrets/{spec.name}/{MOUNTED[spec]}"


class AlertmanagerSettings(Model):
    """How available Alertmanager is and how long it remembers."""

    replicas: Count = 1
    """Members of the mesh; 3 survive the loss of a node while another one restarts."""
    retention: Duration = "120h"
    """How long silences and notifications are remembered, in hours, minutes or seconds."""
    volume: Volume | None = None
    """Volume of each member; without one, silences are lost when all members restart."""
    resources: Resources = small("20m", "64Mi", "128Mi")
    """Resources of each member."""
    anti_affinity: AntiAffinity = "soft"
    """Whether members avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """The operator takes no days here."""
        if set("dwy") & set(self.retention):
            hours = int(seconds(self.retention) // 3600)
            yield f"retention: the operator does not know the unit of {self.retention}; write {hours}h"
        yield from spread(self.replicas, self.anti_affinity)


class AlertmanagerArgs(PlacedArgs):
    """Arguments of ``Alertmanager``."""

    config: Mapping[str, Any]
    """The configuration in Alertmanager's own form; secrets in it only as files, named by ``secret_file``."""
    templates: NotRequired[Mapping[str, str]]
    """Message templates by file name, which ends in `.tmpl`; beside the configuration, in /etc/alertmanager/config."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``AlertmanagerSettings``."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Values of the secrets that the configuration names, by the Secret's name; others are left out."""
    external_url: NotRequired[str | None]
    """URL that links in notifications lead to."""


def _values(name: str, s: AlertmanagerSettings, args: AlertmanagerArgs, mounted: list[str]) -> dict[str, Any]:
    return {
        "fullnameOverride": name,
        **{part: {"enabled": False} for part in OTHERS},
        "defaultRules": {"create": False},
        "alertmanager": {
            "config": dict(args["config"]),
            "templateFiles": dict(args.get("templates", {})),
            "serviceAccount": {"automountServiceAccountToken": False},
            **({"podDisruptionBudget": {"enabled": True, "minAvailable": s.replicas - 1}} if s.replicas > 1 else {}),
            "alertmanagerSpec": {
                "replicas": s.replicas,
                "retention": s.retention,
                "resources": s.resources.spec(),
                "podAntiAffinity": "" if s.anti_affinity == "none" else s.anti_affinity,
                "secrets": mounted,
                # Other teams' AlertmanagerConfig objects get only alerts of their own namespace.
                "alertmanagerConfigMatcherStrategy": {"type": "OnNamespaceExceptForAlertmanagerNamespace"},
                "automountServiceAccountToken": False,
                **(
                    {"storage": {"volumeClaimTemplate": {"spec": s.volume.claim_spec()}}, **KEEP_CLAIMS}
                    if s.volume
                    else {}
                ),
                **({"externalUrl": args["external_url"]} if args.get("external_url") else {}),
            },
        },
    }


class Alertmanager(pulumi.ComponentResource):
    """An Alertmanager mesh with its configuration, and the Secrets that the configuration names as files."""

    url: pulumi.Output[str]
    """URL of Alertmanager inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Alertmanager."""

    def __init__(self, name: str, args: AlertmanagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the Secrets, then the release that mounts them."""
        super().__init__("neuroerp-observability:index:Alertmanager", name, {}, opts)
        settings = AlertmanagerSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        values_of = args.get("secrets", {})
        given = [spec for spec in MOUNTED if spec.name in values_of]
        made = [secrets.secret(spec, args["namespace"], {MOUNTED[spec]: values_of[spec.name]}, child) for spec in given]

        after = pulumi.ResourceOptions(parent=self, depends_on=made)
        values = _values(name, settings, args, [spec.name for spec in given])
        release(name, charts.KUBE_PROMETHEUS_STACK, args, values, after)

        self.service = pulumi.Output.from_input(f"{name}-alertmanager")
        self.url = pulumi.Output.format("http://{0}.{1}.svc:9093", self.service, args["namespace"])
        self.register_outputs({"url": self.url, "service": self.service})
