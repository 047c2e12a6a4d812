"""Volumes: they grow, shrink, are replaced or lost."""

from collections.abc import Iterator
from typing import Any

from preview.diff.context import Context, code
from preview.diff.fields import MISSING, Element, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.quantities import size
from preview.diff.rules.replaced import immutable_fields
from preview.diff.tree import Item

_CLAIM = "PersistentVolumeClaim"
_REQUEST = ("resources", "requests", "storage")
_PROMETHEUS = frozenset({"Prometheus", "Alertmanager", "ThanosRuler"})
_ELASTIC = frozenset({"Elasticsearch", "Logstash"})
_STORAGE = {"volumeClaimTemplates", "volumeClaimTemplate"}


def claims(change: Change, _: Context) -> Iterator[Finding]:
    """A claim goes or is replaced, with its data; or it grows or shrinks."""
    item = change.item
    if item.kind != _CLAIM:
        return
    if change.verb == "removed":
        kept = item.annotations.get("helm.sh/resource-policy") == "keep"
        end = "leaves the release, which keeps it" if kept else "is deleted, and its data with it"
        yield Finding(Risk.MEDIUM if kept else Risk.DESTRUCTIVE, f"{code(item.title)} {end}")
    elif change.verb == "added":
        yield Finding(Risk.LOW, f"{code(item.title)} is new")
    for field in change.under("spec", *_REQUEST):
        yield _resized(item, field, code(item.title))
    for field in immutable_fields(change):
        # Of a claim that Pulumi replaces, the volume goes.
        refused = "Helm's update of the release fails" if item.owner else "it is replaced, and its data is lost"
        what = f"{code(field.place)} from {code(field.before)} to {code(field.after)}"
        text = f"{code(item.title)} cannot change {what}: {refused}"
        yield Finding(Risk.HIGH if item.owner else Risk.DESTRUCTIVE, text, (field,))


def _resized(item: Item, field: Field, what: str) -> Finding:
    old, new = size(field.before), size(field.after)
    moves = f"from {code(field.before)} to {code(field.after)}"
    if old is not None and new is not None and new < old:
        refuser = "Elastic's operator" if item.kind in _ELASTIC else "Kubernetes"
        if item.kind in _PROMETHEUS:
            return Finding(Risk.HIGH, f"{what} shrinks {moves}: volumes that exist keep their size", (field,))
        return Finding(Risk.HIGH, f"{what} shrinks {moves}: {refuser} refuses that", (field,))
    if item.kind in _PROMETHEUS:
        return Finding(Risk.MEDIUM, f"{what} grows {moves}: volumes that exist have to be grown by hand", (field,))
    grows = "grows" if old is not None and new is not None else "changes its size"
    return Finding(Risk.MEDIUM, f"{what} {grows} {moves}: its StorageClass has to allow it", (field,))


def templates(change: Change, _: Context) -> Iterator[Finding]:
    """The volumes that an operator claims for its pods."""
    item = change.item
    if change.verb != "changed" or item.kind not in {*_PROMETHEUS, *_ELASTIC}:
        return
    for field in change.under("spec"):
        end = next((number for number, part in enumerate(field.path) if part in _STORAGE), None)
        whole = field.path[1:] in (("storage",), ("storage", "volumeClaimTemplate"))
        if end is None and not whole:
            continue
        # The volumes as a whole, or one of them.
        if end is None or whole or len(field.path) == end + 1 + isinstance(field.path[-1], Element):
            yield from _switched(item, field)
        elif field.path[-3:] == _REQUEST:
            yield _resized(item, field, f"the volume of {code(item.title)}")
        else:
            what = f"{code(field.place)} from {code(field.before)} to {code(field.after)}"
            text = (
                f"volumes of {code(item.title)}: {what} holds for new volumes only; the operator refuses or ignores it"
            )
            yield Finding(Risk.HIGH, text, (field,))


def _switched(item: Item, field: Field) -> Iterator[Finding]:
    """Volumes as a whole: there were none, or there will be none."""
    if _claims(field.after) and not _claims(field.before):
        text = (
            f"{code(item.title)} gets volumes in place of storage that goes with its pods; what is there is not moved"
        )
        yield Finding(Risk.HIGH, text, (field,))
    elif _claims(field.before) and not _claims(field.after):
        text = f"{code(item.title)} no longer uses volumes: what is stored there is not used any more"
        yield Finding(Risk.DESTRUCTIVE, text, (field,))


def _claims(value: Any) -> bool:
    return value not in (MISSING, None, {}, []) and "emptyDir" not in str(value)


def node_sets(change: Change, _: Context) -> Iterator[Finding]:
    """Sets of Elasticsearch's nodes: one that goes takes its volumes along, after its data has moved."""
    if change.item.kind != "Elasticsearch" or change.verb != "changed":
        return
    for field in change.under("spec", "nodeSets", "*"):
        if len(field.path) == 3 and field.after is MISSING:  # noqa: PLR2004 - spec.nodeSets[x]
            text = f"{code(change.item.title)} loses its set of nodes {code(field.path[2])}, after its data has moved"
            yield Finding(Risk.HIGH, text, (field,))
        elif len(field.path) == 3 and field.before is MISSING:  # noqa: PLR2004 - likewise
            yield Finding(
                Risk.MEDIUM, f"{code(change.item.title)} gets the set of nodes {code(field.path[2])}", (field,)
            )


def stores(change: Change, _: Context) -> Iterator[Finding]:
    """An Elasticsearch cluster goes: its operator deletes its volumes unless it is told to keep them."""
    item = change.item
    if change.verb == "removed" and item.kind in {*_PROMETHEUS, *_ELASTIC, "Kibana", "Beat"}:
        kept = item.kind != "Elasticsearch" or item.spec.get("volumeClaimDeletePolicy") == "DeleteOnScaledownOnly"
        end = "" if kept else ", and its volumes are deleted with it"
        yield Finding(Risk.HIGH if kept else Risk.DESTRUCTIVE, f"{code(item.title)} is removed{end}")
