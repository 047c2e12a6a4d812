"""Panels: what each shows, and how it looks; with `grafana.py` all that knows grafana-foundation-sdk."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

with warnings.catch_warnings():
    # The SDK prefers its v2 model, but what Grafana provisions from files is the classic one.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models import (
        bargauge,
        gauge,
        heatmap,
        logs,
        piechart,
        prometheus,
        stat,
        statetimeline,
        table,
        timeseries,
    )
    from grafana_foundation_sdk.models import common as viz
    from grafana_foundation_sdk.models import dashboard as sdk
    from grafana_foundation_sdk.models import elasticsearch as search

Panel = sdk.Panel
Thresholds = sdk.ThresholdsConfig
Override = sdk.DashboardFieldConfigSourceOverrides
Query = tuple[str, str]  # PromQL (of a panel of logs: Lucene), name of the series
Link = tuple[str, str]  # title, URL

PROMETHEUS = viz.DataSourceRef(type_val="prometheus", uid="${datasource}")
ELASTICSEARCH = viz.DataSourceRef(type_val="elasticsearch", uid="elasticsearch")
LAST = viz.ReduceDataOptions(calcs=["lastNotNull"])
LEGEND = viz.VizLegendOptions(show_legend=True, calcs=["lastNotNull", "max"])
TOOLTIP = viz.VizTooltipOptions(viz.TooltipDisplayMode.MULTI, viz.SortOrder.DESCENDING)
SHARES = piechart.PieChartLegendOptions([piechart.PieChartLegendValues.PERCENT], show_legend=True)
OPTIONS = {
    "bargauge": bargauge.Options(reduce_options=LAST, orientation=viz.VizOrientation.HORIZONTAL),
    "gauge": gauge.Options(reduce_options=LAST),
    "heatmap": heatmap.Options(calculate=False, y_axis=heatmap.YAxisConfig(unit="s")),
    "logs": logs.Options(show_time=True, wrap_log_message=True, enable_log_details=True),
    "piechart": piechart.Options(reduce_options=LAST, legend=SHARES),
    "stat": stat.Options(reduce_options=LAST),
    "state-timeline": statetimeline.Options(legend=LEGEND, tooltip=TOOLTIP),
    "table": table.Options(),
    "timeseries": timeseries.Options(legend=LEGEND, tooltip=TOOLTIP),
}
GREATEST_FIRST = [
    sdk.DataTransformerConfig("sortBy", options={"sort": [{"field": "Value", "desc": True}]}),
    sdk.DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}),
]


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
    """A panel of Grafana's type `kind`; its id and place come with the dashboard. Log lines have no unit."""
    # The SDK has no type for data links: its class is the one of a dashboard's own links.
    links: list[Any] = [
        {"title": name, "url": url, "targetBlank": url[0] != "/"} for name, url in look.get("links", ())
    ]
    colors = "palette-classic" if kind in ("piechart", "timeseries") else "thresholds"
    fields = sdk.FieldConfig(
        unit=unit or None,
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
        datasource=ELASTICSEARCH if kind == "logs" else PROMETHEUS,
        targets=[_target(kind, position, query, look) for position, query in enumerate(queries)],
        transformations=GREATEST_FIRST if kind == "table" else None,
        options=OPTIONS[kind],
        field_config=sdk.FieldConfigSource(fields, list(look.get("overrides", ()))),
        interval=look.get("interval"),
        repeat=look.get("repeat"),
    )


def _target(kind: str, position: int, query: Query, look: Look) -> prometheus.Dataquery | search.Dataquery:
    if kind == "logs":
        lines = search.Dataquery(metrics=[search.Logs("1")], bucket_aggs=[], time_field="@timestamp")
        lines.ref_id, lines.datasource, lines.query = "A", ELASTICSEARCH, query[0]
        return lines
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
