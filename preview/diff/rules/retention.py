"""How long data is kept: less than before deletes what is older."""

from collections.abc import Iterator
from typing import Any

from preview.diff.context import Context, code
from preview.diff.fields import MISSING, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.quantities import seconds, size
from preview.diff.tree import Item

_METRICS = {"Prometheus": "metrics", "ThanosRuler": "rules' results", "Alertmanager": "silences and notifications"}


def of_daemon(change: Change, _: Context) -> Iterator[Finding]:
    """Retention of Prometheus and Alertmanager, by time and by size."""
    item = change.item
    kept = _METRICS.get(item.kind)
    for name in ("retention", "retentionSize") if kept and change.verb == "changed" else ():
        for field in change.under("spec", name):
            what = f"{code(item.title)} keeps {kept} {'for' if name == 'retention' else 'up to'}"
            yield _kept(what, (field,), field.before, field.after)


def of_indices(change: Change, _: Context) -> Iterator[Finding]:
    """The phase ``delete`` of a lifecycle policy of Elasticsearch."""
    for field in change.fields if change.verb == "changed" else ():
        if field.path[-4:-1] == ("policy", "phases", "delete") and field.path[-1] == "min_age":
            what = f"logs ({code(change.item.title)}, {code(field.path[1])}) are kept for"
            yield _kept(what, (field,), field.before, field.after)
        elif field.path[-3:] == ("policy", "phases", "delete"):
            end = "for ever" if field.after is MISSING else "no longer for ever: old ones are deleted"
            risk = Risk.MEDIUM if field.after is MISSING else Risk.DESTRUCTIVE
            yield Finding(risk, f"logs ({code(change.item.title)}, {code(field.path[1])}) are kept {end}", (field,))


def of_traces(change: Change, context: Context) -> Iterator[Finding]:
    """How many days Jaeger's cleaner leaves: its first argument, and what its chart is told."""
    before, after = change.before, change.after
    if before is None or after is None:
        return
    fields = tuple(field for field in change.fields if "args" in field.path)
    if after.kind == "CronJob" and "index-cleaner" in after.name and fields:
        old, new = (_days(item) for item in (before, after))
        if old != new and old.isdigit() and new.isdigit():
            yield _kept(f"{code(after.title)}: traces are kept for", fields, f"{old}d", f"{new}d")
    by_values = after.name in context.values_only
    for field in change.under("values", "esIndexCleaner", "numberOfDays") if by_values else ():
        what = f"release {code(after.name)}: traces are kept for"
        yield _kept(what, (field,), f"{field.before}d", f"{field.after}d")


def _days(item: Item) -> str:
    """The first argument of the first container."""
    containers = ((item.pod_template or {}).get("spec") or {}).get("containers") or [{}]
    return str((containers[0].get("args") or [""])[0])


def _kept(what: str, fields: tuple[Field, ...], before: Any, after: Any) -> Finding:
    moves = f"{what} {code(after)} instead of {code(before)}"
    old, new = _amount(before), _amount(after)
    if old is not None and new is not None and new < old:
        return Finding(Risk.DESTRUCTIVE, f"{moves}: what is beyond that is deleted", fields)
    return Finding(Risk.MEDIUM, f"{moves}: more room is needed" if old and new else moves, fields)


def _amount(value: Any) -> float | None:
    """Seconds or bytes."""
    return size(value) if (found := seconds(value)) is None else found
