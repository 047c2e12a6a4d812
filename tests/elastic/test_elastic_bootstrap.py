"""The bootstrap program on the real server, as its user: what people change by hand is told and taken back."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.elastic.lifecycle_front import LifecycleFront
from tests.elastic.server import ADMIN, Server
from tests.elastic.stack import CONTENT, bulk
from tests.logs.bootstrap_run import run, write
from tests.logs.elasticsearch_stub import running

# Under other names than those of the other tests, whose data streams hold their templates.
OURS, STREAM = "drift-neuroerp", "drift-neuroerp-app-dev"
PAYLOADS = {name: text.replace("valeo-neuroerp", OURS) for name, text in CONTENT.payloads.items()}
LIFECYCLE, MAPPINGS, TEMPLATE = PAYLOADS
POLICY, COMPONENT, INDEX = f"/_ilm/policy/{OURS}", f"/_component_template/{OURS}-mappings", f"/_index_template/{OURS}"
THEIRS = "/_index_template/theirs"
SOMEBODY = {"index_patterns": ["theirs-*"], "priority": 900, "_meta": {"owner": "another-team"}}


class Stack:
    """The server with the program's payloads; people who may do everything have `admin`."""

    def __init__(self, front: LifecycleFront, admin: httpx.Client, folder: Path) -> None:
        self.front, self.admin, self.folder = front, admin, folder

    def run(self, *options: str, **variables: str) -> tuple[int, list[str]]:
        return run(self.folder, self.front.url, *options, **variables)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.admin.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()

    def template(self, path: str) -> Any:
        (kind,) = (found for found in self.call("GET", path).values())
        return {key: value for key, value in kind[0][path[2:].partition("/")[0]].items() if not key.endswith("_millis")}

    def stored(self) -> Any:
        """All three, as they are there now."""
        return self.template(COMPONENT), self.template(INDEX), copy.deepcopy(self.front.state[POLICY])

    def edit(self, path: str, *place: str, value: Any) -> None:
        """Change a template as a person does: read it, change it, put it."""
        template = self.template(path)
        inner = template
        for key in place[:-1]:
            inner = inner.setdefault(key, {})
        inner[place[-1]] = value
        self.call("PUT", path, {key: value for key, value in template.items() if not key.endswith("_date")})


@pytest.fixture(scope="module")
def stack(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = write(tmp_path_factory.mktemp("payloads"), PAYLOADS)
    with running(LifecycleFront(server.url)) as front, server.client(ADMIN) as admin:
        made = Stack(front, admin, folder)
        made.call("PUT", THEIRS, SOMEBODY)
        yield made
        admin.delete(f"/_data_stream/{STREAM}")
        made.call("DELETE", THEIRS)


def state(name: str) -> list[str]:
    return [f"{file}: {name}" for file in PAYLOADS]


def test_the_first_run_creates_and_the_second_changes_nothing(stack: Stack) -> None:
    assert stack.run() == (0, state("created"))
    before = {path: stack.call("GET", path) for path in (COMPONENT, INDEX)}
    stack.front.seen.clear()
    assert stack.run() == (0, state("unchanged"))
    assert stack.front.requests("PUT") == []
    # The server keeps when each was changed last.
    assert {path: stack.call("GET", path) for path in (COMPONENT, INDEX)} == before
    assert stack.run("--check") == (0, ["no drift in 3 objects"])


def phase(stack: Stack) -> None:
    stack.front.state[POLICY]["policy"]["phases"]["delete"]["min_age"] = "1d"


def policy_gone(stack: Stack) -> None:
    del stack.front.state[POLICY]


def mappings_gone(stack: Stack) -> None:
    stack.call("DELETE", INDEX)
    stack.call("DELETE", COMPONENT)


def template_gone(stack: Stack) -> None:
    stack.call("DELETE", INDEX)


def edited(path: str, *place: str, value: Any) -> Callable[[Stack], None]:
    return lambda stack: stack.edit(path, *place, value=value)


FIELDS = ("template", "mappings", "properties")
SETTINGS = ("template", "settings", "index")
DRIFTS: dict[str, tuple[Callable[[Stack], None], list[str]]] = {
    "phase of the lifecycle": (phase, [f"{LIFECYCLE}: policy.phases.delete.min_age: 1d -> 3d"]),
    "lifecycle gone": (policy_gone, [f"{LIFECYCLE}: is missing"]),
    "mappings gone": (mappings_gone, [f"{MAPPINGS}: is missing", f"{TEMPLATE}: is missing"]),
    "template gone": (template_gone, [f"{TEMPLATE}: is missing"]),
    "type of a field": (
        edited(COMPONENT, *FIELDS, "trace_id", value={"type": "text"}),
        [
            f"{MAPPINGS}: template.mappings.properties.trace_id.ignore_above: nothing -> 1024",
            f"{MAPPINGS}: template.mappings.properties.trace_id.type: text -> keyword",
        ],
    ),
    "any field is mapped": (
        edited(COMPONENT, "template", "mappings", "dynamic", value=True),
        [f"{MAPPINGS}: template.mappings.dynamic: true -> false"],
    ),
    "priority": (edited(INDEX, "priority", value=1), [f"{TEMPLATE}: priority: 1 -> 500"]),
    "copies": (
        edited(INDEX, *SETTINGS, "number_of_replicas", value="2"),
        [f"{TEMPLATE}: template.settings.index.number_of_replicas: 2 -> 0"],
    ),
    "setting more": (
        edited(INDEX, *SETTINGS, "refresh_interval", value="30s"),
        [f"{TEMPLATE}: template.settings.index.refresh_interval: 30s -> nothing"],
    ),
    "stream left out": (
        edited(INDEX, "index_patterns", value=[STREAM]),
        [f"{TEMPLATE}: index_patterns: ['{STREAM}'] -> ['{STREAM}', '{OURS}-infra-dev', '{OURS}-unparsed-dev']"],
    ),
    "mappings not used": (
        edited(INDEX, "composed_of", value=[]),
        [f"{TEMPLATE}: composed_of: [] -> ['{OURS}-mappings']"],
    ),
    "owner": (
        edited(INDEX, "_meta", value={}),
        [f"{TEMPLATE}: _meta.owner: nothing -> {OURS}-observability"],
    ),
}


@pytest.mark.parametrize(("drift", "told"), DRIFTS.values(), ids=DRIFTS)
def test_what_was_changed_by_hand_is_told_and_taken_back(
    stack: Stack, drift: Callable[[Stack], None], told: list[str]
) -> None:
    stack.run()
    wanted = stack.stored()
    drift(stack)
    code, lines = stack.run("--check")
    assert (code, lines[:-1]) == (1, [f"drift: {line}" for line in told])
    assert stack.run()[0] == 0
    assert stack.stored() == wanted
    assert stack.run() == (0, state("unchanged"))
    assert stack.run("--check")[0] == 0


def test_a_field_that_somebody_added_is_not_dropped_without_a_word(stack: Stack) -> None:
    stack.run()
    stack.edit(COMPONENT, *FIELDS, "order", value={"properties": {"id": {"type": "keyword"}}})
    before = stack.template(COMPONENT)
    code, lines = stack.run()
    assert code == 1
    assert f"{COMPONENT} would lose the fields order, order.id; keep them in the payload" in lines[-1]
    assert stack.template(COMPONENT) == before
    assert stack.run("--check")[0] == 1
    assert stack.run(DROP_FIELDS="order,order.id")[0] == 0
    assert stack.run() == (0, state("unchanged"))


def test_a_template_that_takes_our_streams_is_told_and_left_alone(stack: Stack) -> None:
    stack.run()
    taking = {**SOMEBODY, "index_patterns": [f"{OURS}-app-*"]}
    stack.call("PUT", "/_index_template/taking", taking)
    try:
        for options in ((), ("--check",)):
            code, lines = stack.run(*options)
            assert code == 1
            assert f"{TEMPLATE}: a template of a higher priority takes {STREAM}" in " ".join(lines)
        assert stack.template("/_index_template/taking").items() >= taking.items()
    finally:
        stack.call("DELETE", "/_index_template/taking")
    assert stack.run()[0] == 0


def test_what_the_server_refuses_is_the_reason(stack: Stack) -> None:
    """The component template is not there, and the index template names it."""
    stack.run()
    mappings_gone(stack)
    (stack.folder / MAPPINGS).rename(stack.folder / "hidden")
    try:
        code, lines = stack.run()
        assert code == 1
        assert lines[-1].startswith(f"failed: HTTP 400 for PUT {INDEX}: ")
        assert f"{OURS}-mappings" in lines[-1]
    finally:
        (stack.folder / "hidden").rename(stack.folder / MAPPINGS)
    assert stack.run()[0] == 0


def test_what_was_written_and_what_others_made_stays(stack: Stack) -> None:
    stack.run()
    kept = {"@timestamp": "2026-11-24T02:17:28Z", "message": "kept", "service": "api"}
    (item,) = bulk(stack.admin, "/_bulk?refresh=true&require_data_stream=true", STREAM, [kept])
    assert item["status"] == 201
    stack.edit(INDEX, *SETTINGS, "number_of_replicas", value="2")
    assert stack.run()[0] == 0
    hits = stack.call("POST", f"/{STREAM}/_search", {"query": {"term": {"service": "api"}}})["hits"]["hits"]
    assert [hit["_source"] for hit in hits] == [kept]
    assert stack.template(THEIRS) == {**SOMEBODY, "composed_of": []}
