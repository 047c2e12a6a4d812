"""Draw each dashboard from live data: ``python -m tests.live.pictures`` writes docs/dashboards/<uid>.svg."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import dashboards
from tests.live import dash_queries, dash_world, graphs, plots, svg
from tests.live.dash_queries import Answer, Span
from tests.live.plots import Area, Curve, Plot
from tools import find

FOLDER = Path(__file__).parents[2] / "docs" / "dashboards"
TOOLS = ("prometheus", "promtool", "alertmanager", "blackbox_exporter")
COLUMN, LINE, GAP, TITLE = 50, 26, 6, 26
"""Pixels of a column and a line of Grafana's grid, between panels, and of a panel's title."""
SPACE = "{http://www.w3.org/2000/svg}"
PLOTS: Mapping[str, Plot] = {
    "bargauge": plots.bars,
    "gauge": plots.bars,
    "heatmap": graphs.heatmap,
    "piechart": plots.pie,
    "stat": plots.stat,
    "state-timeline": plots.states,
    "table": plots.table,
    "timeseries": graphs.graph,
}
NOTE = "log lines come from Elasticsearch, which is not part of this drawing"


def span(board: dict[str, Any], world: dash_world.World) -> Span:
    """What is drawn: a week where that is what the dashboard opens with, otherwise the time of the scenarios."""
    if board["time"]["from"] == "now-7d":
        return Span(world.end - dash_world.WEEK, world.end, step=3600, rate=2 * 3600)
    return Span(world.start, world.end, step=1, rate=15)


def draw(board: dict[str, Any], answers: Mapping[int, list[Answer]], shown: Span) -> str:
    """The dashboard as a picture; answers by the id of the panel."""
    parts, height = [], 0.0
    for panel in board["panels"]:
        at = panel["gridPos"]
        area = Area(at["x"] * COLUMN + GAP, at["y"] * LINE + GAP, at["w"] * COLUMN - GAP, at["h"] * LINE - GAP)
        height = max(height, area.y + area.height + GAP)
        if panel["type"] == "row":
            parts.append(svg.text(area.x + 4, area.y + 15, panel["title"], 14))
        else:
            parts += _panel(panel, answers.get(panel["id"], []), area, shown)
    return svg.picture(24 * COLUMN + GAP, height, parts, f"{board['title']}: a drawing, not Grafana")


def _panel(panel: dict[str, Any], answers: list[Answer], area: Area, shown: Span) -> list[str]:
    frame = [
        svg.box(area.x, area.y, area.width, area.height, svg.FRAME),
        svg.text(area.x + 8, area.y + 17, panel["title"], 12),
    ]
    inner = Area(area.x + 8, area.y + TITLE, area.width - 16, area.height - TITLE - 6)
    found = plots.curves(panel, answers)
    if panel["type"] in PLOTS and found:
        groups = _repeated(panel, found)
        width = inner.width / len(groups)
        areas = [Area(inner.x + width * n, inner.y, width, inner.height) for n in range(len(groups))]
        plot = PLOTS[panel["type"]]
        return [
            *frame,
            *(part for group, at in zip(groups, areas, strict=True) for part in plot(panel, group, at, shown)),
        ]
    why = NOTE if panel["type"] == "logs" else plots.NOTHING
    return [*frame, svg.text(area.x + area.width / 2, area.y + area.height / 2, why, 12, svg.PALE, "middle")]


def _repeated(panel: dict[str, Any], found: list[Curve]) -> list[list[Curve]]:
    """The series of each of the panels that Grafana makes of a repeated one."""
    if not (label := panel.get("repeat")):
        return [found]
    values = sorted({curve.labels.get(label, "") for curve in found})
    return [[curve for curve in found if curve.labels.get(label, "") == value] for value in values]


def of_world(board: dict[str, Any], world: dash_world.World) -> str:
    """The dashboard as a picture of what there is now."""
    shown = span(board, world)
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    return draw(board, {p["id"]: dash_queries.of_panel(world.prometheus, p, shown) for p in panels}, shown)


def missing(board: dict[str, Any], picture: str) -> list[str]:
    """Titles of panels and rows that a picture does not have."""
    texts = {element.text for element in ET.fromstring(picture).iter(f"{SPACE}text")}  # noqa: S314 - our own
    return [panel["title"] for panel in board["panels"] if panel["title"] not in texts]


def main() -> int:
    """Draw all; 2 when a tool is missing."""
    tools = {name: path for name in TOOLS if (path := find(name))}
    if missing := sorted(set(TOOLS) - set(tools)):
        sys.stderr.write(f'needs {", ".join(missing)}: make tools TOOLS="{" ".join(missing)}"\n')
        return 2
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, dash_world.world(tools, Path(folder), dash_world.TWO_WEEKS) as world:
        for uid, text in dashboards.render().items():
            file = FOLDER / f"{uid}.svg"
            file.write_text(of_world(json.loads(text), world))
            sys.stdout.write(f"{file}: {file.stat().st_size // 1000} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
