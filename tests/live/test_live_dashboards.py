"""Every query of every panel gives data, from a real Prometheus that saw the demo in all its scenarios."""

import copy
import json
from collections.abc import Callable, Iterator

import pytest

import dashboards
from tests import printed
from tests.dashboards import lint
from tests.live import dash_queries, dash_world, pictures, plots
from tests.live.dash_queries import Span
from tests.live.dash_world import World
from tests.needs import need

BOARDS: dict[str, lint.Json] = {uid: json.loads(text) for uid, text in dashboards.render().items()}


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tools = need("prometheus", "promtool", "alertmanager", "blackbox_exporter")
    with dash_world.world(tools, tmp_path_factory.mktemp("world")) as world:
        yield world


def span(world: World) -> Span:
    return Span(world.start, world.end, step=1, rate=15)


@pytest.mark.parametrize("uid", BOARDS)
def test_every_query_of_every_panel_gives_data(
    uid: str, alive: World, record_property: Callable[[str, object], None]
) -> None:
    answers = dash_queries.of_board(alive.prometheus, BOARDS[uid], span(alive))
    record_property(printed.PANELS, f"{uid}\n{dash_queries.report(answers)}")
    assert dash_queries.unanswered(answers) == []
    asked = {each.where for each in answers}
    # Lines of logs are asked of Elasticsearch: tests/elastic/test_elastic_panels.py.
    assert {panel["title"] for panel in lint.panels(BOARDS[uid]) if panel["type"] != "logs"} <= asked


@pytest.mark.parametrize(
    "expr",
    [
        'sum(rate(http_requests_total{status="599"}[$__rate_interval]))',
        "sum(rate(http_request_total[$__rate_interval]))",
        'sum(rate(http_requests_total{job="neuroerp"}[$__rate_interval]))',
        "sum by (status) (rate(http_requests_total[$__rate_interval])",
    ],
)
def test_a_query_without_data_is_noticed(expr: str, alive: World) -> None:
    board = copy.deepcopy(BOARDS["neuroerp-api-performance"])
    (panel,) = (panel for panel in lint.panels(board) if panel["title"] == "Error Rate")
    panel["targets"][0]["expr"] = expr
    (problem,) = dash_queries.unanswered(dash_queries.of_board(alive.prometheus, board, span(alive)))
    assert problem.startswith("Error Rate: ")


def test_every_scenario_shows(alive: World) -> None:
    """What a scenario does is to be seen on a panel, and alerts fire: otherwise data is there, but of a quiet day."""
    shown = {
        'sum(http_requests_total{status="500"})': 3,
        'sum(http_requests_total{status="503"})': 10,
        'sum(business_errors_total{type="payment",code="unreachable"})': 1,
        'sum(health_check_failures_total{check="cache"})': 1,
        'sum(rate(http_request_duration_seconds_bucket{le="+Inf"}[1m]) - ignoring (le) '
        'rate(http_request_duration_seconds_bucket{le="0.5"}[1m]))': 0.1,
        "max_over_time(process_resident_memory_bytes[1m]) - min_over_time(process_resident_memory_bytes[1m])": 20e6,
        'count(max_over_time(ALERTS{alertstate="firing",severity="critical"}[1m]))': 2,
    }
    values = {expr: alive.prometheus.query(expr, alive.end) for expr in shown}
    assert [expr for expr, least in shown.items() if not any(float(v["value"][1]) >= least for v in values[expr])] == []


@pytest.mark.parametrize("uid", BOARDS)
def test_every_panel_can_be_drawn(uid: str, alive: World) -> None:
    picture = pictures.of_world(BOARDS[uid], alive)
    assert pictures.missing(BOARDS[uid], picture) == []
    assert picture.count(pictures.NOTE) == sum(panel["type"] == "logs" for panel in lint.panels(BOARDS[uid]))
    assert plots.NOTHING not in picture
