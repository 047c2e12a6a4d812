"""The operator that runs Elasticsearch, Kibana, Logstash and Filebeat (ECK)."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from . import charts
from .kubernetes import POD_SECURITY, PlacedArgs, release
from .model import Count, Flag, Model, Resources, small


class ElasticOperatorSettings(Model):
    """How available the operator is."""

    replicas: Count = 1
    """Operator pods; one leads, the others wait."""
    resources: Resources = small("50m", "150Mi", "512Mi")
    """Resources of each pod."""
    webhook: Flag = True
    """Whether an admission webhook checks the operator's objects; off where the API server cannot reach pods."""


class ElasticOperatorArgs(PlacedArgs):
    """Arguments of ``ElasticOperator``."""

    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ElasticOperatorSettings``."""


def _values(s: ElasticOperatorSettings) -> dict[str, Any]:
    return {
        "replicaCount": s.replicas,
        "resources": {**s.resources.spec()},
        "podSecurityContext": POD_SECURITY,
        "webhook": {"enabled": s.webhook},
        "telemetry": {"disabled": True},
        "config": {"metrics": {"port": "8080"}},
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
