"""Real servers as processes on loopback: started, stopped, and held still, each as a user without rights."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.loopback import HOST, free_port
from tests.waiting import wait

USER, QUEUE = "erp", "orders"
PASSWORD = "c0rrect-h0rse"
HERE = Path(__file__).parent
# What Debian keeps out of PATH.
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/bin")
PACKAGES = {"postgres": "postgresql", "initdb": "postgresql", "epmd": "rabbitmq-server"}
PATIENCE = 90.0


def need(*names: str) -> list[str]:
    """The programs; without them the test is skipped with the reason, and fails in CI, as in `tests/needs.py`."""
    folders = [str(path) for pattern in FOLDERS for path in sorted(Path("/").glob(pattern[1:]), reverse=True)]
    path = os.pathsep.join([*folders, os.environ.get("PATH", "")])
    found = {name: shutil.which(name, path=path) for name in names}
    if missing := sorted({PACKAGES.get(name, name) for name, file in found.items() if file is None}):
        reason = f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return [file for file in found.values() if file]


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom root becomes."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


class Daemon:
    """A server, its folder, and its processes."""

    name = ""
    stop_signal = signal.SIGTERM
    refuses_root = True

    def __init__(self) -> None:
        self.port = free_port()
        self._user = _unprivileged() if self.refuses_root else None
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        self.log = self.folder / "log"
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _environment(self) -> Mapping[str, str]:
        return {}

    def spawn(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Start a program in the folder, with an environment of its own."""
        # Text without the sender's settings: logs in English, and nothing of the environment of the tests.
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder), **self._environment()}
        user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        with self.log.open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                **user,
            )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = self.spawn(self._command())
        wait(f"{self.name}: {self.said()[-2000:]}", self.answers, PATIENCE)

    def answers(self) -> bool:
        """Whether the server takes requests."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {self.said()[-2000:]}")
        try:
            with socket.create_connection((HOST, self.port), 1):
                return True
        except OSError:
            return False

    def said(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _processes(self) -> Iterator[int]:
        """The first process, then its descendants, each after its parent; those of PostgreSQL are sessions apart."""
        parents: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        waiting = [self._process.pid] if self._process else []
        while waiting:
            pid = waiting.pop(0)
            yield pid
            waiting += parents.get(pid, [])

    def _signal(self, number: signal.Signals) -> None:
        for pid in list(self._processes()):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def freeze(self) -> None:
        """Hold it still: connections stay, nothing is answered."""
        wait(f"standstill of {self.name}", self._held, PATIENCE)

    def _held(self) -> bool:
        # A process that was just made is in no list yet, and a thread stops when it is next looked at.
        self._signal(signal.SIGSTOP)
        tasks = [task for pid in self._processes() for task in Path(f"/proc/{pid}/task").glob("*/stat")]
        try:
            return all(task.read_text().rpartition(")")[2].split()[0] in "TZ" for task in tasks)
        except OSError:  # it ended meanwhile
            return False

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in order; its port is closed then."""
        if self._process and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait(PATIENCE)
        self._process = None

    def remove(self) -> None:
        """End it, and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Daemon):
    """PostgreSQL with a password and a log of all statements."""

    name = "postgresql"
    stop_signal = signal.SIGINT  # ends sessions instead of waiting for them

    def __init__(self) -> None:
        self._postgres, initdb = need("postgres", "initdb")
        super().__init__()
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)  # the folder is closed
        options = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", str(password)]
        made = self.spawn([initdb, "--pgdata", str(self.folder / "data"), "--encoding", "UTF8", "--no-sync", *options])
        if made.wait(PATIENCE):
            raise RuntimeError(self.said())

    def _command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "log_statement": "all",
            "max_connections": "20",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self._postgres, "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        return super().answers() and "ready to accept connections" in self.said().rpartition("starting PostgreSQL")[2]

    def asked(self) -> int:
        """How often it was asked by a check."""
        return sum(line.rstrip(";").endswith(": SELECT 1") for line in self.said().splitlines())


class Redis(Daemon):
    """Redis with a password and nothing on disk."""

    name = "redis"

    def __init__(self) -> None:
        (self._redis,) = need("redis-server")
        super().__init__()
        settings = {"bind": HOST, "port": self.port, "requirepass": PASSWORD, "save": '""', "appendonly": "no"}
        file = self.folder / "redis.conf"
        file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        file.chmod(0o644)

    def _command(self) -> Sequence[str]:
        return [self._redis, str(self.folder / "redis.conf")]

    def asked(self) -> int:
        """How often it was pinged."""
        with socket.create_connection((HOST, self.port), 5) as client:
            client.sendall(f"AUTH {PASSWORD}\r\nINFO commandstats\r\nQUIT\r\n".encode())
            lines = client.makefile("rb").read().decode().splitlines()
        counts = [line for line in lines if line.startswith("cmdstat_ping:calls=")]
        return int(counts[0].partition("=")[2].partition(",")[0]) if counts else 0


class RabbitMQ(Daemon):
    """RabbitMQ without plugins, and the port mapper of Erlang that it would leave behind otherwise."""

    name = "rabbitmq"

    def __init__(self) -> None:
        self._server, self._epmd = need("rabbitmq-server", "epmd")
        super().__init__()
        self._epmd_port = free_port()
        file = self.folder / "rabbitmq.conf"
        file.write_text(
            f"listeners.tcp.default = {HOST}:{self.port}\ndefault_user = {USER}\ndefault_pass = {PASSWORD}\n"
            "loopback_users = none\nlog.console = true\nlog.file = false\n"
        )
        (self.folder / "plugins").write_text("[].")
        self._mapper: subprocess.Popen[bytes] | None = None

    def _environment(self) -> Mapping[str, str]:
        return {
            "RABBITMQ_NODENAME": f"services{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": HOST,
        }

    def _command(self) -> Sequence[str]:
        return [self._server]

    def start(self) -> None:
        if self._mapper is None:
            self._mapper = self.spawn([self._epmd, "-address", HOST, "-port", str(self._epmd_port)])
        super().start()

    def remove(self) -> None:
        super().remove()
        if self._mapper:
            self._mapper.kill()
            self._mapper.wait()


class Pricing(Daemon):
    """A service that this one calls, with a login."""

    name = "pricing"
    refuses_root = False

    def _command(self) -> Sequence[str]:
        return [sys.executable, "-I", str(HERE / "pricing.py"), str(self.port), f"{USER}:{PASSWORD}"]

    def asked(self) -> int:
        """How many requests it answered with success."""
        return self.said().count('" 200 ')
