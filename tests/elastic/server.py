"""A real Elasticsearch with users and roles, alone on a loopback port, for as long as tests need it."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.loopback import NOBODY_TRUSTED

ADMIN = "admin"
PROBE = "probe"
"""A user and a role by which the tests see that the server has taken new roles over."""
RESTORER = "restorer"
"""A user whose role of the same name is there only when a test sets it."""
PASSWORD = "correct horse battery"
START_SECONDS = 180
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For a Java program that lives a minute: what would make it faster after that takes half of its start."""
NOBODY = 65534
SETTINGS: dict[str, Any] = {
    "cluster.name": "tests",
    "node.name": "node",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "http.port": 0,
    "transport.port": 0,
    # Node-to-node TLS is only demanded of a server that others can reach.
    "xpack.security.enabled": True,
    "xpack.security.autoconfiguration.enabled": False,
    "xpack.security.authc.realms.file.file1.order": 0,
    # Changed users and roles hold at once, not after five seconds.
    "resource.reload.interval.high": "100ms",
    # What a machine's disk has left is no matter of these tests.
    "cluster.routing.allocation.disk.threshold_enabled": False,
}


def hashed(password: str) -> str:
    """The line's part after `user:` in the file realm's `users`: PBKDF2 with SHA-512, as its hasher `pbkdf2` has it."""
    salt, rounds = os.urandom(32), 10000
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


def write_users(folder: Path, user_roles: Mapping[str, list[str]]) -> None:
    """The users of the file realm, as the operator makes them, and an administrator."""
    held: dict[str, list[str]] = {}
    for user, names in user_roles.items():
        for name in names:
            held.setdefault(name, []).append(user)
    (folder / "users").write_text("".join(f"{user}:{hashed(PASSWORD)}\n" for user in user_roles), encoding="utf-8")
    lines = "".join(f"{role}:{','.join(users)}\n" for role, users in held.items())
    (folder / "users_roles").write_text(lines, encoding="utf-8")


class Server:
    """The server; it takes about 8 seconds to start, and 512 MiB of heap."""

    def __init__(self, program: Path, java: Path, folder: Path) -> None:
        self.folder = folder
        self._home, self._java = program.parent.parent, java
        self._process: subprocess.Popen[bytes] | None = None
        self._generation = 0
        self.url = ""

    def start(self, roles: Mapping[str, Any], user_roles: Mapping[str, list[str]]) -> None:
        """Start it and wait until it answers; raises RuntimeError with the end of its log."""
        config = self.folder / "config"
        shutil.copytree(self._home / "config", config)
        paths = {"path.data": str(self.folder / "data"), "path.logs": str(self.folder / "logs")}
        paths["path.repo"] = str(self.snapshots)
        (config / "elasticsearch.yml").write_text(yaml.safe_dump({**SETTINGS, **paths}), encoding="utf-8")
        write_users(config, {**user_roles, ADMIN: ["superuser"], PROBE: [PROBE], RESTORER: [RESTORER]})
        self._write_roles(roles)
        self._hand_over()
        environment = {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(self._java),
            "ES_PATH_CONF": str(config),
            # Not a directory above the configuration, which the server must not be able to write.
            "ES_TMPDIR": str(self.folder / "temporary"),
            "ES_JAVA_OPTS": f"-Xms512m -Xmx512m -XX:-UseG1GC {QUICK}",
            # The launcher is a Java program too.
            "CLI_JAVA_OPTS": f"-Xms16m -Xmx64m {QUICK}",
        }
        try:
            self._process = self._started(environment)
        except PermissionError as error:
            reason = f"Elasticsearch does not run as root, and the user {NOBODY} cannot reach {error.filename}"
            raise RuntimeError(f"{reason}: put the checkout where others can read it") from None
        self._wait()

    def _started(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        other = NOBODY if os.geteuid() == 0 else None
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [self._home / "bin" / "elasticsearch"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                process_group=0,
                user=other,
                group=other,
                extra_groups=None if other is None else [],
            )

    def set_roles(self, roles: Mapping[str, Any]) -> None:
        """Let it have other roles, and wait until they hold."""
        self._write_roles(roles)
        wanted = {"index": [{"names": [f"roles-{self._generation}"], "privileges": ["read"]}]}
        end = time.monotonic() + 30
        with self.client(PROBE) as client:
            while not client.post("/_security/user/_has_privileges", json=wanted).json().get("has_all_requested"):
                if time.monotonic() > end:
                    raise RuntimeError("Elasticsearch did not take the new roles over")
                time.sleep(0.1)

    def _write_roles(self, roles: Mapping[str, Any]) -> None:
        self._generation += 1
        marked = {PROBE: {"indices": [{"names": [f"roles-{self._generation}"], "privileges": ["read"]}]}}
        new = self.folder / "roles.yml"
        new.write_text(yaml.safe_dump({**roles, **marked}), encoding="utf-8")
        # In one step: the server may look at any time.
        new.replace(self.folder / "config" / "roles.yml")

    def _hand_over(self) -> None:
        for path in (self.folder / "data", self.folder / "temporary", self.snapshots):
            path.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)

    @property
    def snapshots(self) -> Path:
        """Below here are the places of type `fs` for snapshots."""
        return self.folder / "snapshots"

    @property
    def _log(self) -> Path:
        return self.folder / "output.log"

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process and self._process.poll() is None:
            # The port is free for the server to choose; its log names it.
            text = self._log.read_text(encoding="utf-8", errors="replace")
            published = [
                line for line in text.splitlines() if "HttpServerTransport" in line and "publish_address" in line
            ]
            if published:
                self.url = "http://" + published[-1].partition("publish_address {")[2].partition("}")[0]
                if self.answers():
                    return
            time.sleep(0.2)
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
        self.stop()
        raise RuntimeError(f"Elasticsearch did not start; the end of its log:\n{tail}")

    def answers(self) -> bool:
        """Whether users can log in and the cluster has a master."""
        try:
            return self.client(ADMIN).get("/_cluster/health").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def client(self, user: str) -> httpx.Client:
        """A client that calls as this user."""
        return httpx.Client(
            base_url=self.url, auth=(user, PASSWORD), timeout=60, trust_env=False, verify=NOBODY_TRUSTED
        )

    def stop(self) -> None:
        """End it."""
        if self._process and self._process.poll() is None:
            # The launcher passes the signal on to the server and waits for it.
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(30)
