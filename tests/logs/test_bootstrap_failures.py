"""The program that prepares Elasticsearch says why it fails: in one line, without a password, with a nonzero exit."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.logs.bootstrap_run import PATHS, run, words
from tests.logs.elasticsearch_stub import HEALTH, PASSWORD, Stub

POLICY, COMPONENT, INDEX = PATHS
VIEW = "/api/data_views/data_view/x"


def test_wrong_password_fails_at_once(server: Stub, folder: Path) -> None:
    code, lines = run(folder, server.url, ELASTICSEARCH_PASSWORD="wrong password", WAIT_SECONDS="600")
    assert (code, lines) == (1, ["failed: user bootstrap was answered with HTTP 401: unable to authenticate user"])


def test_refused_payload_shows_the_reason_with_its_causes_and_stops(server: Stub, folder: Path) -> None:
    cause = {"type": "mapper_parsing_exception", "reason": "No handler\nfor type [x]"}
    server.answers["PUT", COMPONENT] = (
        400,
        {"error": {"reason": "invalid template", "caused_by": cause}, "status": 400},
    )
    code, lines = run(folder, server.url)
    assert code == 1
    assert lines == [
        words("created")[0],
        f"failed: HTTP 400 for PUT {COMPONENT}: invalid template; cause: No handler for type [x]",
    ]
    assert INDEX not in server.state


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        ("GET", (403, {"error": {"reason": "action [x] is unauthorized"}}), "HTTP 403 for GET"),
        ("GET", (400, {"error": "no handler found for uri", "status": 400}), "no handler found for uri"),
        ("GET", (200, "<html>proxy</html>"), "unknown answer for GET"),
        ("GET", (200, {}), "unknown answer for GET"),
        ("PUT", (500, ""), "empty answer"),
        ("PUT", (200, {"acknowledged": False}), "HTTP 200 for PUT"),
        ("PUT", (200, "not JSON"), "not JSON"),
        ("PUT", (400, {"error": {"reason": f"bad {PASSWORD}"}}), "bad ***"),
    ],
)
def test_every_other_answer_ends_with_one_line(
    server: Stub, folder: Path, method: str, answer: tuple[int, Any], reason: str
) -> None:
    server.answers[method, POLICY] = answer
    code, lines = run(folder, server.url)
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith("failed: ")
    assert reason in lines[0]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "[]",
        "null",
        "\x00",
        json.dumps({"path": INDEX, "body": {}}),
        json.dumps({"method": "DELETE", "path": INDEX, "body": {}}),
        json.dumps({"method": "PUT", "path": "/_security/user/x", "body": {}}),
        json.dumps({"method": "PUT", "path": "/_index_template/../_all", "body": {}}),
        json.dumps({"method": "PUT", "path": INDEX, "body": "x"}),
        json.dumps({"method": "PUT", "path": INDEX, "body": {}, "more": 1}),
        json.dumps({"method": "PUT", "path": POLICY, "body": {}}),
        json.dumps({"method": "PUT", "path": VIEW, "body": {"data_view": {"name": "no title"}}}),
    ],
)
def test_bad_payload_file_is_named_before_anything_is_changed(server: Stub, folder: Path, text: str) -> None:
    (folder / "90-bad.json").write_text(text, encoding="utf-8")
    code, lines = run(folder, server.url)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("failed: 90-bad.json ")
    assert server.seen == []


def test_payload_file_that_is_no_text_is_named(server: Stub, folder: Path) -> None:
    (folder / "90-bad.json").write_bytes(b"\xff\xfe")
    assert run(folder, server.url)[1][0].startswith("failed: 90-bad.json is no readable JSON")


def test_empty_folder_is_no_success(server: Stub, tmp_path: Path) -> None:
    assert run(tmp_path, server.url) == (2, [f"failed: no payload files in {tmp_path}"])


def test_payloads_for_two_servers_are_no_one_run(server: Stub, folder: Path) -> None:
    view = {"method": "PUT", "path": VIEW, "body": {"data_view": {"title": "x"}}}
    (folder / "90-view.json").write_text(json.dumps(view), encoding="utf-8")
    code, lines = run(folder, server.url)
    assert code == 2
    assert lines == [f"failed: {folder} mixes payloads for Elasticsearch and Kibana: give each a folder and a run"]
    assert server.seen == []


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"SERVER_URL": ""}, "not set in the environment: SERVER_URL"),
        ({"ELASTICSEARCH_USER": "", "ELASTICSEARCH_PASSWORD": ""}, "ELASTICSEARCH_USER, ELASTICSEARCH_PASSWORD"),
        ({"WAIT_SECONDS": "soon"}, "WAIT_SECONDS is 'soon'"),
        ({"SERVER_URL": "elasticsearch:9200"}, "SERVER_URL is no address"),
        ({"SERVER_URL": f"https://u:{PASSWORD}@host:9200"}, "SERVER_URL is no address"),
        ({"SERVER_URL": "https://127.0.0.1:9200", "SERVER_CA": "/nowhere/ca.crt"}, "SERVER_CA"),
    ],
)
def test_wrong_environment_is_named(folder: Path, variables: dict[str, str], reason: str) -> None:
    code, lines = run(folder, "http://127.0.0.1:9", **variables)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("failed: ")
    assert reason in lines[0]


@pytest.mark.parametrize("options", [("--chekc",), ("--check", "--check"), ("folder",), ("--check", "folder")])
def test_usage_is_told(folder: Path, options: tuple[str, ...]) -> None:
    code, lines = run(folder, "http://127.0.0.1:9", *options)
    assert (code, lines) == (2, ["failed: usage: python3 -m bootstrap [--check] <folder with payload files>"])


def test_redirect_is_not_followed(server: Stub, folder: Path) -> None:
    server.answers["GET", HEALTH] = (302, "moved")
    assert run(folder, server.url) == (1, ["failed: user bootstrap was answered with HTTP 302: moved"])
    assert server.seen == [("GET", HEALTH)]
