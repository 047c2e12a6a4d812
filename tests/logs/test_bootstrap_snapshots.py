"""The program with snapshots: place and policy are made once, held to their payloads, and left to their owner."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch_snapshots import SnapshotsSettings
from logs import content
from tests.logs.bootstrap_run import PAYLOADS, run, write
from tests.logs.elasticsearch_stub import Stub

S3 = SnapshotsSettings.model_validate({"type": "s3", "bucket": "logs", "account": "AKIA", "traces": True})
SIZES: dict[str, Any] = {"index_replicas": 1, "retention_days": 30, "rollover_age": "1d", "rollover_size": "30Gi"}
WITH = content("prod", **SIZES, snapshots=S3).payloads
REPOSITORY, POLICY = "/_snapshot/valeo-neuroerp", "/_slm/policy/valeo-neuroerp"
FILES = list(WITH)[-2:]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, WITH)


def test_they_come_after_all_that_is_needed_without_them() -> None:
    assert {name: WITH[name] for name in PAYLOADS} == PAYLOADS
    assert list(WITH) == sorted(WITH) == [*PAYLOADS, *FILES]


def test_the_policy_holds_the_streams_and_the_settings() -> None:
    policy = json.loads(WITH[FILES[1]])["body"]
    assert policy["name"] == "<valeo-neuroerp-prod-{now/d}>"
    assert policy["config"]["indices"] == [f"valeo-neuroerp-{kind}-prod" for kind in ("app", "infra", "unparsed")] + [
        "neuroerp-jaeger-*"
    ]
    assert policy["retention"] == {"expire_after": "30d", "min_count": 5, "max_count": 50}
    assert policy["unhealthy_if_no_snapshot_within"] == "2d"
    assert not policy["config"]["include_global_state"]


def test_a_second_run_changes_nothing_whatever_the_server_adds(server: Stub, folder: Path) -> None:
    assert run(folder, server.url) == (0, [f"{name}: created" for name in WITH])
    server.seen.clear()
    assert run(folder, server.url) == (0, [f"{name}: unchanged" for name in WITH])
    assert run(folder, server.url, "--check") == (0, [f"no drift in {len(WITH)} objects"])
    assert server.requests("PUT") == []
    answer = server.stored(REPOSITORY)["valeo-neuroerp"]
    assert "uuid" in answer
    assert "last_success" in server.stored(POLICY)["valeo-neuroerp"]


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        (REPOSITORY, {"settings": {"bucket": "other", "base_path": "prod"}}, "settings.bucket: other -> logs"),
        (REPOSITORY, {"type": "fs"}, "type: fs -> s3"),
        (POLICY, {"schedule": "1d"}, "schedule: 1d -> 0 30 1 * * ?"),
        (POLICY, {"retention": {"expire_after": "1d"}}, "retention.expire_after: 1d -> 30d"),
        (POLICY, {"repository": "theirs"}, "repository: theirs -> valeo-neuroerp"),
    ],
)
def test_a_change_by_hand_is_told_and_taken_back(
    server: Stub, folder: Path, path: str, change: dict[str, Any], told: str
) -> None:
    run(folder, server.url)
    wanted = dict(server.state[path])
    server.state[path] = {**wanted, **change}
    code, lines = run(folder, server.url, "--check")
    assert code == 1
    assert told in " ".join(lines)
    assert run(folder, server.url)[0] == 0
    assert server.state[path] == wanted


def test_a_policy_of_somebody_else_is_left_alone(server: Stub, folder: Path) -> None:
    run(folder, server.url)
    server.state[POLICY]["config"]["metadata"] = {"owner": "another-team"}
    server.seen.clear()
    code, lines = run(folder, server.url)
    assert code == 1
    assert f"{POLICY} belongs to another-team (its _meta.owner)" in lines[-1]
    assert server.requests("PUT") == []


def test_what_the_server_has_against_the_place_is_the_reason(server: Stub, folder: Path) -> None:
    refused = {"error": {"reason": "path is not accessible", "caused_by": {"reason": "bucket not found"}}}
    server.answers["PUT", REPOSITORY] = (500, refused)
    code, lines = run(folder, server.url)
    assert code == 1
    last = f"failed: HTTP 500 for PUT {REPOSITORY}: path is not accessible; cause: bucket not found"
    assert lines == [*(f"{name}: created" for name in PAYLOADS), last]


@pytest.mark.parametrize("file", FILES)
def test_an_answer_of_another_form_is_told(server: Stub, folder: Path, file: str) -> None:
    path = json.loads(WITH[file])["path"]
    server.answers["GET", path] = (200, {"other": {}})
    code, lines = run(folder, server.url)
    assert (code, lines) == (1, [f"failed: unknown answer for GET {path}: {{'other': {{}}}}"])


def test_a_policy_without_what_it_is_about_is_no_payload(server: Stub, folder: Path) -> None:
    request = json.loads((folder / FILES[1]).read_text(encoding="utf-8"))
    del request["body"]["config"]
    (folder / FILES[1]).write_text(json.dumps(request), encoding="utf-8")
    assert run(folder, server.url) == (2, [f"failed: {FILES[1]} is no snapshot policy: it needs an object config"])
