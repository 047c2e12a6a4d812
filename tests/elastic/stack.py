"""The log content of dev, as the tests bring it to the server."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from logs import LogContent, content
from tests.elastic.java import need_java
from tests.elastic.server import Server
from tests.needs import need

AnyServer = TypeVar("AnyServer", bound=Server)
CONTENT: LogContent = content("dev", index_replicas=0, retention_days=3, rollover_age="1d", rollover_size="2Gi")
LIFECYCLE = "10-lifecycle-policy.json"


@contextmanager
def running(kind: type[AnyServer]) -> Iterator[AnyServer]:
    """A server with the users, roles and templates of dev, while the block lasts."""
    program, java = need("elasticsearch")["elasticsearch"], need_java()
    # Not pytest's own folder: the server runs as another user, who cannot look into that.
    folder = Path(tempfile.mkdtemp(prefix="elastic-"))
    made = kind(program, java, folder)
    try:
        made.start(CONTENT.roles, CONTENT.user_roles)
        put_templates(made)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def put_templates(server: Server) -> None:
    """What the bootstrap Job does, as its user. This server has no lifecycle: neither the policy nor its setting."""
    with server.client("bootstrap") as client:
        for name, text in CONTENT.payloads.items():
            request = json.loads(text)
            if name == LIFECYCLE:
                continue
            request["body"]["template"].get("settings", {}).get("index", {}).pop("lifecycle", None)
            client.put(request["path"], json=request["body"]).raise_for_status()


def bulk(client: httpx.Client, path: str, index: str, documents: Iterable[Any]) -> list[dict[str, Any]]:
    """Write documents with the create action; for each its status, with the error if there is one."""
    lines = [
        text for document in documents for text in (json.dumps({"create": {"_index": index}}), json.dumps(document))
    ]
    answer = client.post(path, content="\n".join([*lines, ""]), headers={"Content-Type": "application/x-ndjson"})
    answer.raise_for_status()
    return [item["create"] for item in answer.json()["items"]]
