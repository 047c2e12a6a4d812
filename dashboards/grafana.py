"""The only module that knows grafana-foundation-sdk: panels, variables, layout and JSON of a dashboard."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict, Unpack

with warnings.catch_warnings():
    # The SDK prefers its v2 model, but what Grafana provisions from files is the classic one.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import bargauge, gauge, heatmap, piechart, prometheus, stat, statetimeline, table
    from grafana_foundation_sdk.models import common as viz
    from grafana_foundation_sdk.models import dashboard as sdk
    from grafana_foundation_sdk.models import timeseries as lines

Dashboard = sdk.Dashboard
Panel = sdk.Panel
Variable = sdk.VariableModel
Annotation = sdk.AnnotationQuery
Thresholds = sdk.ThresholdsConfig
Override = sdk.DashboardFieldConfigSourceOverrides
Query = tuple[str, str]  # PromQL, name of the series
Link = tuple[str, str]  # title, URL

PROMETHEUS = viz.DataSourceRef(type_val="prometheus", uid="${datasource}")
LAST = viz.ReduceDataOptions(calcs=["lastNotNull"])
LEGEND = viz.VizLegendOptions(show_legend=True, calcs=["lastNotNull", "max"])
TOOLTIP = viz.VizTooltipOptions(viz.TooltipDisplayMode.MULTI, viz.SortOrder.DESCENDING)
SHARES = piechart.PieChartLegendOptions([piechart.PieChartLegendValues.PERCENT], show_legend=True)
OPTIONS = {
    "bargauge": bargauge.Options(reduce_options=LAST, orientation=viz.VizOrientation.HORIZONTAL),
    "gauge": gauge.Options(reduce_options=LAST),
    "heatmap": heatmap.Options(calculate=False, y_axis=heatmap.YAxisConfig(unit="s")),
    "piechart": piechart.Options(reduce_options=LAST, legend=SHARES),
    "stat": stat.Options(reduce_options=LAST),
    "state-timeline": statetimeline.Options(legend=LEGEND, tooltip=TOOLTIP),
    "table": table.Options(),
    "timeseries": lines.Options(legend=LEGEND, tooltip=TOOLTIP),
}
GREATEST_FIRST = [
    sdk.DataTransformerConfig("sortBy", options={"sort": [{"field": "Value", "desc": True}]}),
    sdk.DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}),
]
DEFAULT = sdk.VariableOption(text="Prometheus", value="prometheus")
DATASOURCE = Variable(sdk.VariableType.DATASOURCE, "datasource", "Data source", query="prometheus", current=DEFAULT)


class Row(NamedTuple):
    """Panels side by side; `widths` are columns of the 24 of the grid, all equal when left out."""

    panels: Sequence[Panel]
    height: int = 8
    widths: Sequence[int] = ()


class Look(TypedDict, total=False):
    """What a panel may add to title, description, unit and queries."""

    thresholds: Thresholds
    links: Sequence[Link]
    overrides: Sequence[Override]
    low: float
    high: float
    interval: str  # least distance between two points
    repeat: str  # a variable: one panel for each of its values
    axis: str  # label of the y axis
    bars: bool
    stacked: bool
    exemplars: bool
    sparkline: bool


def thresholds(base: str, *steps: tuple[float, str]) -> Thresholds:
    """Colour `base`, and from each value upwards the colour beside it."""
    return Thresholds(steps=[sdk.Threshold(None, base), *(sdk.Threshold(value, color) for value, color in steps)])


def override(name: str, properties: Mapping[str, object]) -> Override:
    """Properties of the series and columns whose whole name matches the expression `name`."""
    values = [sdk.DynamicConfigValue(key, value) for key, value in properties.items()]
    return Override(matcher=sdk.MatcherConfig("byRegexp", f"/^{name}$/"), properties=values)


def panel(kind: str, title: str, description: str, unit: str, *queries: Query, **look: Unpack[Look]) -> Panel:
    """A panel of Grafana's type `kind`; its id and place come with the dashboard."""
    # The SDK has no type for data links: its class is the one of a dashboard's own links.
    links: list[Any] = [
        {"title": name, "url": url, "targetBlank": url[0] != "/"} for name, url in look.get("links", ())
    ]
    colors = "palette-classic" if kind in ("piechart", "timeseries") else "thresholds"
    fields = sdk.FieldConfig(
        unit=unit,
        min_val=look.get("low"),
        max_val=look.get("high"),
        color=sdk.FieldColor(sdk.FieldColorModeId(colors)),
        thresholds=look.get("thresholds") or thresholds("green"),  # Grafana's own default is red from 80 on
        links=links or None,
        custom=_graph(look) if kind == "timeseries" else None,
    )
    return Panel(
        kind,
        title=title,
        description=description,
        datasource=PROMETHEUS,
        targets=[_target(kind, position, query, look) for position, query in enumerate(queries)],
        transformations=GREATEST_FIRST if kind == "table" else None,
        options=OPTIONS[kind],
        field_config=sdk.FieldConfigSource(fields, list(look.get("overrides", ()))),
        interval=look.get("interval"),
        repeat=look.get("repeat"),
    )


def _target(kind: str, position: int, query: Query, look: Look) -> prometheus.Dataquery:
    history = kind in ("heatmap", "state-timeline", "timeseries") or look.get("sparkline", False)
    return prometheus.Dataquery(
        ref_id="ABCDEFGH"[position],
        datasource=PROMETHEUS,
        expr=query[0],
        legend_format=query[1],
        format_val=prometheus.PromQueryFormat(kind if kind in ("heatmap", "table") else "time_series"),
        instant=not history,
        range_val=history,
        exemplar=look.get("exemplars", False),
    )


def _graph(look: Look) -> viz.GraphFieldConfig:
    limits = viz.GraphThresholdsStyleMode("dashed" if "thresholds" in look else "off")
    return viz.GraphFieldConfig(
        draw_style=viz.GraphDrawStyle("bars" if look.get("bars") else "line"),
        fill_opacity=60 if look.get("bars") else 10,
        axis_label=look.get("axis"),
        axis_soft_min=0,
        thresholds_style=viz.GraphThresholdsStyleConfig(limits),
        stacking=viz.StackingConfig(viz.StackingMode("normal" if look.get("stacked") else "none"), "A"),
    )


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
