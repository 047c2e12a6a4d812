"""Version 2 of the protocol of Beats over mutual TLS: takes what Filebeat sends, and sends as Filebeat does."""

import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

WINDOW, COMPRESSED, JSON, ACKNOWLEDGED = b"2W", b"2C", b"2J", b"2A"


class Receiver(socketserver.ThreadingTCPServer):
    """Keeps every event, and acknowledges each window when it has all of it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, certificates: Path) -> None:
        """Listen on a free port of the loopback with `tls.crt` and `tls.key`, for clients of the authority `ca.crt`."""
        super().__init__(("127.0.0.1", 0), _Connection)
        self.events: list[dict[str, Any]] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.crt")
        context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
        context.verify_mode = ssl.CERT_REQUIRED
        # The handshake is made when the connection is first read, not where others wait to be accepted.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of faults, but for those of strangers, who are turned away in the handshake."""
        if not isinstance(sys.exc_info()[1], ssl.SSLError):
            super().handle_error(request, client_address)

    @property
    def port(self) -> int:
        """The port."""
        return int(self.server_address[1])


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Receiver)
        while header := self.rfile.read(2):
            if header != WINDOW:
                raise ValueError(f"a frame {header!r} where a window begins")
            (size,) = struct.unpack(">I", self.rfile.read(4))
            taken: list[tuple[int, dict[str, Any]]] = []
            while len(taken) < size:
                taken += _events(self.rfile)
            self.server.events += [event for _, event in taken]
            number, _ = taken[-1]
            self.wfile.write(ACKNOWLEDGED + struct.pack(">I", number))


def _events(stream: BufferedIOBase) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events of one frame, each with its number."""
    header = stream.read(2)
    if header == COMPRESSED:
        (length,) = struct.unpack(">I", stream.read(4))
        inner = BytesIO(zlib.decompress(stream.read(length)))
        while inner.tell() < len(inner.getbuffer()):
            yield from _events(inner)
    elif header == JSON:
        number, length = struct.unpack(">II", stream.read(8))
        yield number, json.loads(stream.read(length))
    else:
        raise ValueError(f"the frame {header!r}")


@contextmanager
def receiving(certificates: Path) -> Iterator[Receiver]:
    """A receiver that runs."""
    with Receiver(certificates) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join(10)


def send(port: int, events: list[dict[str, Any]], certificates: Path, name: str) -> None:
    """Send events to a server of this name on the loopback as Filebeat does, and wait until all are acknowledged."""
    context = ssl.create_default_context(cafile=certificates / "ca.crt")
    context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    frames = b"".join(
        JSON + struct.pack(">II", number, len(text)) + text
        for number, text in enumerate((json.dumps(event).encode() for event in events), 1)
    )
    packed = zlib.compress(frames)
    with (
        socket.create_connection(("127.0.0.1", port), 60) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.sendall(
            WINDOW + struct.pack(">I", len(events)) + COMPRESSED + struct.pack(">I", len(packed)) + packed
        )
        # While it works on them, Logstash acknowledges 0.
        while (answer := answers.read(6)) != ACKNOWLEDGED + struct.pack(">I", len(events)):
            if answer[:2] != ACKNOWLEDGED:
                raise ConnectionError(f"{answer!r} instead of an acknowledgement")
