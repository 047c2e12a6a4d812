"""Each rule of lint.py finds the mistake it is there for, and says where it is."""

import copy
import json
from collections.abc import Callable

import pytest

import dashboards
from tests.dashboards import lint, schema, signals

BOARD: lint.Json = json.loads(dashboards.render()["neuroerp-api-performance"])
BURN = "Burn rate: availability"
PANELS = {panel["title"]: position for position, panel in enumerate(BOARD["panels"])}
Break = Callable[[lint.Json], object]


def panel(board: lint.Json, title: str = "Error Rate") -> lint.Json:
    found: lint.Json = board["panels"][PANELS[title]]
    return found


def expr(text: str) -> Break:
    return lambda board: panel(board)["targets"][0].update(expr=text)


def change(**values: object) -> Break:
    return lambda board: panel(board).update(values)


def wrong_uids(board: lint.Json) -> list[str]:
    return lint.wrong_uids({"api_performance": board})


def titles(board: lint.Json) -> list[str]:
    return lint.titles(board, [each["title"] for each in lint.panels(BOARD)])


MUTATIONS: list[tuple[lint.Rule, Break, str]] = [
    (lint.promql, expr("sum(rate(http_requests_total[5m])"), "Error Rate"),
    (lint.promql, expr("rate(http_requests_total)"), "Error Rate"),
    (lint.promql, lambda board: board["annotations"]["list"][0].update(expr="ALERTS{"), "annotation"),
    (lint.promql, lambda board: board["templating"]["list"][1].update(query="label_values(up{, pod)"), "variable"),
    (signals.asked, expr("sum(rate(http_request_total[$__rate_interval]))"), "nobody exports http_request_total"),
    (signals.asked, expr('sum(rate(http_requests_total{route="/"}[$__rate_interval]))'), "has no label route"),
    (signals.asked, expr("sum by (route) (rate(http_requests_total[$__rate_interval]))"), "no label route to group by"),
    (signals.asked, expr('sum(rate(http_requests_total{method="FETCH"}[$__rate_interval]))'), "never has method=FETCH"),
    (signals.asked, expr("rate(active_users[$__rate_interval])"), "rate() of the gauge active_users"),
    (signals.asked, expr("delta(http_requests_total[$__rate_interval])"), "delta() of the counter"),
    (signals.asked, lambda board: panel(board)["targets"][0].update(legendFormat="{{path}}"), "shows path, gone"),
    (signals.bare_counters, expr("sum(http_requests_total)"), "the counter http_requests_total without rate()"),
    (signals.bare_counters, expr("http_requests_total - http_requests_total offset 1h"), "without rate()"),
    (signals.log_fields_of, lambda board: panel(board)["targets"].append({"query": "lvl:ERROR"}), "no field lvl"),
    (schema.problems, change(gridPos={"h": 8, "w": "12", "x": 0, "y": 0}), ".grid_pos.w: '12' is no int"),
    (schema.problems, change(descriptions="Two."), ".descriptions: 'Two.' is nothing that the SDK knows"),
    (schema.problems, lambda board: panel(board)["options"]["legend"].update(showLegend="yes"), "'yes' is no bool"),
    (schema.problems, lambda board: panel(board)["options"]["legend"].update(displayMode="wide"), "'wide' is no"),
    (schema.problems, lambda board: panel(board)["fieldConfig"]["defaults"].update(units="s"), ".units: 's'"),
    (schema.problems, lambda board: panel(board)["targets"][0].update(exprs="up"), ".exprs: 'up'"),
    (schema.problems, lambda board: panel(board).update(targets=None), "cannot read"),
    (lint.windows, expr("sum(rate(http_requests_total[5m]))"), "[5m]"),
    (lint.windows, expr("sum(rate(http_requests_total[$__interval]))"), "[$__interval]"),
    (lint.undefined_variables, expr('up{pod=~"$pod"}'), "Error Rate: $pod"),
    (lint.undefined_variables, expr('up{pod=~"${pod:regex}"}'), "Error Rate: $pod"),
    (lint.unused_variables, lambda board: board["templating"]["list"][1].update(name="tenant"), "$tenant is not used"),
    (lint.filters, lambda board: board["templating"]["list"][1].update(allValue=None), "namespace: allValue"),
    (lint.filters, lambda board: board["templating"]["list"].pop(0), "data source"),
    (wrong_uids, lambda board: board.update(uid="neuroerp-performance"), "api_performance: neuroerp-performance"),
    (lint.ids, change(id=1), "ids"),
    (lint.ids, lambda board: panel(board).pop("id"), "ids"),
    (lint.grid, lambda board: panel(board)["gridPos"].update(w=13), "Error Rate overlaps Errors by class"),
    (lint.grid, lambda board: panel(board)["gridPos"].update(h=9), "Error Rate overlaps Endpoints"),
    (lint.grid, lambda board: panel(board, BURN)["gridPos"].update(w=19), f"{BURN}: sticks out"),
    (lint.gaps, lambda board: panel(board)["gridPos"].update(w=11), "nothing at column 11"),
    (lint.gaps, lambda board: board["panels"].remove(panel(board)), "nothing at column 0"),
    (lint.kinds, change(type="graph"), "Error Rate: graph"),
    (lint.kinds, change(type="singlestat"), "Error Rate: singlestat"),
    (lint.kinds, change(type="table-old"), "Error Rate: table-old"),
    (lint.sources, change(datasource="Prometheus"), "Prometheus"),
    (lint.sources, change(datasource={"type": "prometheus", "uid": "abc"}), "abc"),
    (lint.sources, lambda board: panel(board)["targets"][0].pop("datasource"), "None"),
    (lint.sources, lambda board: board["annotations"]["list"][0].pop("datasource"), "None"),
    (lint.texts, change(title=""), "title"),
    (lint.texts, change(description=None), "description"),
    (lint.texts, change(description="Two. Sentences."), "description"),
    (lint.texts, lambda board: panel(board)["fieldConfig"]["defaults"].pop("unit"), "unit"),
    (titles, change(title="Errors"), "Error Rate: 0 times"),
    (titles, change(title=BURN), f"{BURN}: 2 times"),
    (lint.legends, lambda board: panel(board)["options"]["legend"].update(showLegend=False), "Error Rate"),
    (lint.legends, lambda board: panel(board, "Response Time")["options"]["legend"].update(show=False), "Response"),
    (lint.heatmaps, lambda board: panel(board, "Response Time")["options"].update(calculate=True), "Response Time"),
    (lint.heatmaps, lambda board: panel(board, "Response Time")["targets"][0].update(format="table"), "Response Time"),
    (lint.thresholds, lambda board: panel(board)["fieldConfig"]["defaults"].pop("thresholds"), "Error Rate"),
    (lint.annotations, lambda board: board["annotations"]["list"].pop(0), "no marks of Critical alerts"),
    (lint.annotations, lambda board: board["annotations"]["list"][1].update(enable=False), "no marks of Deployments"),
    (lint.settings, lambda board: board.update(editable=True), "editable"),
    (lint.settings, lambda board: board["tags"].remove("neuroerp"), "tag"),
    (lint.settings, lambda board: board["links"].clear(), "link"),
    (
        lint.outside_links,
        lambda board: panel(board)["fieldConfig"]["defaults"].update(links=[{"url": "None/app/discover"}]),
        "None/app/discover",
    ),
]


@pytest.mark.parametrize(("rule", "damage", "message"), MUTATIONS, ids=lambda value: getattr(value, "__name__", None))
def test_rule_finds_the_mistake(rule: lint.Rule, damage: Break, message: str) -> None:
    broken = copy.deepcopy(BOARD)
    assert rule(broken) == []
    damage(broken)
    assert message in "\n".join(rule(broken))


def test_every_rule_has_a_mutation() -> None:
    # The rules are the functions that return a list of problems; data_links only reads.
    rules = {
        name
        for module in (lint, schema, signals)
        for name, item in vars(module).items()
        if getattr(item, "__module__", "") == module.__name__ and _is_rule(item)
    }
    assert {rule.__name__ for rule, _, _ in MUTATIONS} == rules


def _is_rule(item: object) -> bool:
    return getattr(item, "__annotations__", {}).get("return") == list[str]
