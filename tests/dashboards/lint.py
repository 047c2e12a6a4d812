"""Rules for a dashboard as plain functions over its JSON: each returns what is wrong, nothing when all is well."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from itertools import combinations
from typing import Any

import promql_parser

Json = dict[str, Any]
Rule = Callable[[Json], list[str]]

KINDS = {"bargauge", "gauge", "heatmap", "logs", "piechart", "stat", "state-timeline", "table", "timeseries"}
WITH_LEGEND = {"heatmap", "piechart", "state-timeline", "timeseries"}
COLUMNS = 24
SOURCES = {"prometheus": "${datasource}", **{uid: uid for uid in ("alertmanager", "elasticsearch", "jaeger")}}
WINDOWS = {"$__rate_interval", "$__range"}
SHORTEST_FIXED_WINDOW = timedelta(hours=1)
ANNOTATIONS = ("Critical alerts", "Deployments")
SETTINGS = {"refresh": "30s", "timezone": "browser", "editable": False, "graphTooltip": 1}
DURATION_VARIABLES = re.compile(r"\$__(rate_interval|interval|range)\b|\$\{__(rate_interval|interval|range)\}")
VARIABLES = re.compile(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})")
LABEL_VALUES = re.compile(r"label_values\((.+),\s*(\w+)\)")


def panels(dashboard: Json) -> Iterator[Json]:
    """All panels but the headings, also those inside collapsed rows."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", ())


def queries(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Where each PromQL expression stands, and the expression: panels, annotations and variables."""
    for panel in panels(dashboard):
        yield from ((str(panel.get("title")), target["expr"]) for target in panel["targets"] if "expr" in target)
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found = LABEL_VALUES.fullmatch(variable["query"])
            yield f"variable {variable['name']}", found[1] if found else variable["query"]


def plain(expr: str) -> str:
    """The expression with Grafana's variables replaced by something that Prometheus can read."""
    return VARIABLES.sub("x", DURATION_VARIABLES.sub("5m", expr))


def metrics(expr: str) -> set[str]:
    """The names of the series that an expression selects."""
    names: set[str] = set()

    def note(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            names.add(node.name or "a selector without a name")

    promql_parser.walk(promql_parser.parse(plain(expr)), note)
    return names


def promql(dashboard: Json) -> list[str]:
    """Every expression parses."""
    problems = []
    for where, expr in queries(dashboard):
        try:
            promql_parser.parse(plain(expr))
        except ValueError as error:
            problems.append(f"{where}: {error}")
    return problems


def windows(dashboard: Json) -> list[str]:
    """Rates follow the zoom, or look at a fixed window that no scrape interval can be too long for."""
    problems = []
    for where, expr in queries(dashboard):
        for window in re.findall(r"\[([^\]]+)\]", expr):
            long = "$" not in window and promql_parser.parse_duration(window) >= SHORTEST_FIXED_WINDOW
            if window not in WINDOWS and not long:
                problems.append(f"{where}: [{window}]")
    return problems


def undefined_variables(dashboard: Json) -> list[str]:
    """Every variable of a query is one of the dashboard's."""
    defined = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {(where, a or b) for where, expr in queries(dashboard) for a, b in VARIABLES.findall(expr)}
    return [f"{where}: ${name}" for where, name in used if name not in defined and not name.startswith("__")]


def unused_variables(dashboard: Json) -> list[str]:
    """Every variable is used, by a query, another variable, a data source, a link or a repeated panel."""
    variables = dashboard["templating"]["list"]
    parts = [*panels(dashboard), *dashboard["annotations"]["list"], *(each.get("query") for each in variables)]
    used = {a or b for a, b in VARIABLES.findall(json.dumps(parts))}
    used |= {panel.get("repeat") for panel in panels(dashboard)}
    return [f"${each['name']} is not used" for each in variables if each["name"] not in used]


def filters(dashboard: Json) -> list[str]:
    """The first variable chooses the data source; the others take several values or all, and follow the time range."""
    first, *others = dashboard["templating"]["list"]
    wanted = {"multi": True, "includeAll": True, "allValue": ".*", "refresh": 2}
    problems = [] if first["name"] == first["type"] == "datasource" else ["no choice of the data source"]
    return problems + [f"{each['name']}: {key}" for each in others for key in wanted if each.get(key) != wanted[key]]


def wrong_uids(dashboards: Mapping[str, Json]) -> list[str]:
    """By module name: the uid is made from it, and so it is unique."""
    found = {module: board["uid"] for module, board in dashboards.items()}
    return [f"{module}: {uid}" for module, uid in found.items() if uid != f"neuroerp-{module.replace('_', '-')}"]


def ids(dashboard: Json) -> list[str]:
    """Panels and headings are numbered from 1."""
    found = [panel.get("id") for panel in dashboard["panels"]]
    return [] if found == list(range(1, len(found) + 1)) else [f"ids {found}"]


def grid(dashboard: Json) -> list[str]:
    """Nothing overlaps or sticks out of the grid."""
    places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
    problems = [f"{title}: sticks out" for title, at in places if at["w"] < 1 or at["x"] + at["w"] > COLUMNS]
    for (title, a), (other, b) in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        if not (beside or below):
            problems.append(f"{title} overlaps {other}")
    return problems


def gaps(dashboard: Json) -> list[str]:
    """Every place of the grid has a panel, down to the last one."""
    free = {(x, y) for y in range(max(_below(panel) for panel in dashboard["panels"])) for x in range(COLUMNS)}
    for at in (panel["gridPos"] for panel in dashboard["panels"]):
        free -= {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
    return [f"nothing at column {x}, line {y}" for x, y in sorted(free)[:1]]


def _below(panel: Json) -> int:
    return int(panel["gridPos"]["y"] + panel["gridPos"]["h"])


def kinds(dashboard: Json) -> list[str]:
    """Only panel types that today's Grafana has."""
    return [f"{panel['title']}: {panel['type']}" for panel in panels(dashboard) if panel["type"] not in KINDS]


def sources(dashboard: Json) -> list[str]:
    """Data sources are named by type and uid, Prometheus through the variable."""
    users = [*panels(dashboard), *(target for panel in panels(dashboard) for target in panel["targets"])]
    users += [*dashboard["annotations"]["list"], *dashboard["templating"]["list"][1:]]
    return [f"data source {user.get('datasource')}" for user in users if not _by_uid(user.get("datasource"))]


def _by_uid(source: Json | None) -> bool:
    return source in [{"type": kind, "uid": uid} for kind, uid in SOURCES.items()]


def texts(dashboard: Json) -> list[str]:
    """Every panel has a title, a one-sentence description and, unless it shows logs, a unit."""
    problems = []
    for panel in panels(dashboard):
        description = panel.get("description") or ""
        checks = {
            "title": panel.get("title"),
            "description": description.endswith(".") and ". " not in description,
            "unit": panel["type"] == "logs" or panel["fieldConfig"]["defaults"].get("unit"),
        }
        problems += [f"panel {panel['id']}: {what}" for what, good in checks.items() if not good]
    return problems


def titles(dashboard: Json, expected: Collection[str]) -> list[str]:
    """The panels are the expected ones, each once."""
    found = Counter(panel["title"] for panel in panels(dashboard))
    wrong = [title for title in {*expected, *found} if found[title] != (title in expected)]
    return [f"{title}: {found[title]} times" for title in wrong]


def legends(dashboard: Json) -> list[str]:
    """Where several series share a picture, a legend tells them apart."""
    several = [panel for panel in panels(dashboard) if panel["type"] in WITH_LEGEND]
    found = {panel["title"]: panel["options"].get("legend", {}) for panel in several}
    return [title for title, legend in found.items() if not (legend.get("show") or legend.get("showLegend"))]


def heatmaps(dashboard: Json) -> list[str]:
    """Heatmaps draw the buckets as Prometheus has them."""
    found = [panel for panel in panels(dashboard) if panel["type"] == "heatmap"]
    formats = {each["title"]: {target["format"] for target in each["targets"]} for each in found}
    return [each["title"] for each in found if each["options"]["calculate"] or formats[each["title"]] != {"heatmap"}]


def thresholds(dashboard: Json) -> list[str]:
    """Every panel has limits of its own, even if only one colour: Grafana's default is red from 80 on."""
    found = {panel["title"]: panel["fieldConfig"]["defaults"].get("thresholds") for panel in panels(dashboard)}
    return [title for title, limits in found.items() if not (limits and limits["steps"])]


def annotations(dashboard: Json) -> list[str]:
    """Critical alerts and deployments are marked on every graph."""
    found = {each["name"] for each in dashboard["annotations"]["list"] if each["enable"] and not each.get("filter")}
    return [f"no marks of {name}" for name in ANNOTATIONS if name not in found]


def settings(dashboard: Json) -> list[str]:
    """What all dashboards have in common."""
    problems = [f"{key}: {dashboard.get(key)}" for key, value in SETTINGS.items() if dashboard.get(key) != value]
    problems += [] if "neuroerp" in dashboard["tags"] else ["tag neuroerp"]
    tagged = any(link["type"] == "dashboards" and link["tags"] == ["neuroerp"] for link in dashboard["links"])
    return problems + ([] if tagged else ["link to the other dashboards"])


def data_links(panel: Json) -> list[Json]:
    """The links on a panel's values."""
    links: list[Json] = panel["fieldConfig"]["defaults"].get("links", [])
    return links


def outside_links(dashboard: Json) -> list[str]:
    """Links that leave Grafana; there must be none to an interface whose URL is not known."""
    urls = [link["url"] for panel in panels(dashboard) for link in data_links(panel)]
    return [url for url in urls if not url.startswith("/d/")]
