"""Dashboards: panels and their queries, by title."""

from collections.abc import Iterator, Mapping
from typing import Any

from preview.diff.context import Context, code
from preview.diff.fields import MISSING, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.structure import structure

_QUERIES = frozenset({"expr", "query", "rawSql", "target"})


def dashboards(change: Change, _: Context) -> Iterator[Finding]:
    """What differs in the dashboards of a ConfigMap."""
    if change.item.kind != "ConfigMap":
        return
    labels = (change.item.manifest.get("metadata") or {}).get("labels") or {}
    if change.verb != "changed":
        for text in (change.item.manifest.get("data") or {}).values() if "grafana_dashboard" in labels else ():
            if _is_dashboard(board := _board(text)):
                gone = change.verb == "removed"
                yield Finding(Risk.LOW, f"dashboard {code(board.get('title'))} is {'removed' if gone else 'new'}")
        return
    for field in change.under("data", "*"):
        sides = [(item.manifest.get("data") or {}).get(field.path[1]) for item in (change.before, change.after) if item]
        board = next((found for side in reversed(sides) if _is_dashboard(found := _board(side))), None)
        if board is not None:
            yield _of_field(board, field)


def _board(text: Any) -> Any:
    return structure(text) if isinstance(text, str) else None


def _is_dashboard(data: Any) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("panels"), list)


def _titles(panels: Any) -> dict[str, str]:
    """Titles of panels by what they are matched by where two have the same title: id, or type and title."""
    found: dict[str, str] = {}
    for panel in panels if isinstance(panels, list) else ():
        if isinstance(panel, Mapping):
            title = str(panel.get("title") or panel.get("id"))
            names = (str(panel.get("id")), f"{panel.get('type')} {title}")
            found |= {**dict.fromkeys(names, title), **_titles(panel.get("panels"))}
    return found


def _of_field(data: Mapping[str, Any], field: Field) -> Finding:
    path, titles = field.path[2:], _titles(data["panels"])
    board = f"dashboard {code(data.get('title'))}"
    if not path:
        gone, new = field.after is MISSING, field.before is MISSING
        return Finding(Risk.LOW, f"{board} is {'removed' if gone else 'new' if new else 'written otherwise'}", (field,))
    panel, rest = "", path
    # A row holds panels of its own.
    while len(rest) > 1 and rest[0] == "panels":
        panel, rest = titles.get(rest[1], rest[1]), rest[2:]
    what = f"{board}, panel {code(panel)}" if panel else board
    if panel and not rest and MISSING in (field.before, field.after):
        gone = field.after is MISSING
        return Finding(Risk.LOW, f"{board}: panel {code(panel)} is {'removed' if gone else 'new'}", (field,))
    if rest and rest[-1] in _QUERIES and "targets" in rest:
        moves = f"{code(field.after)} instead of {code(field.before)}"
        return Finding(Risk.LOW, f"{what}: query {moves}", (field,))
    if rest[:1] == ("targets",) and len(rest) <= 2:  # noqa: PLR2004 - targets[A]
        gone = field.after is MISSING
        return Finding(Risk.LOW, f"{what}: a query is {'removed' if gone else 'new'}", (field,))
    if rest[:1] == ("templating",):
        return Finding(Risk.LOW, f"{board}: other variables", (field,))
    return Finding(Risk.LOW, f"{what}: other {code('.'.join(rest) or 'order of panels')}", (field,))
