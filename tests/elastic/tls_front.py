"""In front of the real server: TLS, and the answer to `GET /`, for which this build has no module."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = {"cluster_name": "tests", "cluster_uuid": "x", "version": {"number": "9.5.0"}, "tagline": "You Know, for Search"}
LEFT_OUT = ("accept-encoding", "connection", "content-length", "transfer-encoding", "host")


class TlsFront(ThreadingHTTPServer):
    """Passes on what the clients ask, byte for byte."""

    def __init__(self, url: str, certificates: Path) -> None:
        """In front of ``url``, with `tls.crt` and `tls.key`."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = str(urlsplit(url).netloc)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"https://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: TlsFront
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in LEFT_OUT}
        # Where the root is asked for, the server still says whether the user may.
        asked = "/_security/_authenticate" if self.path == "/" else self.path
        try:
            connection.request("GET" if self.path == "/" else self.command, asked, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if self.path == "/" and answer.status == http.client.OK:
            data = json.dumps(ROOT).encode()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in LEFT_OUT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@contextmanager
def tls_front(url: str, certificates: Path) -> Iterator[TlsFront]:
    """A front that runs."""
    with TlsFront(url, certificates) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield front
        finally:
            front.shutdown()
            thread.join()
