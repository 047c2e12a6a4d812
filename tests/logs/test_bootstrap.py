"""The program that prepares Elasticsearch: it changes what differs and nothing else, and waits for the server."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.logs.bootstrap_run import PATHS, PAYLOADS, PROGRAM, run, words
from tests.logs.elasticsearch_stub import HEALTH, Stub, running


def edit(folder: Path, file: str, *path: str, value: Any) -> None:
    request = json.loads((folder / file).read_text(encoding="utf-8"))
    place = request
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    (folder / file).write_text(json.dumps(request), encoding="utf-8")


def test_first_run_creates_everything_in_order(server: Stub, folder: Path) -> None:
    assert run(folder, server.url) == (0, words("created"))
    assert server.requests("PUT") == PATHS
    assert server.state == {path: json.loads(text)["body"] for path, text in zip(PATHS, PAYLOADS.values(), strict=True)}


def test_second_run_changes_nothing(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    server.seen.clear()
    assert run(folder, server.url) == (0, words("unchanged"))
    assert server.requests("PUT") == []
    assert server.requests("GET") == [HEALTH, *PATHS]


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("10-lifecycle-policy.json", ("body", "policy", "phases", "delete", "min_age"), "14d"),
        ("10-lifecycle-policy.json", ("body", "policy", "phases", "warm"), None),
        ("10-lifecycle-policy.json", ("body", "policy", "_meta"), None),
        ("20-component-template.json", ("body", "template", "mappings", "properties", "new"), {"type": "text"}),
        ("20-component-template.json", ("body", "template", "mappings", "properties", "host"), None),
        ("20-component-template.json", ("body", "template", "mappings", "dynamic"), True),
        ("30-index-template.json", ("body", "template", "settings", "index", "number_of_replicas"), 0),
        ("30-index-template.json", ("body", "index_patterns"), ["valeo-neuroerp-app-prod"]),
        ("30-index-template.json", ("body", "priority"), 501),
        ("30-index-template.json", ("body", "_meta"), None),
    ],
)
def test_only_a_changed_payload_is_put(
    server: Stub, folder: Path, file: str, path: tuple[str, ...], value: Any
) -> None:
    run(folder, server.url)
    server.seen.clear()
    edit(folder, file, *path, value=value)
    expected = [f"{name}: {'changed' if name == file else 'unchanged'}" for name in PAYLOADS]
    assert run(folder, server.url) == (0, expected)
    assert server.requests("PUT") == [PATHS[list(PAYLOADS).index(file)]]
    assert run(folder, server.url) == (0, words("unchanged"))


def test_change_by_hand_on_the_server_is_taken_back(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    server.state[PATHS[0]]["policy"]["phases"]["delete"]["min_age"] = "1d"
    server.state[PATHS[2]]["composed_of"] = []
    assert run(folder, server.url)[1] == [words("changed")[0], words("unchanged")[1], words("changed")[2]]
    assert server.state[PATHS[0]]["policy"]["phases"]["delete"]["min_age"] == "30d"


def test_waits_until_the_server_is_ready(server: Stub, folder: Path) -> None:
    server.not_ready = 1
    code, lines = run(folder, server.url, WAIT_SECONDS="1")
    assert (code, lines[1:]) == (0, words("created"))
    assert lines[0].startswith("waiting for Elasticsearch, up to 1 more seconds: HTTP 503: no master")


@pytest.mark.parametrize("wait", ["0", "1"])
def test_server_that_is_never_ready_ends_the_run_at_the_limit(server: Stub, folder: Path, wait: str) -> None:
    server.not_ready = 100
    code, lines = run(folder, server.url, WAIT_SECONDS=wait)
    assert code == 1
    assert lines[-1] == f"failed: Elasticsearch was not ready within {wait} seconds; last: HTTP 503: no master"
    assert server.requests("PUT") == []


def test_server_that_does_not_listen_is_named(folder: Path) -> None:
    with running() as stub:
        url = stub.url
    code, lines = run(folder, url, WAIT_SECONDS="0")
    assert code == 1
    assert "not ready within 0 seconds; last: ConnectionRefusedError" in lines[-1]


def test_program_runs_on_python_3_9_with_the_standard_library() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) <= 200
