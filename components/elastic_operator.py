"""The operator that runs Elasticsearch, Kibana, Logstash and Filebeat (ECK)."""

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired

import pulumi

from . import charts
from .kubernetes import POD_SECURITY, PlacedArgs, release
from .model import Count, Days, Flag, Model, Resources, small

RENEWED_BEFORE_DAYS = 30


class ElasticOperatorSettings(Model):
    """How available the operator is."""

    replicas: Count = 1
    """Operator pods; one leads, the others wait."""
    resources: Resources = small("50m", "150Mi", "512Mi")
    """Resources of each pod."""
    webhook: Flag = True
    """Whether an admission webhook checks the operator's objects; off where the API server cannot reach pods."""
    authority_days: Days = 3650
    """Days that a new authority of Elasticsearch, Kibana or Logstash is valid; its renewal needs restarts by hand."""

    def problems(self) -> Iterable[str]:
        """The operator renews an authority while the old one is still good."""
        if self.authority_days < 2 * RENEWED_BEFORE_DAYS:
            least = 2 * RENEWED_BEFORE_DAYS
            yield f"authorityDays: is renewed {RENEWED_BEFORE_DAYS} days before its end; write at least {least}"


class ElasticOperatorArgs(PlacedArgs):
    """Arguments of ``ElasticOperator``."""

    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ElasticOperatorSettings``."""


def _validity(s: ElasticOperatorSettings) -> dict[str, str]:
    before = f"{24 * RENEWED_BEFORE_DAYS}h"
    return {
        # Jaeger, the exporters and Grafana read an authority at their start alone, so that it should stay.
        "caValidity": f"{24 * s.authority_days}h",
        "caRotateBefore": before,
        # These are taken up by themselves. By default an operator that is away for a day lets them end.
        "certificatesRotateBefore": before,
    }


def _values(s: ElasticOperatorSettings) -> dict[str, Any]:
    return {
        "replicaCount": s.replicas,
        "resources": {**s.resources.spec()},
        "podSecurityContext": POD_SECURITY,
        "webhook": {"enabled": s.webhook},
        "telemetry": {"disabled": True},
        "config": {"metrics": {"port": "8080"}, **_validity(s)},
        "podMonitor": {"enabled": True, "interval": "1m"},
        **({"podDisruptionBudget": {"enabled": True, "minAvailable": s.replicas - 1}} if s.replicas > 1 else {}),
    }


class ElasticOperator(pulumi.ComponentResource):
    """The ECK operator with its CRDs, which stay when it goes, so that no data is deleted with them."""

    def __init__(self, name: str, args: ElasticOperatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release."""
        super().__init__("neuroerp-observability:index:ElasticOperator", name, {}, opts)
        settings = ElasticOperatorSettings.model_validate(args.get("settings", {}))
        release(name, charts.ECK_OPERATOR, args, _values(settings), pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
