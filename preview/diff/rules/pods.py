"""Where the pods of an object are described, for workloads and for what operators make pods from."""

from preview.diff.fields import Field
from preview.diff.matching import Change

TEMPLATES = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
}
# Of these, the operator makes pods out of nearly the whole spec. What is listed it applies without a restart.
_OPERATED = {
    "Prometheus": {
        "replicas", "shards", "alerting", "externalLabels", "scrapeInterval", "scrapeTimeout", "evaluationInterval",
        "ruleSelector", "ruleNamespaceSelector", "serviceMonitorSelector", "serviceMonitorNamespaceSelector",
        "podMonitorSelector", "podMonitorNamespaceSelector", "probeSelector", "probeNamespaceSelector",
        "scrapeConfigSelector", "scrapeConfigNamespaceSelector", "additionalScrapeConfigs", "storage", "remoteWrite",
        "persistentVolumeClaimRetentionPolicy", "podDisruptionBudget", "exemplars", "tsdb",
    },
    "Alertmanager": {
        "replicas", "alertmanagerConfigSelector", "alertmanagerConfigNamespaceSelector", "storage",
        "alertmanagerConfigMatcherStrategy", "persistentVolumeClaimRetentionPolicy", "configSecret",
    },
    "ThanosRuler": {"replicas", "ruleSelector", "ruleNamespaceSelector", "storage"},
    "Elasticsearch": {"auth", "updateStrategy", "volumeClaimDeletePolicy", "podDisruptionBudget", "transport"},
    "Kibana": {"count", "elasticsearchRef"},
    "Logstash": {"count", "pipelines", "pipelinesRef", "services", "volumeClaimTemplates", "updateStrategy"},
    "Beat": set[str](),
}  # fmt: skip
OPERATED = frozenset(_OPERATED)
_NODE_SETS = {"count", "volumeClaimTemplates"}


def pod_fields(change: Change) -> tuple[Field, ...]:
    """The changed fields that make the pods of an object be made anew."""
    kind = change.item.kind
    if template := TEMPLATES.get(kind):
        return change.under(*template)
    if kind in _OPERATED:
        return tuple(field for field in change.under("spec") if _restarts(kind, field))
    return ()


def _restarts(kind: str, field: Field) -> bool:
    if kind == "Elasticsearch" and field.under("spec", "nodeSets", "*", "*"):
        return field.path[3] not in _NODE_SETS
    if kind == "Elasticsearch" and field.under("spec", "nodeSets"):
        return False  # Nodes that come or go.
    return len(field.path) > 1 and field.path[1] not in _OPERATED[kind]


def replicas(change: Change) -> tuple[Field, ...]:
    """The changed fields that say how many pods there are."""
    kind = change.item.kind
    if kind == "Elasticsearch":
        return tuple(field for field in change.under("spec", "nodeSets", "*", "count") if len(field.path) == 4)  # noqa: PLR2004 - spec.nodeSets[x].count
    name = "count" if kind in OPERATED and kind not in ("Prometheus", "Alertmanager", "ThanosRuler") else "replicas"
    return change.under("spec", name) if kind in TEMPLATES or kind in OPERATED else ()
