"""A client of the API server: what these tests ask it, in plain JSON."""

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.cluster.network import Namespace

Manifest = dict[str, Any]
HOST, PORT = "10.96.0.1", 443
BUSY, TRIES = 429, 20
SERVER_NAME = "kubernetes.default.svc"


class ApiError(Exception):
    """The API server refuses."""

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        causes = [str(cause.get("message", "")) for cause in (status.get("details") or {}).get("causes") or ()]
        super().__init__("; ".join([str(status.get("message", status)), *causes]))
        self.code = code


@dataclass(frozen=True)
class Kind:
    """Where objects of a kind are."""

    root: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of an object, or of all of them."""
        inner = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{inner}/{self.plural}{'/' + quote(name) if name else ''}"


class Api:
    """The API server as one user sees it."""

    def __init__(self, namespace: Namespace, certificate: str, token: str) -> None:
        self._namespace, self._certificate, self.token = namespace, certificate, token
        self._context = ssl.create_default_context(cadata=certificate)
        self._connection: http.client.HTTPSConnection | None = None
        self._kinds: dict[tuple[str, str], Kind] = {}

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """One request; raises ``ApiError`` when it is refused."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": "application/json"}
        text = None if body is None else json.dumps(body)
        for attempt in range(1, TRIES + 1):
            try:
                connection = self._connected()
                connection.request(method, path, text, headers)
                response = connection.getresponse()
                content = response.read()
            except (http.client.HTTPException, ConnectionError, ssl.SSLError):  # A connection that idled may be gone.
                self._connection = None
                if attempt == TRIES:
                    raise
                continue
            if response.status != BUSY or attempt == TRIES:  # The storage of a new kind takes a moment.
                break
            time.sleep(0.2)
        plain = response.headers.get_content_type() != "application/json"
        answer = content.decode() if plain else json.loads(content)
        if response.status >= 400:
            raise ApiError(response.status, answer if isinstance(answer, dict) else {"message": answer})
        return answer

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            made = http.client.HTTPSConnection(SERVER_NAME, timeout=60)
            made.sock = self._context.wrap_socket(self._namespace.connect(HOST, PORT), server_hostname=SERVER_NAME)
            self._connection = made
        return self._connection

    def kind(self, api_version: str, kind: str) -> Kind:
        """Where a kind is, as the API server says."""
        if (api_version, kind) not in self._kinds:
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            for found in self.ask("GET", root)["resources"]:
                if "/" not in found["name"]:
                    made = Kind(root, found["name"], found["namespaced"])
                    self._kinds[api_version, found["kind"]] = made
        return self._kinds[api_version, kind]

    def path(self, manifest: Mapping[str, Any]) -> str:
        """The path of an object."""
        metadata = manifest["metadata"]
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        return kind.path(metadata.get("namespace", "default") if kind.namespaced else "", metadata["name"])

    def apply(self, manifest: Mapping[str, Any], *, dry: bool = False) -> Manifest:
        """Server-side apply with strict validation of fields."""
        query = {
            "fieldManager": "tests",
            "fieldValidation": "Strict",
            "force": "true",
            **({"dryRun": "All"} if dry else {}),
        }
        path = f"{self.path(manifest)}?{urlencode(query)}"
        made: Manifest = self.ask("PATCH", path, manifest, "application/apply-patch+yaml")
        return made

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Manifest | None:
        """An object, or None when there is none."""
        try:
            found: Manifest = self.ask("GET", self.kind(api_version, kind).path(namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        return found

    def all(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[Manifest]:
        """The objects of a kind."""
        path = self.kind(api_version, kind).path(namespace)
        listed = self.ask("GET", f"{path}?{urlencode(query)}")["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in listed]

    def delete(self, manifest: Mapping[str, Any]) -> None:
        """Delete an object and, in the background, what it owns; one that is gone already is fine."""
        with contextlib.suppress(ApiError):
            self.ask("DELETE", self.path(manifest), {"propagationPolicy": "Background"})
