"""Snapshots on the real server: the place and the policy by the bootstrap program, made and restored by few rights."""

import copy
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.elasticsearch_snapshots import SnapshotsSettings
from logs import LogContent, content
from tests.elastic.java import need_java
from tests.elastic.lifecycle_front import LifecycleFront
from tests.elastic.privileges import privilege_faults, read
from tests.elastic.server import ADMIN, RESTORER, Server
from tests.elastic.stack import CONTENT, bulk, running
from tests.logs.bootstrap_run import run, write
from tests.logs.elasticsearch_stub import running as answering
from tests.logs.engines import Program
from tests.needs import need

STREAM, READER = "valeo-neuroerp-app-dev", "grafana"
OTHERS = ("40-snapshot-repository.json", "50-snapshot-policy.json")
REPOSITORY, POLICY = "/_snapshot/valeo-neuroerp", "/_slm/policy/valeo-neuroerp"
TABLE = read("snapshot_privileges.yaml")
# What a person needs for the drill of docs/operations.md, where it is not the superuser.
RESTORES = {
    "cluster": ["monitor", "create_snapshot", "cluster:admin/snapshot/restore"],
    "indices": [{"names": ["restored-*", STREAM], "privileges": ["read", "manage"]}],
}
DRILL = Path(__file__).parents[2] / "docs" / "operations.md"


def with_snapshots(**settings: Any) -> LogContent:
    return content(
        "dev",
        index_replicas=0,
        retention_days=3,
        rollover_age="1d",
        rollover_size="2Gi",
        snapshots=SnapshotsSettings.model_validate({"type": "fs", "claim": "snapshots", **settings}),
    )


WITH = with_snapshots()


def documents(client: httpx.Client, index: str) -> list[str]:
    answer = client.post(f"/{index}/_search", json={"query": {"term": {"service": "snapshots"}}, "size": 100})
    return sorted(hit["_source"]["message"] for hit in answer.raise_for_status().json()["hits"]["hits"])


@pytest.fixture(scope="module")
def place(server: Server) -> Iterator[Server]:
    """The server with the roles of a stack with snapshots, and lines to keep."""
    server.set_roles({**WITH.roles, RESTORER: RESTORES})
    lines = [{"@timestamp": "2026-11-24T02:17:28Z", "message": f"line {n}", "service": "snapshots"} for n in range(20)]
    with server.client(ADMIN) as client:
        assert {
            item["status"] for item in bulk(client, "/_bulk?require_data_stream=true&refresh=true", STREAM, lines)
        } == {201}
        client.put("/neuroerp-jaeger-span-2026-11-24/_doc/1", json={"traceID": "a"}).raise_for_status()
    yield server
    server.set_roles(CONTENT.roles)


@pytest.fixture
def front(place: Server) -> Iterator[LifecycleFront]:
    with answering(LifecycleFront(place.url)) as made:
        yield made
    with place.client(ADMIN) as client:
        client.delete(REPOSITORY)


def only_snapshots(folder: Path, made: LogContent = WITH) -> Path:
    return write(folder, {name: made.payloads[name] for name in OTHERS})


def test_the_bootstrap_user_makes_snapshots_and_does_nothing_else_with_them(place: Server) -> None:
    try:
        assert privilege_faults(place, "bootstrap", TABLE) == []
    finally:
        with place.client(ADMIN) as client:
            client.delete(f"{REPOSITORY}/made").raise_for_status()
            client.delete(REPOSITORY).raise_for_status()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda held: held.remove("create_snapshot"), "may PUT /_snapshot/valeo-neuroerp/made"),
        (lambda held: held.remove("cluster:admin/repository/put"), "may PUT /_snapshot/valeo-neuroerp {"),
        (lambda held: held.remove("cluster:admin/slm/put"), "may has cluster:admin/slm/put"),
        (lambda held: held.append("manage_slm"), "must not has cluster:admin/slm/delete"),
        (lambda held: held.append("cluster:admin/snapshot/*"), "must not DELETE /_snapshot/valeo-neuroerp/made"),
        (lambda held: held.append("manage"), "must not DELETE /_snapshot/valeo-neuroerp"),
    ],
)
def test_each_of_these_rights_is_needed_and_a_wider_one_is_noticed(place: Server, change: Any, fault: str) -> None:
    roles = copy.deepcopy(WITH.roles)
    change(roles["neuroerp_bootstrap"]["cluster"])
    place.set_roles(roles)
    try:
        faults = privilege_faults(place, "bootstrap", TABLE)
    finally:
        place.set_roles({**WITH.roles, RESTORER: RESTORES})
        with place.client(ADMIN) as client:
            client.delete(f"{REPOSITORY}/made")
            client.delete(REPOSITORY)
    assert any(line.startswith(f"bootstrap {fault}") for line in faults), faults


def test_without_snapshots_the_user_has_no_right_to_them() -> None:
    rights = CONTENT.roles["neuroerp_bootstrap"]["cluster"]
    assert [right for right in rights if re.search("slm|repository|snapshot", right)] == []
    assert set(WITH.payloads) - set(CONTENT.payloads) == set(OTHERS)


def test_the_program_makes_place_and_policy_once(front: LifecycleFront, tmp_path: Path) -> None:
    folder = only_snapshots(tmp_path)
    assert run(folder, front.url) == (0, [f"{name}: created" for name in OTHERS])
    assert run(folder, front.url) == (0, [f"{name}: unchanged" for name in OTHERS])
    assert run(folder, front.url, "--check") == (0, ["no drift in 2 objects"])


def test_a_place_that_was_changed_by_hand_is_told_and_taken_back(
    front: LifecycleFront, place: Server, tmp_path: Path
) -> None:
    folder = only_snapshots(tmp_path)
    run(folder, front.url)
    with place.client(ADMIN) as client:
        other = {"type": "fs", "settings": {"location": "other", "readonly": True}}
        client.put(REPOSITORY, json=other).raise_for_status()
        code, lines = run(folder, front.url, "--check")
        assert (code, lines[:-1]) == (
            1,
            [
                f"drift: {OTHERS[0]}: settings.location: other -> dev",
                f"drift: {OTHERS[0]}: settings.readonly: true -> nothing",
            ],
        )
        assert run(folder, front.url)[0] == 0
        assert client.get(REPOSITORY).json()["valeo-neuroerp"]["settings"] == {"location": "dev"}
    assert run(folder, front.url, "--check")[0] == 0


def test_a_policy_that_was_changed_by_hand_is_told_and_taken_back(front: LifecycleFront, tmp_path: Path) -> None:
    folder = only_snapshots(tmp_path)
    run(folder, front.url)
    front.state[POLICY]["retention"]["max_count"] = 1
    code, lines = run(folder, front.url, "--check")
    assert (code, lines[0]) == (1, f"drift: {OTHERS[1]}: retention.max_count: 1 -> 50")
    assert run(folder, front.url)[0] == 0
    front.state[POLICY]["config"]["metadata"]["owner"] = "another-team"
    code, lines = run(folder, front.url)
    assert code == 1
    assert f"{POLICY} belongs to another-team" in lines[-1]


def test_a_place_that_cannot_be_reached_is_the_reason(front: LifecycleFront, tmp_path: Path) -> None:
    """The server tries it when it is put; the templates were there before it."""
    payload = json.loads(WITH.payloads[OTHERS[0]])
    payload["body"]["settings"]["location"] = "/outside"
    (tmp_path / OTHERS[0]).write_text(json.dumps(payload), encoding="utf-8")
    code, lines = run(tmp_path, front.url)
    assert code == 1
    assert "doesn't match any of the locations specified by path.repo" in lines[-1]
    assert list(WITH.payloads)[-2:] == list(OTHERS)


class Reader:
    """The class of the server that reads policies, in a process of its own."""

    def __init__(self) -> None:
        home, java = need("elasticsearch")["elasticsearch"].parent.parent, need_java() / "bin" / "java"
        path = f"{home}/lib/*:{home}/modules/x-pack-core/*"
        self._program = Program(java, "-Xmx256m", "-cp", path, Path(__file__).with_name("SnapshotPolicy.java"))
        self.stop = self._program.stop

    def answer(self, body: Any) -> Any:
        """The policy as it would be answered, or why it is refused."""
        text = self._program.ask(json.dumps(body).encode()).decode()
        return text if text.startswith("refused: ") else json.loads(text)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"schedule": "*/30 0-6,22 * * *", "traces": True},
        {"schedule": "0 3 * * 1-5", "stale_days": 4},
        {"schedule": "0 3 1,15 */2 *", "stale_days": 99, "keep_days": 3650},
        {"schedule": "5 4 * * 0,6/2"},
    ],
    ids=str,
)
def test_the_servers_own_class_reads_the_policy_and_answers_the_same(reader: Reader, settings: dict[str, Any]) -> None:
    body = json.loads(with_snapshots(**settings).payloads[OTHERS[1]])["body"]
    assert reader.answer(body) == body


@pytest.mark.parametrize(
    ("key", "value", "answer"),
    [
        ("schedule", "30 1 * * *", "must be a valid cron expression"),
        ("schedule", "0 30 1 * * *", "must be a valid cron expression"),
        ("schedule", "0 0 3 31 2 ?", "never comes"),
        ("repository", "", "cannot be empty"),
        ("name", "Upper Case", "must be lowercase"),
    ],
)
def test_it_refuses_others(reader: Reader, key: str, value: Any, answer: str) -> None:
    body = json.loads(WITH.payloads[OTHERS[1]])["body"]
    assert answer in reader.answer({**body, key: value})


@pytest.mark.parametrize(
    ("key", "value", "answered"),
    [("unhealthy_if_no_snapshot_within", "36h", "1.5d"), ("misspelt", "2d", None)],
)
def test_what_it_answers_otherwise_is_noticed(reader: Reader, key: str, value: str, answered: str | None) -> None:
    """Hours would be a difference for ever, so all times are days; a key that it does not know goes without a word."""
    body = {**json.loads(WITH.payloads[OTHERS[1]])["body"], key: value}
    answer = reader.answer(body)
    assert answer.get(key) == answered
    assert answer != body


def drill(section: str) -> list[tuple[str, str, Any]]:
    """Method, path and body of each call of a section of docs/operations.md, for the streams of dev."""
    text = DRILL.read_text(encoding="utf-8").partition(f"### {section}\n")[2].partition("\n#")[0]
    commands = re.findall(r"^es_admin (?:[^'\n]|'[^']*')*", text.replace("-prod", "-dev"), re.MULTILINE)
    calls = []
    for command in commands:
        *options, path = shlex.split(command, comments=True)[1:]
        method = next((option[2:] for option in options if option.startswith("-X")), "GET")
        body = json.loads(options[options.index("-d") + 1]) if "-d" in options else None
        calls.append((method, f"/{path}", body))
    return calls


@pytest.fixture(scope="module")
def snapshot(place: Server) -> str:
    """A snapshot such as the policy makes: by the bootstrap user, with what the policy says."""
    policy = json.loads(WITH.payloads[OTHERS[1]])["body"]
    with place.client("bootstrap") as client:
        repository = json.loads(WITH.payloads[OTHERS[0]])
        client.put(repository["path"], json=repository["body"]).raise_for_status()
        answer = client.put(f"{REPOSITORY}/drill?wait_for_completion=true", json=policy["config"]).json()
    assert answer.get("snapshot", {}).get("state") == "SUCCESS", answer
    assert STREAM in answer["snapshot"]["data_streams"]
    assert not any("jaeger" in index for index in answer["snapshot"]["indices"])
    assert answer["snapshot"]["metadata"] == {"owner": "valeo-neuroerp-observability"}
    return "drill"


def done(client: httpx.Client, calls: list[tuple[str, str, Any]], snapshot: str) -> list[str]:
    """Do them; those of modules that this build lacks are left out and told."""
    left_out = []
    for method, path, body in calls:
        if path.startswith(("/_slm", "/_data_stream")):
            left_out.append(f"{method} {path}")
        else:
            client.request(method, path.replace("SNAPSHOT", snapshot), json=body).raise_for_status()
    return left_out


def test_the_drill_of_the_documentation_brings_every_line_back(place: Server, snapshot: str) -> None:
    calls = drill("Drill")
    with place.client(RESTORER) as client:
        wanted = documents(client, STREAM)
        assert len(wanted) == 20
        left_out = done(client, calls, snapshot)
        assert documents(client, f"restored-{STREAM}") == wanted
        assert client.delete(f"{REPOSITORY}/{snapshot}").status_code == httpx.codes.FORBIDDEN
    assert left_out == [f"GET {POLICY}?human&pretty", f"DELETE /_data_stream/restored-{STREAM}"]
    assert len(calls) > len(left_out) + 2


def test_a_new_cluster_gets_the_lines_of_the_lost_one(place: Server, snapshot: str) -> None:
    """Another server on the same place, after the steps of the documentation: read again by who read it before."""
    with place.client(READER) as client:
        wanted = documents(client, STREAM)

    class New(Server):
        @property
        def snapshots(self) -> Path:
            return place.snapshots

    with running(New) as new:
        new.set_roles(WITH.roles)
        repository = json.loads(WITH.payloads[OTHERS[0]])
        with new.client("bootstrap") as client:
            client.put(repository["path"], json=repository["body"]).raise_for_status()
        with new.client(ADMIN) as client:
            left_out = done(client, drill("A new cluster"), snapshot)
            client.post(f"/{STREAM}/_refresh").raise_for_status()
        with new.client(READER) as client:
            assert documents(client, STREAM) == wanted
        with new.client("logstash") as client:
            line = {"@timestamp": "2026-11-24T02:17:28Z", "message": "the next", "service": "snapshots"}
            (item,) = bulk(client, "/_bulk?require_data_stream=true", STREAM, [line])
            assert item["status"] == 201, item
    assert all(call.startswith("DELETE /_data_stream/") for call in left_out)
