"""Plots over time: lines, bars and heatmaps, with axes and legends."""

from collections.abc import Sequence
from typing import Any

from tests.live import svg
from tests.live.dash_queries import Span
from tests.live.plots import ROW, Area, Curve

LEFT, BOTTOM, RIGHT = 62, 16, 10
MOST_POINTS = 80
MOST_NAMES = 8
CELLS = 36


def graph(panel: dict[str, Any], found: list[Curve], at: Area, span: Span) -> list[str]:
    """Lines or bars of all series, those with an axis at the right on a scale of their own."""
    at, names = _legend(found, at)
    if panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") == "normal":
        found = _stacked(found)
    right = [curve for curve in found if curve.look.get("custom.axisPlacement") == "right"]
    left = [curve for curve in found if curve not in right]
    inner = Area(at.x + LEFT, at.y, at.width - LEFT - (LEFT if right else RIGHT), at.height - BOTTOM)
    parts = [*names, *_times(inner, span)]
    for group, x, anchor in ((left, inner.x - 5, "end"), (right, inner.x + inner.width + 5, "start")):
        if group:
            low, high = _bounds(group, panel)
            parts += _axis(inner, low, high, group[0].unit, x, anchor)
            parts += [_curve(curve, inner, span, low, high) for curve in group]
            parts += _limits(panel, inner, low, high) if group is left else []
    return parts


def _stacked(found: list[Curve]) -> list[Curve]:
    """Each on top of those before it."""
    sums: dict[float, float] = {}
    stacked = []
    for curve in found:
        sums.update({moment: sums.get(moment, 0) + value for moment, value in curve.points})
        points = [(moment, sums[moment]) for moment, _ in curve.points]
        stacked.append(Curve(curve.name, curve.labels, points, curve.unit, curve.color, curve.look))
    return stacked


def _bounds(group: Sequence[Curve], panel: dict[str, Any]) -> tuple[float, float]:
    values = [value for curve in group for _, value in curve.points]
    limits = panel["fieldConfig"]["defaults"]
    low, high = limits.get("min"), limits.get("max")
    low = min(0, *values, 0) if low is None else low
    high = max(values) * 1.05 if high is None else high
    return low, high if high > low else low + 1


def _axis(at: Area, low: float, high: float, unit: str, x: float, anchor: str) -> list[str]:
    parts = []
    for share in (0, 0.5, 1):
        y = at.y + at.height * (1 - share)
        parts.append(svg.line([(at.x, y), (at.x + at.width, y)], svg.LINE, width=1))
        parts.append(svg.text(x, y + 4, svg.shown(low + (high - low) * share, unit), 10, svg.PALE, anchor))
    return parts


def _times(at: Area, span: Span) -> list[str]:
    length = span.end - span.start
    unit, size = ("d", 86400) if length > 2 * 86400 else ("min", 60) if length > 600 else ("s", 1)
    y = at.y + at.height + BOTTOM - 3
    begin, middle = (f"-{length * share / size:.2g} {unit}" for share in (1, 0.5))
    return [
        svg.text(at.x, y, begin, 10, svg.PALE),
        svg.text(at.x + at.width / 2, y, middle, 10, svg.PALE, "middle"),
        svg.text(at.x + at.width, y, "now", 10, svg.PALE, "end"),
    ]


def _curve(curve: Curve, at: Area, span: Span, low: float, high: float) -> str:
    def y(value: float) -> float:
        return at.y + at.height * (1 - (min(max(value, low), high) - low) / (high - low))

    every = max(1, len(curve.points) // MOST_POINTS)
    points = [(_x(moment, at, span), y(value)) for moment, value in curve.points[::-1][::every][::-1]]
    if curve.look.get("drawStyle") == "bars":
        width = max(1, at.width / ((span.end - span.start) / span.step / every) * 0.7)
        return "".join(svg.box(x - width, top, width, y(0) - top, curve.color, 0.6) for x, top in points)
    return svg.line(points, curve.color, dashed="custom.lineStyle" in curve.look)


def _x(moment: float, at: Area, span: Span) -> float:
    return at.x + at.width * (moment - span.start) / (span.end - span.start)


def _limits(panel: dict[str, Any], at: Area, low: float, high: float) -> list[str]:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    heights = [(at.y + at.height * (1 - (step["value"] - low) / (high - low)), step) for step in steps if step["value"]]
    ends = (at.x, at.x + at.width)
    return [
        svg.line([(x, y) for x in ends], svg.color(step["color"]), dashed=True, width=1)
        for y, step in heights
        if at.y <= y <= at.y + at.height
    ]


def _legend(found: list[Curve], at: Area) -> tuple[Area, list[str]]:
    """Names below the plot, as many as fit."""
    x, y, parts = at.x, at.y + at.height - 4, []
    for number, curve in enumerate(found):
        name = svg.cut(curve.name, 200)
        width = 22 + len(name) * 11 * svg.CHARACTER
        if number >= MOST_NAMES or x + width > at.x + at.width - 40:
            parts.append(svg.text(x, y, f"+{len(found) - number}", 11, svg.PALE))
            break
        parts += [svg.box(x, y - 5, 12, 3, curve.color), svg.text(x + 16, y, name, 11, svg.PALE)]
        x += width
    return Area(at.x, at.y, at.width, at.height - ROW), parts


def heatmap(_: dict[str, Any], found: list[Curve], at: Area, span: Span) -> list[str]:
    """Cells of time and bucket: the darker, the more requests."""
    rows = sorted(found, key=lambda curve: float(curve.labels["le"]))
    inner = Area(at.x + LEFT, at.y, at.width - LEFT - RIGHT, at.height - BOTTOM)
    height, width = inner.height / len(rows), inner.width / CELLS
    counts: list[dict[int, float]] = []
    for curve in rows:
        latest = [(min(CELLS - 1, int((_x(t, inner, span) - inner.x) / width)), value) for t, value in curve.points]
        counts.append(dict(latest))
    # Buckets of Prometheus hold all smaller ones as well.
    own = [
        {cell: max(0.0, value - below.get(cell, 0.0)) for cell, value in cells.items()}
        for below, cells in zip([{}, *counts[:-1]], counts, strict=True)
    ]
    most = max((value for cells in own for value in cells.values()), default=0) or 1
    parts = _times(inner, span)
    for number, (curve, cells) in enumerate(zip(rows, own, strict=True)):
        y = inner.y + inner.height - height * (number + 1)
        bound = float(curve.labels["le"])
        label = svg.shown(bound, "s") if bound != float("inf") else "more"
        parts.append(svg.text(inner.x - 5, y + height / 2 + 4, label, 10, svg.PALE, "end"))
        parts += [
            svg.box(inner.x + width * cell, y, width - 1, height - 1, "#ff9830", 0.12 + 0.88 * value / most)
            for cell, value in cells.items()
            if value
        ]
    return parts
