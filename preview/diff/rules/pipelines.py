"""What handles logs on their way, and other content that has no kind of its own."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from preview.diff.context import Context, code, listed
from preview.diff.fields import Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.dashboards import dashboards

_TEXT = "config.string"


def pipelines(change: Change, _: Context) -> Iterator[Finding]:
    """Logstash's pipelines."""
    fields = change.under("spec", "pipelines") if change.item.kind == "Logstash" and change.verb == "changed" else ()
    for field in fields:
        name = code(field.path[2] if len(field.path) > 2 else "all")  # noqa: PLR2004 - spec.pipelines[main]
        what = _lines(field) if field.path[-1] == _TEXT else f"other {code(field.path[-1])}"
        yield Finding(Risk.MEDIUM, f"log pipeline {name} of {code(change.item.title)}: {what}", (field,))


def _lines(field: Field) -> str:
    """How many lines come and go."""
    old, new = (value.splitlines() if isinstance(value, str) else [] for value in (field.before, field.after))
    steps = [s for s in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if s[0] != "equal"]
    return f"{sum(s[4] - s[3] for s in steps)} lines added, {sum(s[2] - s[1] for s in steps)} removed"


def config_maps(change: Change, context: Context) -> Iterator[Finding]:
    """A ConfigMap that is no dashboard: who reads it sees the change."""
    item = change.item
    if item.kind != "ConfigMap" or any(dashboards(change, context)):
        return
    if change.verb != "changed":
        risk = Risk.MEDIUM if change.verb == "removed" else Risk.LOW
        yield Finding(risk, f"{code(item.title)} is {'removed' if change.verb == 'removed' else 'new'}")
    elif fields := (*change.under("data"), *change.under("binaryData")):
        keys = listed(sorted({field.path[1] if len(field.path) > 1 else field.path[0] for field in fields}))
        yield Finding(Risk.LOW, f"{code(item.title)} has other content ({keys})", fields)


def probes(change: Change, _: Context) -> Iterator[Finding]:
    """What Prometheus scrapes or probes."""
    item = change.item
    if item.kind not in ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig"):
        return
    if change.verb == "removed":
        yield Finding(Risk.MEDIUM, f"{code(item.title)} is removed: its metrics end, and alerts on them")
    elif change.verb == "added":
        yield Finding(Risk.LOW, f"{code(item.title)} is new")
    elif fields := change.under("spec"):
        places = listed(sorted({field.place for field in fields}))
        yield Finding(Risk.MEDIUM, f"{code(item.title)} scrapes otherwise ({places})", fields)
