"""Volumes: what becomes of them is a decision, never a default."""

from collections.abc import Callable, Iterator

from policy.context import Context
from policy.manifests import Manifest, at, group, items, kind

_ANNOTATIONS = ("helm.sh/resource-policy", "neuroerp-observability/retention")
_POLICY = "persistentVolumeClaimRetentionPolicy"
_ELASTIC = ("DeleteOnScaledownOnly", "DeleteOnScaledownAndClusterDeletion")


def retention(manifest: Manifest, context: Context) -> Iterator[str]:
    """In production every volume claim says whether it outlives what uses it."""
    if context.production and (ask := _KINDS.get((group(manifest), kind(manifest)))):
        yield from ask(manifest)


def _claim(manifest: Manifest) -> Iterator[str]:
    if not any(at(manifest, "metadata", "annotations", key) for key in _ANNOTATIONS):
        yield f"says nothing of its end; annotate it with {_ANNOTATIONS[0]}: keep, or {_ANNOTATIONS[1]}: delete"


def _stateful_set(manifest: Manifest) -> Iterator[str]:
    if items(at(manifest, "spec", "volumeClaimTemplates")):
        yield from _fates(manifest)


def _server(manifest: Manifest) -> Iterator[str]:
    if at(manifest, "spec", "storage", "volumeClaimTemplate"):
        yield from _fates(manifest)


def _fates(manifest: Manifest) -> Iterator[str]:
    for when in ("whenDeleted", "whenScaled"):
        if at(manifest, "spec", _POLICY, when) not in ("Retain", "Delete"):
            yield f"leaves open what becomes of its claims; set {_POLICY}.{when} to Retain or Delete"


def _elasticsearch(manifest: Manifest) -> Iterator[str]:
    if at(manifest, "spec", "volumeClaimDeletePolicy") not in _ELASTIC:
        yield f"leaves open what becomes of its claims; set volumeClaimDeletePolicy to {' or '.join(_ELASTIC)}"


def _logstash(manifest: Manifest) -> Iterator[str]:
    if items(at(manifest, "spec", "volumeClaimTemplates")):
        yield "leaves open what becomes of its claims; the operator has no setting for it"


_KINDS: dict[tuple[str, str], Callable[[Manifest], Iterator[str]]] = {
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("monitoring.coreos.com", "Prometheus"): _server,
    ("monitoring.coreos.com", "PrometheusAgent"): _server,
    ("monitoring.coreos.com", "Alertmanager"): _server,
    ("monitoring.coreos.com", "ThanosRuler"): _server,
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _elasticsearch,
    ("logstash.k8s.elastic.co", "Logstash"): _logstash,
}
