"""Each client of Elasticsearch has the rights that it works with, and no other: on the real server."""

import copy
from typing import Any

import pytest

from tests.elastic.privileges import TABLE, privilege_faults
from tests.elastic.server import ADMIN, Server
from tests.elastic.stack import CONTENT

KEPT = {"@timestamp": "2026-11-24T02:17:28Z", "message": "kept"}


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    """With what the refused calls would destroy, and what the cleaner deletes."""
    with server.client("logstash") as client:
        # The first write of the writer makes the streams.
        for stream in CONTENT.roles["neuroerp_logs_reader"]["indices"][0]["names"]:
            client.post(f"/{stream}/_create/kept", json=KEPT).raise_for_status()
    with server.client(ADMIN) as client:
        for name in ("old", "kept"):
            client.put(f"/neuroerp-jaeger-{name}/_doc/kept", json={"traceID": "a"}).raise_for_status()
        client.post("/_refresh").raise_for_status()
    return server


def test_the_table_names_every_user() -> None:
    assert set(TABLE) == set(CONTENT.user_roles)
    assert all(len(entry["may"]) >= 2 and len(entry["must not"]) >= 5 for entry in TABLE.values())


@pytest.mark.parametrize("user", list(TABLE))
def test_users_can_do_their_work_and_nothing_else(filled: Server, user: str) -> None:
    assert privilege_faults(filled, user) == []


def test_refused_calls_left_everything_as_it_was(filled: Server) -> None:
    with filled.client(ADMIN) as client:
        query = {"query": {"ids": {"values": ["kept"]}}}
        hits = client.post("/valeo-neuroerp-app-dev/_search", json=query).json()["hits"]["hits"]
        assert [hit["_source"] for hit in hits] == [KEPT]
        assert client.get("/neuroerp-jaeger-kept/_doc/kept").status_code == 200
        assert client.get("/neuroerp-jaeger-old").status_code == 404


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_comes_in_without_the_password(server: Server, password: str) -> None:
    with server.client("grafana") as client:
        assert client.get("/_cluster/health", auth=("grafana", password)).status_code == 401
        assert client.get("/_cluster/health", auth=lambda request: request).status_code == 401


@pytest.mark.parametrize(
    ("role", "change", "fault"),
    [
        ("neuroerp_logs_writer", {"privileges": "read"}, "must not GET /valeo-neuroerp-app-dev/_search"),
        ("neuroerp_logs_writer", {"names": "valeo-neuroerp-*"}, "must not POST /valeo-neuroerp-apps-dev"),
        ("neuroerp_logs_writer", {"cluster": ["cluster:monitor/main"]}, "may GET /_license"),
        ("neuroerp_logs_reader", {"privileges": "write"}, "must not DELETE /valeo-neuroerp-app-dev/_doc"),
        ("neuroerp_logs_reader", {"cluster": []}, "may GET /_cluster/health"),
    ],
)
def test_wrong_roles_are_noticed(filled: Server, role: str, change: dict[str, Any], fault: str) -> None:
    user = next(user for user, held in CONTENT.user_roles.items() if role in held)
    roles = copy.deepcopy(CONTENT.roles)
    for key, value in change.items():
        if key == "cluster":
            roles[role]["cluster"] = value
        else:
            roles[role]["indices"][0][key].append(value)
    filled.set_roles(roles)
    try:
        faults = privilege_faults(filled, user)
    finally:
        filled.set_roles(CONTENT.roles)
    assert any(line.startswith(f"{user} {fault}") for line in faults), faults
