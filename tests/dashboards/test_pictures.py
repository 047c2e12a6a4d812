"""The pictures in docs/dashboards: one of each dashboard, with all its panels; and each kind of plot by itself."""

import json
from typing import Any

import pytest

import dashboards
from tests.dashboards import lint
from tests.live import pictures, plots, svg
from tests.live.dash_queries import Answer, Span

BOARDS: dict[str, lint.Json] = {uid: json.loads(text) for uid, text in dashboards.render().items()}
README = (pictures.FOLDER / "README.md").read_text()
SPAN = Span(0, 60, step=1, rate=15)


@pytest.mark.parametrize("uid", BOARDS)
def test_the_picture_has_every_panel(uid: str) -> None:
    """After a change of a dashboard: `make pictures`."""
    picture = (pictures.FOLDER / f"{uid}.svg").read_text()
    assert pictures.missing(BOARDS[uid], picture) == []
    assert plots.NOTHING not in picture
    assert len(picture) < 150_000


def test_a_panel_that_a_picture_lacks_is_named() -> None:
    board = BOARDS["neuroerp-business"]
    picture = (pictures.FOLDER / "neuroerp-business.svg").read_text()
    assert pictures.missing(board, picture.replace(">Refunds in range<", ">Returns in range<")) == ["Refunds in range"]


def test_the_page_shows_all_pictures_and_says_what_they_are() -> None:
    assert {path.stem for path in pictures.FOLDER.glob("*.svg")} == set(BOARDS)
    for uid, board in BOARDS.items():
        assert f"## {board['title']}" in README
        assert f"]({uid}.svg)" in README
    assert "drawings" in README
    assert "not Grafana" in README


def panel(kind: str, **more: Any) -> dict[str, Any]:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 5}]
    defaults = {"unit": "s", "thresholds": {"steps": steps}, "custom": {}}
    grid = {"x": 0, "y": 0, "w": 12, "h": 8}
    config = {"defaults": defaults, "overrides": []}
    return {"id": 1, "title": "A <b>", "type": kind, "gridPos": grid, "fieldConfig": config, **more}


def drawn(shown: dict[str, Any], *series: tuple[dict[str, str], list[tuple[float, float]]]) -> str:
    answer = Answer("A", "up", {"legendFormat": "{{pod}}"}, list(series))
    return pictures.draw({"title": "Test", "panels": [shown]}, {1: [answer]}, SPAN)


MOVING = [(float(moment), float(moment % 10)) for moment in range(61)]


@pytest.mark.parametrize("kind", sorted(pictures.PLOTS))
def test_each_kind_draws_something_of_each_series(kind: str) -> None:
    series = [({"pod": f"pod-{n}", "le": str(n)}, MOVING) for n in (1, 2)]
    empty, one, two = (drawn(panel(kind), *series[:number]) for number in (0, 1, 2))
    assert plots.NOTHING in empty
    assert plots.NOTHING not in one
    assert len(one) < len(two)
    assert pictures.missing({"panels": [panel(kind)]}, two) == []


def test_colours_follow_the_thresholds() -> None:
    for value, color in ((4.9, "green"), (5.0, "red")):
        assert svg.NAMED[color] in drawn(panel("stat"), ({}, [(60, value)]))


def test_an_override_changes_the_unit_and_the_axis() -> None:
    properties = [{"id": "unit", "value": "bytes"}, {"id": "custom.axisPlacement", "value": "right"}]
    shown = panel("timeseries")
    shown["fieldConfig"]["overrides"] = [{"matcher": {"id": "byRegexp", "options": "/^b$/"}, "properties": properties}]
    texts = drawn(shown, ({"pod": "a"}, MOVING), ({"pod": "b"}, [(0, 0), (60, 2e6)]))
    assert ">2.1 MB<" in texts
    assert ">9.45 s<" in texts


def test_a_repeated_panel_is_drawn_for_each_value() -> None:
    series = [({"currency": currency, "pod": currency}, [(60.0, 1.0)]) for currency in ("EUR", "CHF")]
    assert drawn(panel("piechart", repeat="currency"), *series).count("100%") == 2
    assert drawn(panel("piechart"), *series).count("50%") == 2


def test_a_panel_of_logs_says_why_it_is_empty() -> None:
    assert pictures.NOTE in drawn(panel("logs"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "percentunit", "12.3%"),
        (1, "bool_on_off", "On"),
        (0, "bool_on_off", "Off"),
        (0.0053, "s", "5.3 ms"),
        (12.04, "s", "12 s"),
        (3.2e9, "bytes", "3.2 GB"),
        (-2.5e6, "Bps", "-2.5 MB/s"),
        (0.00001, "short", "1e-05"),
        (2.5e6, "currencyEUR", "2.5 MEUR"),
        (7, "currencyEUR", "7 EUR"),
        (0, "short", "0"),
        (117, "reqps", "117 req/s"),
    ],
)
def test_values_have_their_units(value: float, unit: str, text: str) -> None:
    assert svg.shown(value, unit) == text
