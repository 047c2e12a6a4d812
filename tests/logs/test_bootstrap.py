"""The program that prepares Elasticsearch: it changes what differs and nothing else, tells it, and waits."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.logs.bootstrap_run import PATHS, PAYLOADS, PROGRAM, run, words
from tests.logs.elasticsearch_stub import HEALTH, Stub, running

LIFECYCLE, MAPPINGS, TEMPLATE = PAYLOADS
FIELDS = ("template", "mappings", "properties")


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


def test_nothing_but_what_was_named_is_ever_touched(server: Stub, folder: Path) -> None:
    server.state["/_index_template/theirs"] = {"index_patterns": ["theirs-*"]}
    run(folder, server.url)
    assert set(server.requests("PUT")) == set(PATHS)
    assert {method for method, _ in server.seen} == {"GET", "PUT", "POST"}
    assert all(path.startswith("/_index_template/_simulate_index/") for path in server.requests("POST"))


# What changes in a payload, and what the run says of it.
OWNER = "{'owner': 'valeo-neuroerp-observability'} -> nothing"
REPLICAS = ("template", "settings", "index", "number_of_replicas")
EDITS: dict[str, tuple[str, tuple[str, ...], Any, str]] = {
    "retention": (LIFECYCLE, ("policy", "phases", "delete", "min_age"), "14d", "phases.delete.min_age: 30d -> 14d"),
    "phase": (LIFECYCLE, ("policy", "phases", "warm"), None, "policy.phases.warm: {'min_age': '2d', "),
    "policy's owner": (LIFECYCLE, ("policy", "_meta"), None, f"policy._meta: {OWNER}"),
    "new field": (MAPPINGS, (*FIELDS, "new"), {"type": "text"}, "properties.new: nothing -> {'type': 'text'}"),
    "type": (MAPPINGS, (*FIELDS, "message", "type"), "match_only_text", "message.type: text -> match_only_text"),
    "dynamic": (MAPPINGS, ("template", "mappings", "dynamic"), True, "template.mappings.dynamic: false -> true"),
    "replicas": (TEMPLATE, REPLICAS, 0, "template.settings.index.number_of_replicas: 1 -> 0"),
    "streams": (
        TEMPLATE,
        ("index_patterns",),
        ["valeo-neuroerp-app-prod"],
        "index_patterns: ['valeo-neuroerp-app-prod', ",
    ),
    "priority": (TEMPLATE, ("priority",), 501, "priority: 500 -> 501"),
    "template's owner": (TEMPLATE, ("_meta",), None, f"_meta: {OWNER}"),
}


@pytest.mark.parametrize(("file", "path", "value", "difference"), EDITS.values(), ids=EDITS)
def test_only_a_changed_payload_is_put_and_the_difference_is_told(
    server: Stub, folder: Path, file: str, path: tuple[str, ...], value: Any, difference: str
) -> None:
    run(folder, server.url)
    server.seen.clear()
    edit(folder, file, "body", *path, value=value)
    code, lines = run(folder, server.url)
    assert code == 0
    told = lines.pop(list(PAYLOADS).index(file))
    assert told.startswith(f"{file}: changed ")
    assert difference in told
    assert lines == [line for line in words("unchanged") if not line.startswith(file)]
    assert server.requests("PUT") == [PATHS[list(PAYLOADS).index(file)]]
    assert run(folder, server.url) == (0, words("unchanged"))


@pytest.mark.parametrize(("file", "path", "value", "difference"), EDITS.values(), ids=EDITS)
def test_a_check_reports_the_difference_and_changes_nothing(
    server: Stub, folder: Path, file: str, path: tuple[str, ...], value: Any, difference: str
) -> None:
    run(folder, server.url)
    server.seen.clear()
    edit(folder, file, "body", *path, value=value)
    code, (drift, last) = run(folder, server.url, "--check")
    assert code == 1
    assert drift.startswith(f"drift: {file}: ")
    assert difference in drift
    assert last == "failed: 1 differences from the payloads; run the bootstrap Job again to repair them"
    assert server.requests("PUT") == []


def test_a_check_without_drift_succeeds(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    assert run(folder, server.url, "--check") == (0, ["no drift in 3 objects"])


def test_a_check_tells_what_is_missing(server: Stub, folder: Path) -> None:
    code, lines = run(folder, server.url, "--check")
    assert code == 1
    assert lines[:-1] == [f"drift: {line}" for line in words("is missing")]


def test_change_by_hand_on_the_server_is_taken_back(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    server.state[PATHS[0]]["policy"]["phases"]["delete"]["min_age"] = "1d"
    server.state[PATHS[2]]["composed_of"] = []
    assert run(folder, server.url)[1] == [
        f"{LIFECYCLE}: changed policy.phases.delete.min_age: 1d -> 30d",
        f"{MAPPINGS}: unchanged",
        f"{TEMPLATE}: changed composed_of: [] -> ['valeo-neuroerp-mappings']",
    ]
    assert server.state[PATHS[0]]["policy"]["phases"]["delete"]["min_age"] == "30d"


def test_a_template_that_would_lose_fields_is_refused_before_anything_is_changed(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    server.seen.clear()
    edit(folder, LIFECYCLE, "body", "policy", "phases", "delete", "min_age", value="14d")
    edit(folder, MAPPINGS, "body", *FIELDS, "host", value=None)
    edit(folder, MAPPINGS, "body", *FIELDS, "service", "fields", value=None)
    code, lines = run(folder, server.url)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith(f"failed: nothing was changed: {MAPPINGS}: {PATHS[1]} would lose the fields host, ")
    assert lines[0].endswith("host.name, service.name; keep them in the payload, or name them in DROP_FIELDS")
    assert server.requests("PUT") == []


def test_fields_go_when_they_are_named(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    edit(folder, MAPPINGS, "body", *FIELDS, "host", value=None)
    code, lines = run(folder, server.url, DROP_FIELDS="host")
    assert code == 1
    assert "would lose the fields host.name;" in lines[-1]
    assert run(folder, server.url, DROP_FIELDS="host, host.name")[0] == 0
    assert "host" not in server.state[PATHS[1]]["template"]["mappings"]["properties"]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_object_of_somebody_else_under_our_name_is_left_alone(server: Stub, folder: Path, position: int) -> None:
    run(folder, server.url)
    stored = server.state[PATHS[position]]
    stored.get("policy", stored)["_meta"] = {"owner": "another-team"}
    server.seen.clear()
    code, lines = run(folder, server.url)
    assert code == 1
    assert f"{PATHS[position]} belongs to another-team (its _meta.owner)" in lines[-1]
    assert server.requests("PUT") == []


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_template_that_takes_our_streams_is_told(server: Stub, folder: Path, options: tuple[str, ...]) -> None:
    run(folder, server.url)
    server.overlapping = [{"name": "valeo-neuroerp", "index_patterns": []}]
    code, lines = run(folder, server.url, *options)
    assert code == 1
    stream = "valeo-neuroerp-app-prod"
    assert f"{TEMPLATE}: a template of a higher priority takes {stream}" in " ".join(lines)
    server.overlapping = [{"name": "lower", "index_patterns": ["*"]}]
    assert run(folder, server.url, *options)[0] == 0


def test_waits_until_the_server_is_ready(server: Stub, folder: Path) -> None:
    server.not_ready = 1
    code, lines = run(folder, server.url, WAIT_SECONDS="1")
    assert (code, lines[1:]) == (0, words("created"))
    assert lines[0].startswith("waiting for the server, up to 1 more seconds: HTTP 503: no master")


@pytest.mark.parametrize("wait", ["0", "1"])
def test_server_that_is_never_ready_ends_the_run_at_the_limit(server: Stub, folder: Path, wait: str) -> None:
    server.not_ready = 100
    code, lines = run(folder, server.url, WAIT_SECONDS=wait)
    assert code == 1
    assert lines[-1] == f"failed: the server was not ready within {wait} seconds; last: HTTP 503: no master"
    assert server.requests("PUT") == []


def test_server_that_does_not_listen_is_named(folder: Path) -> None:
    with running(Stub()) as stub:
        url = stub.url
    code, lines = run(folder, url, WAIT_SECONDS="0")
    assert code == 1
    assert "not ready within 0 seconds; last: ConnectionRefusedError" in lines[-1]


@pytest.mark.parametrize("file", sorted(PROGRAM.glob("*.py")), ids=lambda file: file.name)
def test_program_runs_on_python_3_9_with_the_standard_library(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
