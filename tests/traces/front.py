"""In front of the real Elasticsearch: TLS by an authority of its own, and `GET /`, which this build of it lacks."""

import http.client
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from tests.elastic.server import Server
from tests.loopback import HOST
from tools.table import TOOLS

VERSION = next(tool.version for tool in TOOLS if tool.name == "elasticsearch")
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
ABOUT = {
    "name": "node",
    "cluster_name": "tests",
    "version": {"number": VERSION, "build_flavor": "default", "minimum_wire_compatibility_version": "8.19.0"},
    "tagline": "You Know, for Search",
}
PASSED = ("Authorization", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding")
JSON = {"Content-Type": "application/json", "Accept-Encoding": "identity"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: "Front"

    def handle_any(self) -> None:
        body = b"".join(self._chunks()) if self.headers["Transfer-Encoding"] else self.rfile.read(self._length())
        try:
            if self.path == "/":
                self._about()
            else:
                self._say(*self._behind(self.command, self.path, body))
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # As a server does that ended.

    def _length(self) -> int:
        return int(self.headers["Content-Length"] or 0)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _about(self) -> None:
        """What the server is, for those who may know."""
        wanted = json.dumps({"cluster": ["cluster:monitor/main"]}).encode()
        status, headers, answer = self._behind("POST", "/_security/user/_has_privileges", wanted, JSON)
        if status == http.client.OK:
            status = http.client.OK if json.loads(answer)["has_all_requested"] else http.client.FORBIDDEN
            answer = json.dumps(ABOUT if status == http.client.OK else {"status": status}).encode()
        self._say(status, headers, answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - names of the base class

    def _behind(
        self, method: str, path: str, body: bytes, more: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.front.behind, timeout=60)
        try:
            sent = {name: self.headers[name] for name in PASSED if self.headers[name]} | dict(more)
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            kept = {name: value for name in ("Content-Type", "Content-Encoding") if (value := answer.headers[name])}
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def _say(self, status: int, headers: Mapping[str, str], answer: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, **PRODUCT, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Front:
    """Answers at a loopback port over TLS; ``ca`` is the file of its authority."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        name = ["-subj", "/CN=elasticsearch", "-addext", f"subjectAltName=IP:{HOST}"]
        command = ["openssl", "req", "-x509", *key, *name, "-keyout", "front.key", "-out", "front.crt"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        self.ca = folder / "front.crt"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, folder / "front.key")
        self._http = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"front": self}))
        self._http.daemon_threads = True
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://{HOST}:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    @property
    def behind(self) -> str:
        """Where the server listens now: it chooses another port when it starts again."""
        return str(urlsplit(self.server.url).netloc)

    def stop(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
