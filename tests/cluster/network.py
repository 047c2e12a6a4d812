"""A namespace of processes, network and mounts of its own, without a way out; for root and for ordinary users."""

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).with_name("inside.py")
HINT = (
    "the kernel gives this user no namespaces of its own; on Ubuntu 24.04 allow it: "
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
)


class Program:
    """A program that runs in a namespace."""

    def __init__(self, namespace: "Namespace", pid: int, log: Path) -> None:
        self._namespace, self._pid, self.log = namespace, pid, log

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        code = self._namespace.ask("code", pid=self._pid)["code"]
        return None if code is None else int(code)

    def stop(self, *, force: bool = False) -> None:
        """End it and its children; by force it is as if their machine were lost."""
        self._namespace.ask("stop", pid=self._pid, force=force)

    def said(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace")


class Namespace:
    """What runs in here is seen by nobody outside, and ends with it."""

    def __init__(self, folder: Path) -> None:
        """Make it; ``folder`` keeps its files and must not be long, for a socket is in it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._gate = str(folder / "gate")
        flags = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = ["unshare", *flags, "--", sys.executable, "-I", str(INSIDE), str(folder)]
        with (folder / "inside.log").open("wb") as log:
            self._outer = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, process_group=0
            )
        if not self._outer.stdout or self._outer.stdout.readline() != b"ready\n":
            said = (folder / "inside.log").read_text(errors="replace")
            self.stop()
            raise RuntimeError(f"{HINT}\n{said}")

    def stop(self) -> None:
        """End everything in here: process 1 ends with its standard input, and the kernel ends the rest."""
        if self._outer.stdin:
            self._outer.stdin.close()
        try:
            self._outer.wait(10)
        except subprocess.TimeoutExpired:
            self._outer.kill()
            self._outer.wait(10)
        if self._outer.stdout:
            self._outer.stdout.close()

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        """Let process 1 do something; raises ``OSError`` with its complaint."""
        with self._asked({"what": what, **arguments}) as client, client.makefile("r") as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
        if "error" in answer:
            raise OSError(f"{what} {arguments.get('argv', '')}: {answer['error']}")
        return answer

    @contextmanager
    def _asked(self, question: Mapping[str, Any]) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(150)
            client.connect(self._gate)
            client.sendall(json.dumps(question).encode() + b"\n")
            yield client

    def connect(self, host: str, port: int, source: str = "") -> socket.socket:
        """A connection to an address in here, from another one if it is given: process 1 makes it and hands it out."""
        with self._asked({"what": "connect", "host": host, "port": port, "source": source}) as client:
            said, files, _, _ = socket.recv_fds(client, 4096, 1)
        if not files:
            raise ConnectionError(f"{host}:{port}: {said.decode().strip()}")
        made = socket.socket(fileno=files[0])
        # Otherwise the body of a request waits until its head is acknowledged, which takes 40 ms.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def start(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Program:
        """Start a program; what it says is in ``<name>.log``."""
        log = self.folder / f"{name}.log"
        pid = self.ask("start", argv=[str(part) for part in argv], env=dict(env or {}), log=str(log))["pid"]
        return Program(self, int(pid), log)

    def run(self, *argv: str | Path, env: Mapping[str, str] | None = None, given: str = "") -> str:
        """Run a program to its end and return what it said; raises ``OSError`` when it fails."""
        done = self.ask("run", argv=[str(part) for part in argv], env=dict(env or {}), given=given)
        if done["code"]:
            raise OSError(f"{argv[0]} ended with {done['code']}: {done['out']}{done['err']}")
        return str(done["out"])

    def names(self, addresses: Mapping[str, str]) -> None:
        """Give names to addresses: the whole of DNS in here."""
        lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in addresses.items())]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")


def fetch(
    namespace: Namespace, host: str, port: int, path: str, method: str = "GET", *, content: Any = None, source: str = ""
) -> tuple[int, str]:
    """Status and text of an HTTP answer; content goes as JSON, the request from an address if one is given."""
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.sock = namespace.connect(host, port, source)
    try:
        body = None if content is None else json.dumps(content)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def forward(namespace: Namespace, host: str, port: int) -> int:
    """A port of this machine's loopback that leads to an address in the namespace."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            inner = namespace.connect(host, port)
            for pair in ((client, inner), (inner, client)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])
