"""The data views of Kibana: the same program, against a stand-in that holds Kibana's documented API."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.links import KIBANA_VIEW
from tests.logs.bootstrap_run import CONTENT, run, write
from tests.logs.elasticsearch_stub import running
from tests.logs.kibana_stub import VIEWS, KibanaStub, refusal

NAMES = list(CONTENT.data_views)
APP, UNPARSED = "valeo-neuroerp", "valeo-neuroerp-unparsed"


@pytest.fixture
def kibana() -> Iterator[KibanaStub]:
    with running(KibanaStub()) as stub:
        yield stub


@pytest.fixture
def views(tmp_path: Path) -> Path:
    return write(tmp_path, CONTENT.data_views)


def words(state: str) -> list[str]:
    return [f"{name}: {state}" for name in sorted(NAMES)]


def test_links_of_dashboards_lead_to_a_view_that_is_made() -> None:
    paths = [json.loads(text)["path"] for text in CONTENT.data_views.values()]
    assert paths == [f"{VIEWS}/{APP}", f"{VIEWS}/{UNPARSED}"]
    assert KIBANA_VIEW == APP


def test_views_are_over_the_streams_of_the_environment() -> None:
    titles = [json.loads(text)["body"]["data_view"]["title"] for text in CONTENT.data_views.values()]
    assert titles == ["valeo-neuroerp-app-prod", "valeo-neuroerp-unparsed-prod"]
    assert set(titles) <= set(json.loads(CONTENT.payloads["30-index-template.json"])["body"]["index_patterns"])


def test_views_are_made_once(kibana: KibanaStub, views: Path) -> None:
    assert run(views, kibana.url) == (0, words("created"))
    assert kibana.state[APP] == {
        "title": "valeo-neuroerp-app-prod",
        "name": "VALEO-NeuroERP",
        "timeFieldName": "@timestamp",
        "allowNoIndex": True,
    }
    kibana.seen.clear()
    assert run(views, kibana.url) == (0, words("unchanged"))
    assert run(views, kibana.url, "--check") == (0, ["no drift in 2 objects"])
    assert kibana.requests("POST") == []


def test_a_view_that_was_changed_by_hand_is_told_and_taken_back(kibana: KibanaStub, views: Path) -> None:
    run(views, kibana.url)
    kibana.state[APP]["title"] = "logs-*"
    code, lines = run(views, kibana.url, "--check")
    assert code == 1
    assert lines[0] == f"drift: {APP}.json: data_view.title: logs-* -> valeo-neuroerp-app-prod"
    assert run(views, kibana.url)[0] == 0
    assert kibana.state[APP]["title"] == "valeo-neuroerp-app-prod"


def test_a_view_that_was_deleted_comes_back_under_its_id(kibana: KibanaStub, views: Path) -> None:
    run(views, kibana.url)
    del kibana.state[UNPARSED]
    assert run(views, kibana.url, "--check")[1][0] == f"drift: {UNPARSED}.json: is missing"
    assert run(views, kibana.url)[0] == 0
    assert set(kibana.state) == {APP, UNPARSED}


def test_what_people_add_to_a_view_is_theirs(kibana: KibanaStub, views: Path) -> None:
    run(views, kibana.url)
    formats = {"event.duration": {"id": "duration"}}
    kibana.state[APP]["fieldFormats"] = formats
    kibana.state["theirs"] = {"title": "metrics-*"}
    assert run(views, kibana.url) == (0, words("unchanged"))
    assert kibana.state[APP]["fieldFormats"] == formats
    assert kibana.state["theirs"] == {"title": "metrics-*"}


def test_waits_until_kibana_is_ready(kibana: KibanaStub, views: Path) -> None:
    kibana.not_ready = 1
    code, lines = run(views, kibana.url, WAIT_SECONDS="1")
    assert (code, lines[1:]) == (0, words("created"))
    assert lines[0].endswith("HTTP 503: Kibana server is not ready yet")
    kibana.not_ready = 100
    code, lines = run(views, kibana.url, WAIT_SECONDS="0")
    assert (code, lines) == (
        1,
        ["failed: the server was not ready within 0 seconds; last: HTTP 503: Kibana server is not ready yet"],
    )


def test_what_kibana_says_is_the_reason(kibana: KibanaStub, views: Path) -> None:
    kibana.answers["POST", VIEWS] = refusal(400, "Duplicate data view: x")
    code, lines = run(views, kibana.url)
    assert code == 1
    assert lines == [f"failed: HTTP 400 for POST {VIEWS}: Bad Request: Duplicate data view: x"]


@pytest.mark.parametrize("answer", [{}, {"data_view": None}, "<html>"])
def test_an_answer_of_another_server_is_no_view(kibana: KibanaStub, views: Path, answer: object) -> None:
    kibana.answers["GET", f"{VIEWS}/{APP}"] = (200, answer)
    code, lines = run(views, kibana.url)
    assert code == 1
    assert lines[0].startswith(f"failed: unknown answer for GET {VIEWS}/{APP}")
