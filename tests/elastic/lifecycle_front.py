"""In front of the real server: adds both kinds of lifecycle, which this build lacks, and passes everything else on."""

import http.client
import json
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from tests.logs.elasticsearch_stub import Stub

LIFECYCLES = ("/_ilm/policy/", "/_slm/policy/")
TEMPLATE = "/_index_template/"


class LifecycleFront(Stub):
    """Keeps policies, and of index templates the name of the policy: both are unknown to the server behind."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.behind = str(urlsplit(url).netloc)
        self.lifecycles: dict[str, Any] = {}

    def decide(self, method: str, path: str, body: Any, headers: Message) -> tuple[int, Any]:
        if path.startswith(LIFECYCLES):
            return super().decide(method, path, body, headers)
        if method == "PUT" and path.startswith(TEMPLATE):
            self.lifecycles[path] = body["template"]["settings"]["index"].pop("lifecycle", None)
        status, answer = self.passed_on(method, path, body, headers)
        if method == "GET" and status == http.client.OK and self.lifecycles.get(path):
            for found in answer["index_templates"]:
                settings = found["index_template"].setdefault("template", {}).setdefault("settings", {})
                settings.setdefault("index", {})["lifecycle"] = self.lifecycles[path]
        return status, answer

    def passed_on(self, method: str, path: str, body: Any, headers: Message) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.behind, timeout=60)
        sent = {"Authorization": headers["Authorization"], "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()
