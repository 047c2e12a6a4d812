"""Process 1 of a namespace of its own: makes its network, starts programs in it, and hands out connections into it.

It is started by ``network.Namespace`` and ends when its standard input does; the kernel then ends all that it started.
"""

import array
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

POD_NETWORK, SERVICE_NETWORK = "10.246.0.0/16", "10.96.0.0/16"


def make_network(folder: Path) -> None:
    """Every pod's and every Service's address is this machine itself: nothing can leave, and no port is taken."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for network in (POD_NETWORK, SERVICE_NETWORK):
        subprocess.run(["ip", "route", "add", "local", network, "dev", "lo"], check=True)
    # Names come from a file that the tests write; there is no DNS, and asking for it must fail at once.
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    for name in ("hosts", "resolv.conf"):
        subprocess.run(["mount", "--bind", folder / name, Path("/etc", name).resolve()], check=True)


class Programs:
    """The programs that run in here, by process id."""

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, argv: list[str], env: dict[str, str], log: str) -> dict[str, Any]:
        """Start one in a process group of its own."""
        with Path(log).open("ab") as output:
            made = subprocess.Popen(
                argv,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        self._running[made.pid] = made
        return {"pid": made.pid}

    def run(self, argv: list[str], env: dict[str, str], given: str) -> dict[str, Any]:
        """Run one to its end."""
        done = subprocess.run(
            argv, env={**os.environ, **env}, input=given, capture_output=True, text=True, check=False, timeout=120
        )
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def code(self, pid: int) -> dict[str, Any]:
        """The exit code of one, nothing while it runs."""
        return {"code": self._running[pid].poll()}

    def stop(self, pid: int, force: bool) -> dict[str, Any]:
        """End one with its process group, by force in the end, or at once."""
        program = self._running[pid]
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5))[force:]:
            if program.poll() is None:
                os.killpg(pid, number)
                try:
                    program.wait(patience)
                except subprocess.TimeoutExpired:
                    continue
        return {"code": program.poll()}


def serve(listener: socket.socket, programs: Programs) -> None:
    """Answer each client: one line of JSON asks, one line answers, with a connection attached where one was asked."""
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_answer, args=(client, programs), daemon=True).start()


def _answer(client: socket.socket, programs: Programs) -> None:
    with client, client.makefile("r") as lines:
        asked = json.loads(lines.readline())
        try:
            if asked["what"] == "connect":
                source = (asked["source"], 0) if asked["source"] else None
                with socket.create_connection((asked["host"], asked["port"]), 10, source) as made:
                    made.settimeout(None)
                    attached = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [made.fileno()]))]
                    client.sendmsg([b"{}\n"], attached)
                return
            answer = getattr(programs, asked.pop("what"))(**asked)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        client.sendall(json.dumps(answer).encode() + b"\n")


def main() -> None:
    folder = Path(sys.argv[1])
    # Where `ip` and `chroot` are, which ordinary users do not have on their path.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    make_network(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "gate"))
        listener.listen(64)
        threading.Thread(target=serve, args=(listener, Programs()), daemon=True).start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
