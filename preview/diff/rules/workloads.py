"""Workloads: restarts, updates in place that are refused, numbers of replicas."""

from collections.abc import Iterator

from preview.diff.context import Context, code, listed, of_release
from preview.diff.fields import MISSING, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.images import is_image
from preview.diff.rules.pods import TEMPLATES, pod_fields, replicas
from preview.diff.rules.replaced import how_replaced, immutable_fields
from preview.diff.tree import Item

_ONCE = frozenset({"Job", "CronJob"})


def restarts(change: Change, _: Context) -> Iterator[Finding]:
    """Pods are made anew when their template changes, or what an operator makes it from."""
    fields = tuple(field for field in pod_fields(change) if not is_image(change, field))
    if change.verb != "changed" or not fields or immutable_fields(change):
        return
    item, why = change.item, listed(sorted({_reason(field) for field in fields}))
    risk = Risk.MEDIUM
    if item.kind == "Elasticsearch":
        how = "its nodes restart, one after another"
    elif item.kind == "DaemonSet" or (item.kind == "Beat" and "daemonSet" in item.spec):
        how = "its pods restart on every node, one node after another"
    elif _on_delete(item):
        how, risk = "its pods change only when somebody deletes them (OnDelete)", Risk.LOW
    elif _alone(item):
        how = "its pod restarts: nothing answers meanwhile"
    else:
        how = "its pods restart, one after another"
    yield Finding(risk, f"{code(item.title)}: {how} ({why})", fields)


def _reason(field: Field) -> str:
    """The part of a path that says what a field is about."""
    parts = [part for part in field.path if part not in ("spec", "template", "metadata", "podTemplate", "containers")]
    return ".".join(parts[-3:]) or field.place


def _on_delete(item: Item) -> bool:
    strategy = item.spec.get("updateStrategy")
    return isinstance(strategy, dict) and strategy.get("type") == "OnDelete"


def _alone(item: Item) -> bool:
    """Whether a restart leaves a time without any pod."""
    count = item.spec.get("replicas", item.spec.get("count", 1))
    strategy = (item.spec.get("strategy") or {}).get("type")
    # A Deployment starts the new pod first; everything else stops the old one first.
    return strategy == "Recreate" or (count == 1 and item.kind != "Deployment")


def in_place(change: Change, _: Context) -> Iterator[Finding]:
    """Fields that Kubernetes never changes in place: Helm's update is refused, Pulumi replaces the object."""
    # What a Job's image means, the rule for images says.
    fields = tuple(f for f in immutable_fields(change) if change.item.kind != "Job" or not is_image(change, f))
    item = change.item
    if not fields or item.kind == "PersistentVolumeClaim":
        return
    what = listed(sorted({field.place for field in fields}))
    if item.kind == "StatefulSet":
        advice = "; delete it with `--cascade=orphan` first, its pods and volumes stay" if item.owner else ""
        text = f"{code(item.title)} cannot be changed in place ({what}): {how_replaced(item)}{advice}"
        yield Finding(Risk.HIGH, text, fields)
    elif item.kind == "Job" and not item.owner:
        yield Finding(Risk.MEDIUM, f"{code(item.title)} is replaced and runs again ({what})", fields)
    else:
        yield Finding(
            Risk.HIGH, f"{code(item.title)} cannot be changed in place ({what}): {how_replaced(item)}", fields
        )


def runs_again(change: Change, _: Context) -> Iterator[Finding]:
    """A Job whose name has a digest of its content runs again when that changes; a CronJob runs with it next time."""
    before, after = change.before, change.after
    if before is None or after is None:
        return
    if after.kind == "Job" and before.name != after.name and not after.owner:
        yield Finding(Risk.MEDIUM, f"{code(after.title)} runs, after {code(before.name)} is removed", change.fields)
    elif after.kind == "CronJob" and (fields := change.under("spec")):
        yield Finding(Risk.LOW, f"{code(after.title)} runs otherwise from its next time on", fields)


def scaled(change: Change, _: Context) -> Iterator[Finding]:
    """The number of replicas moves."""
    for field in replicas(change) if change.verb == "changed" else ():
        before, after = (1 if value is MISSING else value for value in (field.before, field.after))
        if not isinstance(before, int) or not isinstance(after, int) or before == after:
            continue
        fewer = after < before
        risk = Risk.HIGH if after == 0 else Risk.MEDIUM if fewer else Risk.LOW
        which = f" ({code(field.path[2])})" if change.item.kind == "Elasticsearch" else ""
        stops = ": it stops" if after == 0 else ""
        yield Finding(
            risk, f"{code(change.item.title)}{which} has {after} replicas instead of {before}{stops}", (field,)
        )


def comes_or_goes(change: Change, _: Context) -> Iterator[Finding]:
    """A workload is new, or stops."""
    item = change.item
    if change.verb == "changed" or item.kind not in {*TEMPLATES, *_ONCE}:
        return
    if change.verb == "added":
        yield Finding(Risk.LOW, f"{code(item.title)} is new{of_release(item)}")
    else:
        risk = Risk.LOW if item.kind in _ONCE else Risk.MEDIUM
        yield Finding(risk, f"{code(item.title)} is removed{'' if item.kind in _ONCE else ': its pods stop'}")
