"""A small stand-in for Elasticsearch that keeps policies and templates, and answers in the forms of the real 9.5.0."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

S = TypeVar("S", bound="Stub")
USER, PASSWORD = "bootstrap", "correct horse battery"
HEALTH = "/_cluster/health"


def _strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strings(item) for key, item in value.items()}
    return json.dumps(value).strip('"')


class Stub(ThreadingHTTPServer):
    """The server with its state; tests read `seen` and set what shall go wrong."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state: dict[str, Any] = {}
        self.seen: list[tuple[str, str]] = []
        self.not_ready = 0
        """How many requests are answered with 503 first."""
        self.not_ready_answer: Any = {"error": {"reason": "no master"}}
        self.overlapping: list[dict[str, Any]] = []
        """Templates of a lower priority, in the answer to each simulation."""
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def requests(self, method: str) -> list[str]:
        return [path for used, path in self.seen if used == method]

    def decide(self, method: str, path: str, body: Any, headers: Message) -> tuple[int, Any]:  # noqa: ARG002 - for Kibana
        """Status and answer of a request of the right user."""
        if path == HEALTH:
            return 200, {"status": "green"}
        if method == "POST":
            return 200, {"template": {}, "overlapping": self.overlapping}
        if method == "PUT":
            self.state[path] = body
            return 200, {"acknowledged": True}
        return (200, self.stored(path)) if path in self.state else (404, {"error": {"reason": "not found"}})

    def stored(self, path: str) -> Any:
        """What a GET answers: with the defaults, dates and strings that the real server adds."""
        name = path.rsplit("/", 1)[1]
        body = json.loads(json.dumps(self.state[path]))
        if path.startswith("/_ilm/policy/"):
            for phase in body["policy"]["phases"].values():
                phase.setdefault("min_age", "0ms")
                if "delete" in phase["actions"]:
                    phase["actions"]["delete"]["delete_searchable_snapshot"] = True
            return {name: {"version": 1, "modified_date": "2026-11-24T02:17:28.000Z", "in_use_by": {}, **body}}
        if path.startswith("/_slm/policy/"):
            done = {"snapshot_name": "valeo-neuroerp-prod-2026.11.24-a", "time": 1795484228000}
            return {name: {"version": 1, "modified_date_millis": 1795484228000, "policy": body, "last_success": done}}
        if path.startswith("/_snapshot/"):
            return {name: {**body, "uuid": "8Yz4sWKJQXCW-x3ZqkGo0A", "settings": _strings(body["settings"])}}
        dates = {"created_date_millis": 1795509040212, "modified_date_millis": 1795509041871}
        if path.startswith("/_component_template/"):
            return {"component_templates": [{"name": name, "component_template": {**body, **dates}}]}
        body["template"]["settings"] = _strings(body["template"]["settings"])
        body["data_stream"] = {"hidden": False, "allow_custom_routing": False}
        return {"index_templates": [{"name": name, "index_template": {**body, **dates}}]}


class _Handler(BaseHTTPRequestHandler):
    server: Stub

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0]
        self.server.seen.append((self.command, path))
        status, answer = self._decide(path, body)
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _decide(self, path: str, body: Any) -> tuple[int, Any]:
        server = self.server
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {token}":
            return 401, {
                "error": {"type": "security_exception", "reason": "unable to authenticate user"},
                "status": 401,
            }
        if (self.command, path) in server.answers:
            return server.answers[self.command, path]
        if server.not_ready:
            server.not_ready -= 1
            return 503, server.not_ready_answer
        return server.decide(self.command, path, body, self.headers)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@contextmanager
def running(stub: S) -> Iterator[S]:
    """A stub on a free port of this machine."""
    thread = threading.Thread(target=stub.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield stub
    finally:
        stub.shutdown()
        thread.join()
        stub.server_close()
