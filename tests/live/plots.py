"""What a panel shows, drawn from the answers to its queries: a plot for each of the panel types that are used here."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.live import svg
from tests.live.dash_queries import Answer, Span

Points = list[tuple[float, float]]
LEGEND_LINES = 2
ROW = 17
NOTHING = "no data"


@dataclass(frozen=True)
class Area:
    """Where on the picture, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Curve:
    """A series with its name and look."""

    name: str
    labels: dict[str, str]
    points: Points
    unit: str
    color: str
    look: dict[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


def curves(panel: dict[str, Any], answers: Sequence[Answer]) -> list[Curve]:
    """All series of a panel, named by their legends, with the overrides of the panel."""
    defaults, found = panel["fieldConfig"]["defaults"], list[Curve]()
    for answer in answers:
        for labels, points in answer.series:
            name = _name(answer.target.get("legendFormat") or "", labels)
            if not points:
                continue
            look = {**defaults.get("custom", {}), **_overrides(panel, name)}
            if look.get("custom.transform") == "negative-Y":
                points = [(moment, -value) for moment, value in points]  # noqa: PLW2901 - the same points, upside down
            fixed = look.get("color", {}).get("fixedColor")
            color = svg.color(fixed) if fixed else svg.PALETTE[len(found) % len(svg.PALETTE)]
            unit = look.get("unit") or defaults.get("unit", "none")
            found.append(Curve(name, labels, points, unit, color, look))
    return found


def _name(legend: str, labels: dict[str, str]) -> str:
    named = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match[1], ""), legend)
    return named or ", ".join(value for name, value in sorted(labels.items()) if not name.startswith("__"))


def _overrides(panel: dict[str, Any], name: str) -> dict[str, Any]:
    found = {}
    for override in panel["fieldConfig"]["overrides"]:
        if re.fullmatch(override["matcher"]["options"].strip("/"), name):
            found.update({each["id"]: each["value"] for each in override["properties"]})
    return found


def limit(panel: dict[str, Any], value: float) -> str:
    """The colour of a value by the panel's thresholds."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    passed = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return svg.color(passed[-1])


def stat(panel: dict[str, Any], found: list[Curve], at: Area, _: Span) -> list[str]:
    """Large values."""
    share = at.height / len(found)
    parts = []
    for position, curve in enumerate(found):
        y = at.y + share * (position + 0.5)
        value = svg.shown(curve.last, curve.unit)
        size = int(min(30, share * 0.5, at.width / (len(value) * svg.CHARACTER) * 0.9))
        parts.append(svg.text(at.x + at.width / 2, y + size / 3, value, size, limit(panel, curve.last), "middle"))
        if len(found) > 1:
            parts.append(svg.text(at.x + 4, y + 4, svg.cut(curve.name, at.width / 3), 11, svg.PALE))
    return parts


def bars(panel: dict[str, Any], found: list[Curve], at: Area, _: Span) -> list[str]:
    """A bar for each value, between the panel's least and greatest."""
    most = panel["fieldConfig"]["defaults"].get("max") or max(curve.last for curve in found) or 1
    share = min(at.height / len(found), 44)
    parts = []
    for position, curve in enumerate(found):
        y, width = at.y + share * position, at.width - 70
        parts += [
            svg.text(at.x, y + 11, svg.cut(curve.name, at.width), 11, svg.PALE),
            svg.box(at.x, y + 16, width, share - 22, svg.LINE),
            svg.box(at.x, y + 16, width * min(1, max(0, curve.last / most)), share - 22, limit(panel, curve.last)),
            svg.text(at.x + at.width, y + 14 + share / 2 - 4, svg.shown(curve.last, curve.unit), 13, svg.INK, "end"),
        ]
    return parts


def table(panel: dict[str, Any], found: list[Curve], at: Area, _: Span) -> list[str]:
    """The greatest values first, with their labels."""
    columns = sorted({name for curve in found for name in curve.labels})
    heading = _overrides(panel, "Value").get("displayName", "Value")
    width = at.width / (len(columns) + 1)
    rows: list[tuple[list[str], str]] = [([*columns, heading], svg.PALE)]
    for curve in sorted(found, key=lambda curve: -curve.last)[: int(at.height / ROW) - 1]:
        cells = [*(curve.labels.get(name, "") for name in columns), svg.shown(curve.last, curve.unit)]
        rows.append((cells, limit(panel, curve.last)))
    return [
        svg.text(at.x + width * column, at.y + ROW * (line + 1) - 5, svg.cut(cell, width - 6), 11, fill)
        for line, (cells, last) in enumerate(rows)
        for column, cell in enumerate(cells)
        for fill in [last if column == len(columns) or not line else svg.INK]
    ]


def pie(_: dict[str, Any], found: list[Curve], at: Area, __: Span) -> list[str]:
    """Shares of the whole."""
    total, begin, parts = sum(curve.last for curve in found) or 1, 0.0, []
    radius = min(at.height / 2 - 2, at.width / 4)
    for position, curve in enumerate(found):
        end = begin + curve.last / total
        parts.append(svg.slice_of_pie(at.x + radius, at.y + at.height / 2, radius, begin, end, curve.color))
        label = f"{curve.name}  {svg.shown(curve.last, curve.unit)}  {svg.number((end - begin) * 100)}%"
        parts.append(svg.text(at.x + 2 * radius + 20, at.y + ROW * (position + 1), label, 11, curve.color))
        begin = end
    return parts


def states(panel: dict[str, Any], found: list[Curve], at: Area, span: Span) -> list[str]:
    """A strip for each series, in the colours of its values."""
    share, left = min(at.height / len(found), 40), at.width * 0.25
    scale = (at.width - left) / (span.end - span.start)
    parts = []
    for position, curve in enumerate(found):
        y = at.y + share * position
        parts.append(svg.text(at.x, y + share / 2 + 4, svg.cut(curve.name, left - 6), 11, svg.PALE))
        begin = curve.points[0]
        for point, after in zip(curve.points, [*curve.points[1:], None], strict=True):
            if after is None or after[1] != begin[1]:
                fill = curve.color if "color" in curve.look else limit(panel, begin[1])
                until = point[0] + span.step if after is None else after[0]
                x = at.x + left + (begin[0] - span.start) * scale
                parts.append(svg.box(x, y + 2, (min(until, span.end) - begin[0]) * scale, share - 4, fill, 0.8))
                begin = after or begin
    return parts


Plot = Callable[[dict[str, Any], list[Curve], Area, Span], list[str]]
