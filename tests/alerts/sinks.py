"""What Alertmanager sends to, on loopback: a mail server with TLS and login, and an HTTP server for everything else."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cluster.mail_sink import Server, Session

LOCAL = "127.0.0.1"
USER, PASSWORD = "alertmanager", "given-smtp"


class Received:
    """Everything that came, in its order."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "received.jsonl"
        self.calls: list[dict[str, Any]] = []
        self.mail_port = self.http_port = 0

    def mails(self) -> list[dict[str, Any]]:
        """Mails with headers, and their bodies by content type."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines]

    def called(self, path: str) -> list[dict[str, Any]]:
        """The bodies of calls below a path."""
        return [call["body"] for call in self.calls if call["path"].startswith(path)]


@contextmanager
def open_sinks(folder: Path) -> Iterator[Received]:
    """Both servers, until the block ends; the certificate is ``mail.crt`` in the folder."""
    received = Received(folder)
    mail = Server((LOCAL, 0), _session(folder))
    http = ThreadingHTTPServer((LOCAL, 0), _handler(received))
    received.mail_port, received.http_port = mail.server_address[1], http.server_address[1]
    servers = (mail, http)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _session(folder: Path) -> type[Session]:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=mail", "-addext", f"subjectAltName=IP:{LOCAL}"]
    command = ["openssl", "req", "-x509", *key, *name, "-keyout", "mail.key", "-out", "mail.crt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)

    class Local(Session):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        login = f"{USER}:{PASSWORD}"
        seen = folder / "received.jsonl"

    Local.context.load_cert_chain(folder / "mail.crt", folder / "mail.key")
    return Local


def _handler(received: Received) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.calls.append({"path": self.path, "body": body, "key": self.headers.get("Authorization", "")})
            self.send_response(202)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"ok")  # Slack says so; the others only look at the status.

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
