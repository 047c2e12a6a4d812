"""Drawings in SVG: shapes, colours, and values with their units, as far as the panels of a dashboard need them."""

import math
from collections.abc import Iterable, Sequence
from html import escape

PALETTE = ("#5794f2", "#ff9830", "#73bf69", "#b877d9", "#f2495c", "#fade2a", "#8ab8ff", "#ffb357", "#96d98d", "#ca95e5")
NAMED = {"green": "#73bf69", "yellow": "#fade2a", "red": "#f2495c", "blue": "#5794f2"}
FRAME, PAPER, INK, PALE, LINE = "#181b1f", "#111217", "#ccccdc", "#8e8e9a", "#2c3235"
FONT = "Inter, Helvetica, Arial, sans-serif"
CHARACTER = 0.61
"""Mean width of a character, as a share of the font's size."""
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
SUFFIXES = {"bytes": "B", "Bps": "B/s", "reqps": " req/s", "ops": " ops/s", "eps": " ev/s", "opm": " ops/min"}


def number(value: float) -> str:
    """At most three digits that count."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def shown(value: float, unit: str) -> str:
    """A value with its unit, about as Grafana writes it."""
    if unit == "percentunit":
        return f"{number(value * 100)}%"
    if unit == "bool_on_off":
        return "On" if value else "Off"
    if unit == "s":
        return f"{number(value)} s" if abs(value) >= 1 or not value else f"{number(value * 1000)} ms"
    for size, prefix in PREFIXES:
        if abs(value) >= size:
            return f"{number(value / size)} {prefix}{_suffix(unit).strip()}".rstrip()
    return f"{number(value)}{_suffix(unit)}"


def _suffix(unit: str) -> str:
    return f" {unit.removeprefix('currency')}" if unit.startswith("currency") else SUFFIXES.get(unit, "")


def color(name: str) -> str:
    """What stands for a colour of Grafana."""
    return NAMED.get(name, name)


def text(x: float, y: float, content: str, size: int = 11, fill: str = INK, anchor: str = "start") -> str:
    """A line of text; x is its start, middle or end."""
    anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{fill}"{anchored}>{escape(content)}</text>'


def cut(content: str, width: float, size: int = 11) -> str:
    """The text as far as it fits into a width."""
    most = max(1, int(width / (size * CHARACTER)))
    return content if len(content) <= most else f"{content[: most - 1]}…"


def box(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1) -> str:
    """A rectangle; nothing where it would have no size."""
    if width <= 0 or height <= 0:
        return ""
    faint = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{faint}/>'


def line(points: Sequence[tuple[float, float]], stroke: str, dashed: bool = False, width: float = 1.5) -> str:
    """A line through points; a single one is a short dash."""
    if len(points) == 1:
        ((x, y),) = points
        points = [(x - 3, y), (x + 3, y)]
    way = " ".join(f"{x:.0f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{way}" fill="none" stroke="{stroke}" stroke-width="{width}"{dashes}/>'


def slice_of_pie(x: float, y: float, radius: float, begin: float, end: float, fill: str) -> str:
    """A slice between two shares of the circle, from 0 at the top to 1."""
    if end - begin > 0.999:
        return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{fill}"/>'
    angles = (2 * math.pi * begin, 2 * math.pi * end)
    (ax, ay), (bx, by) = ((x + radius * math.sin(a), y - radius * math.cos(a)) for a in angles)
    large = int(end - begin > 0.5)
    arc = f"A{radius:.0f},{radius:.0f} 0 {large} 1 {bx:.1f},{by:.1f}"
    return f'<path d="M{x:.0f},{y:.0f} L{ax:.1f},{ay:.1f} {arc} Z" fill="{fill}"/>'


def picture(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """The whole file; the label is for who cannot see it."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">'
    body = "\n".join(part for part in parts if part)
    return f"{head}\n<title>{escape(label)}</title>\n{box(0, 0, width, height, PAPER)}\n{body}\n</svg>\n"
