"""Dashboards: variables, annotations, layout and JSON; with `panels.py` all that knows grafana-foundation-sdk."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .panels import PROMETHEUS, Panel

with warnings.catch_warnings():
    # See panels.py.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as sdk

Dashboard = sdk.Dashboard
Variable = sdk.VariableModel
Annotation = sdk.AnnotationQuery

DEFAULT = sdk.VariableOption(text="Prometheus", value="prometheus")
DATASOURCE = Variable(sdk.VariableType.DATASOURCE, "datasource", "Data source", query="prometheus", current=DEFAULT)


class Row(NamedTuple):
    """Panels side by side; `widths` are columns of the 24 of the grid, all equal when left out."""

    panels: Sequence[Panel]
    height: int = 8
    widths: Sequence[int] = ()


def variable(name: str, query: str) -> Variable:
    """A filter with several values or All, filled by a Prometheus query."""
    everything = sdk.VariableOption(text=["All"], value=["$__all"])
    shown = Variable(sdk.VariableType.QUERY, name, label=name.capitalize(), query=query, current=everything)
    shown.datasource, shown.definition = PROMETHEUS, query
    shown.multi, shown.include_all, shown.all_value = True, True, ".*"
    shown.refresh, shown.sort = sdk.VariableRefresh.ON_TIME_RANGE_CHANGED, sdk.VariableSort.ALPHABETICAL_ASC
    return shown


def annotation(name: str, color: str, expr: str, text: str) -> Annotation:
    """Marks on every graph for as long as the query returns a series."""
    return Annotation(name, PROMETHEUS, icon_color=color, expr=expr, title_format=name, text_format=text)


def dashboard(
    uid: str,
    title: str,
    tags: list[str],
    since: str,
    variables: list[Variable],
    annotations: list[Annotation],
    content: Mapping[str, Sequence[Row]],
) -> Dashboard:
    """A read-only dashboard of rows under headings, linked with the others of its first tag."""
    shown = Dashboard(uid=uid, title=title, tags=tags, timezone="browser", editable=False, refresh="30s")
    shown.graph_tooltip = sdk.DashboardCursorSync.CROSSHAIR
    shown.time = sdk.DashboardDashboardTime(since, "now")
    shown.templating.list_val = [DATASOURCE, *variables]
    shown.annotations.list_val = annotations
    others = sdk.DashboardLink("Dashboards", sdk.DashboardLinkType.DASHBOARDS, tags=tags[:1], as_dropdown=True)
    others.include_vars = others.keep_time = True
    others.placement = None  # type: ignore[assignment]  # the SDK puts it in a menu that shows no dropdowns
    shown.links = [others]
    shown.panels = _layout(content)
    return shown


def _layout(content: Mapping[str, Sequence[Row]]) -> list[Panel | sdk.RowPanel]:
    placed: list[Panel | sdk.RowPanel] = []
    y = 0
    for heading, rows in content.items():
        placed.append(sdk.RowPanel(title=heading, grid_pos=sdk.GridPos(1, 24, 0, y)))
        y += 1
        for row in rows:
            x = 0
            widths = row.widths or [24 // len(row.panels)] * len(row.panels)
            for shown, width in zip(row.panels, widths, strict=True):
                shown.grid_pos = sdk.GridPos(row.height, width, x, y)
                placed.append(shown)
                x += width
            y += row.height
    for number, entry in enumerate(placed, start=1):
        entry.id_val = number
    return placed


def to_json(shown: Dashboard) -> str:
    """The bare dashboard object, in stable order."""
    return json.dumps(shown, cls=JSONEncoder, sort_keys=True, indent=2)
