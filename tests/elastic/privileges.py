"""The table of what each client may do, held against the server."""

import json
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.elastic.server import Server

Table = dict[str, dict[str, list[str]]]


def read(name: str) -> Table:
    """A table of this folder."""
    found: Table = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return found


TABLE = read("privileges.yaml")


def privilege_faults(server: Server, user: str, table: Table = TABLE) -> list[str]:
    """Calls of this user that ended otherwise than the table says."""
    with server.client(user) as client:
        allowed = [(call, _outcome(client, call)) for call in table[user]["may"]]
        refused = [(call, _outcome(client, call)) for call in table[user]["must not"]]
    return [f"{user} may {call}: {outcome}" for call, outcome in allowed if outcome not in ("200", "201")] + [
        f"{user} must not {call}: {outcome}" for call, outcome in refused if outcome != "403"
    ]


def _outcome(client: httpx.Client, call: str) -> str:
    """200, 201 or 403; another status with what the server said."""
    method, _, rest = call.partition(" ")
    if method == "has":
        return "200" if _has(client, rest) else "403"
    path, _, body = rest.partition(" ")
    answer = client.request(method, path, content=body or None, headers={"Content-Type": "application/json"})
    return str(answer.status_code) if answer.status_code in (200, 201, 403) else f"{answer.status_code} {answer.text}"


def _has(client: httpx.Client, right: str) -> bool:
    action, _, index = right.partition(" on ")
    wanted: dict[str, Any] = {"index": [{"names": [index], "privileges": [action]}]} if index else {"cluster": [action]}
    answer = client.post(
        "/_security/user/_has_privileges", content=json.dumps(wanted), headers={"Content-Type": "application/json"}
    )
    answer.raise_for_status()
    return bool(answer.json()["has_all_requested"])
