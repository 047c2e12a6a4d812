"""A mail server that takes mail only over TLS and from its user, and a heartbeat monitor; both write what they get."""

import base64
import json
import socketserver
import ssl
import sys
import threading
import time
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def note(file: Path, **content: Any) -> None:
    with file.open("ab", buffering=0) as lines:  # One write, so that two mails at once do not mix.
        lines.write(json.dumps({"at": time.time(), **content}).encode() + b"\n")


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode(part.get_content_charset("utf-8")) if isinstance(content, bytes) else ""


class Session(socketserver.StreamRequestHandler):
    """One SMTP session (RFC 5321, 3207, 4954 as far as a sender of alerts needs them)."""

    context: ssl.SSLContext
    login: str
    seen: Path

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        self.encrypted = self.known = False
        self.say("220 localhost")
        while line := self.rfile.readline().decode().strip():
            if not self.answer(line):
                return

    def answer(self, line: str) -> bool:
        command, _, rest = line.partition(" ")
        command = command.upper()
        if command == "EHLO":
            self.say("250-localhost", "250 AUTH PLAIN" if self.encrypted else "250 STARTTLS")
        elif command == "STARTTLS":
            self.say("220 go ahead")
            secured = self.context.wrap_socket(self.connection, server_side=True)
            self.connection, self.encrypted = secured, True
            self.rfile, self.wfile = secured.makefile("rb"), secured.makefile("wb", buffering=0)  # type: ignore[assignment]
        elif command == "AUTH" and self.encrypted:
            _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
            self.known = f"{user}:{password}" == self.login
            self.say("235 welcome" if self.known else "535 authentication failed")
        elif command in ("MAIL", "RCPT", "DATA") and not self.known:
            self.say("530 authentication required")
        elif command in ("MAIL", "RCPT", "RSET", "NOOP"):
            self.say("250 ok")
        elif command == "DATA":
            self.say("354 go on")
            self.take()
        elif command == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("502 unknown")
        return True

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return  # The sender gave up in the middle of it, so it is no mail.
            lines.append(line.removeprefix(b"."))  # RFC 5321, 4.5.2: a dot at the beginning is doubled.
        mail = message_from_bytes(b"".join(lines))
        names = ("Subject", "To", "X-Priority")
        headers = {name: str(make_header(decode_header(mail.get(name, "")))) for name in names}
        bodies = {part.get_content_type(): _decoded(part) for part in mail.walk() if not part.is_multipart()}
        note(self.seen, kind="mail", names=sorted(mail.keys()), bodies=bodies, **headers)
        self.say("250 taken")


class Heartbeat(BaseHTTPRequestHandler):
    """Takes calls of a dead-man's switch."""

    seen: Path

    def do_POST(self) -> None:
        called = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        note(self.seen, kind="heartbeat", path=self.path, alerts=[a["labels"]["alertname"] for a in called["alerts"]])
        self.send_response(200)
        self.end_headers()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    folder, mail_port, heartbeat_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    Session.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Session.context.load_cert_chain(folder / "mail.crt", folder / "mail.key")
    Session.login = sys.argv[4]
    Session.seen = Heartbeat.seen = folder / "received.jsonl"
    heartbeat = ThreadingHTTPServer(("0.0.0.0", heartbeat_port), Heartbeat)  # noqa: S104 - in a closed network
    threading.Thread(target=heartbeat.serve_forever, daemon=True).start()
    Server(("0.0.0.0", mail_port), Session).serve_forever()  # noqa: S104 - likewise


if __name__ == "__main__":
    main()
