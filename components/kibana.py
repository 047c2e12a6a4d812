"""Kibana under the ECK operator."""

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired

import pulumi

from . import charts
from .kubernetes import POD_SECURITY, PlacedArgs, anti_affinity, disruption_budget, release
from .model import AntiAffinity, Count, Model, Resources, small, spread


class KibanaSettings(Model):
    """How available Kibana is."""

    replicas: Count = 1
    """Kibana servers."""
    resources: Resources = small("100m", "1Gi", "2Gi")
    """Resources of each server; less than 2 GiB at most ends in restarts."""
    anti_affinity: AntiAffinity = "soft"
    """Whether servers avoid each other's nodes."""

    def problems(self) -> Iterable[str]:
        """One server has nothing to keep away from."""
        yield from spread(self.replicas, self.anti_affinity)


class KibanaArgs(PlacedArgs):
    """Arguments of ``Kibana``."""

    elasticsearch_name: str
    """Name of the Elasticsearch object in the same namespace."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``KibanaSettings``."""
    external_url: NotRequired[str | None]
    """URL that people reach Kibana at."""


def _labels(name: str) -> dict[str, str]:
    return {"kibana.k8s.elastic.co/name": name}


def _values(name: str, s: KibanaSettings, args: KibanaArgs) -> dict[str, Any]:
    affinity = anti_affinity(s.anti_affinity, _labels(name))
    return {
        "fullnameOverride": name,
        "version": charts.ELASTIC_STACK_VERSION,
        "count": s.replicas,
        "elasticsearchRef": {"name": args["elasticsearch_name"]},
        # TLS ends at the edge: ingress controllers and gateways each want another way to trust a backend's own CA.
        "http": {"tls": {"selfSignedCertificate": {"disabled": True}}},
        "config": {
            **({"server.publicBaseUrl": args["external_url"]} if args.get("external_url") else {}),
            "telemetry.optIn": False,
            "telemetry.allowChangingOptInStatus": False,
            "newsfeed.enabled": False,
            "map.includeElasticMapsService": False,
        },
        "podTemplate": {
            "metadata": {},
            "spec": {
                "securityContext": {**POD_SECURITY, "fsGroup": 1000},
                "containers": [{"name": "kibana", "resources": s.resources.spec()}],
                **({"affinity": affinity} if affinity else {}),
            },
        },
    }


class Kibana(pulumi.ComponentResource):
    """Kibana on an Elasticsearch of the same namespace; people log in with an Elasticsearch user."""

    url: pulumi.Output[str]
    """URL of Kibana inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Kibana."""

    def __init__(self, name: str, args: KibanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release."""
        super().__init__("neuroerp-observability:index:Kibana", name, {}, opts)
        settings = KibanaSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        release(name, charts.ECK_KIBANA, args, _values(name, settings, args), child)
        disruption_budget(name, args["namespace"], settings.replicas, _labels(name), child)
        self.service = pulumi.Output.from_input(f"{name}-kb-http")
        self.url = pulumi.Output.format("http://{0}.{1}.svc:5601", self.service, args["namespace"])
        self.register_outputs({"url": self.url, "service": self.service})
