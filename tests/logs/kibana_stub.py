"""A small stand-in for Kibana's documented API of data views: what Kibana 9 takes, refuses and answers."""

from email.message import Message
from typing import Any

from tests.logs.elasticsearch_stub import Stub

STATUS = "/api/status"
VIEWS = "/api/data_views/data_view"
KEYS = {"title", "name", "type", "typeMeta", "timeFieldName", "sourceFilters", "fieldFormats", "fields"} | {
    "fieldAttrs",
    "allowNoIndex",
    "runtimeFieldMap",
}
ADDED: dict[str, Any] = {
    "version": "WzEwLDFd",
    "sourceFilters": [],
    "fields": {"@timestamp": {"type": "date", "count": 0}},
    "typeMeta": {},
    "fieldFormats": {},
    "runtimeFieldMap": {},
    "fieldAttrs": {},
    "allowHidden": False,
}


def refusal(status: int, message: str) -> tuple[int, Any]:
    return status, {"statusCode": status, "error": {400: "Bad Request", 404: "Not Found"}[status], "message": message}


class KibanaStub(Stub):
    """Data views by their id in `state`, as they are stored."""

    def __init__(self) -> None:
        super().__init__()
        self.not_ready_answer = "Kibana server is not ready yet"

    def decide(self, method: str, path: str, body: Any, headers: Message) -> tuple[int, Any]:
        if path == STATUS:
            return 200, {"status": {"overall": {"level": "available"}}}
        name = path.removeprefix(VIEWS).removeprefix("/")
        if method == "GET":
            return self._view(name) if name in self.state else refusal(404, f"Saved object [{name}] not found")
        if method != "POST" or not path.startswith(VIEWS):
            return refusal(404, "Not Found")
        if not headers.get("kbn-xsrf"):
            return refusal(400, "Request must contain a kbn-xsrf header.")
        return self._update(name, body) if name else self._create(body)

    def _create(self, body: Any) -> tuple[int, Any]:
        view = dict(body["data_view"])
        if set(body) - {"data_view", "override"} or set(view) - KEYS - {"id"}:
            return refusal(400, f"[request body]: definition for this key is missing: {sorted(view)}")
        if view["id"] in self.state or view["title"] in [stored["title"] for stored in self.state.values()]:
            return refusal(400, f"Duplicate data view: {view['title']}")
        name = view.pop("id")
        self.state[name] = view
        return self._view(name)

    def _update(self, name: str, body: Any) -> tuple[int, Any]:
        view = body["data_view"]
        if set(body) - {"data_view", "refresh_fields"} or set(view) - KEYS:
            return refusal(400, f"[request body]: definition for this key is missing: {sorted(view)}")
        if name not in self.state:
            return refusal(404, f"Saved object [{name}] not found")
        if all(self.state[name].get(key) == value for key, value in view.items()):
            return refusal(400, "Index pattern change set is empty.")
        self.state[name].update(view)
        return self._view(name)

    def _view(self, name: str) -> tuple[int, Any]:
        return 200, {"data_view": {"id": name, **ADDED, **self.state[name]}}
