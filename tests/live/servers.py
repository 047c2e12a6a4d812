"""Real servers as processes on loopback: Prometheus, Alertmanager, the demo; each ends with its `with` block."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.loopback import HOST, free_port
from tests.waiting import wait

ROOT = Path(__file__).parents[2]


class Server:
    """A program that answers HTTP on a port of loopback."""

    def __init__(self, name: str, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name, self.port, self.process, self.log = name, port, process, log
        self.address = f"{HOST}:{port}"
        self.url = f"http://{self.address}"

    def said(self) -> str:
        """The end of what it wrote so far."""
        return self.log.read_text(errors="replace")[-3000:]

    def get(self, path: str, **parameters: object) -> str:
        """The body of an answer; raises OSError, also for an error status."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}{path}{query}", timeout=30) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())

    def post(self, path: str) -> str:
        """The body of the answer to an empty POST; raises OSError."""
        with urllib.request.urlopen(f"{self.url}{path}", data=b"", timeout=30) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())


class Prometheus(Server):
    """Prometheus, with its API."""

    def api(self, path: str, **parameters: object) -> Any:
        """The `data` of an answer of the API; raises ValueError with its complaint, like that on an expression."""
        try:
            return json.loads(self.get(f"/api/v1/{path}", **parameters))["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error).get("error", str(error))) from error

    def query(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query, now or `at` a Unix time."""
        moment = {} if at is None else {"time": at}
        return list(self.api("query", query=expr, **moment)["result"])

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The series of a range query, from and to a Unix time, with `step` seconds between points."""
        return list(self.api("query_range", query=expr, start=start, end=end, step=step)["result"])


S = TypeVar("S", bound=Server)


@contextmanager
def running(
    kind: type[S],
    name: str,
    port: int,
    command: Sequence[str | Path],
    folder: Path,
    ready: str = "/-/ready",
    env: Mapping[str, str] | None = None,
) -> Iterator[S]:
    """Start a program in a folder that has its log, too, and wait until its path `ready` answers."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = kind(name, port, process, log)
    try:
        wait(name, lambda: _answers(server, ready), 60)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(server: Server, path: str) -> bool:
    if server.process.poll() is not None:
        raise RuntimeError(f"{server.name} ended: {server.said()}")
    try:
        server.get(path)
    except OSError:
        return False
    return True


@contextmanager
def prometheus(program: Path, folder: Path, config: Mapping[str, Any], *options: str) -> Iterator[Prometheus]:
    """Prometheus with this configuration, its data in `folder/data`; it scrapes itself, too."""
    port = free_port()
    itself = {"job_name": "prometheus-prometheus", "static_configs": [{"targets": [f"{HOST}:{port}"]}]}
    scraped = [*config.get("scrape_configs", []), itself]
    (folder / "prometheus.yml").write_text(json.dumps({**config, "scrape_configs": scraped}))
    fixed = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.enable-lifecycle"]
    # By itself it gathers targets for five seconds before it scrapes the first.
    fixed.append("--scrape.discovery-reload-interval=100ms")
    command: list[str | Path] = [program, *fixed, f"--web.listen-address={HOST}:{port}", *options]
    with running(Prometheus, "prometheus", port, command, folder) as it:
        yield it


@contextmanager
def alertmanager(program: Path, folder: Path, config: Mapping[str, Any], *options: str) -> Iterator[Server]:
    """Alertmanager with this configuration, without a cluster."""
    (folder / "alertmanager.yml").write_text(json.dumps(config))
    port = free_port()
    fixed = ["--config.file=alertmanager.yml", "--storage.path=alertmanager", "--cluster.listen-address="]
    command: list[str | Path] = [program, *fixed, f"--web.listen-address={HOST}:{port}", *options]
    with running(Server, "alertmanager", port, command, folder) as it:
        yield it


@contextmanager
def demo(folder: Path, scenario: str = "normal", rate: float = 20.0) -> Iterator[Server]:
    """The demo, with visitors; `post("/demo/scenario/<name>")` changes what happens."""
    port = free_port()
    options = ["--port", str(port), "--scenario", scenario, "--rate", str(rate)]
    source = os.pathsep.join(str(ROOT / "telemetry" / part) for part in ("src", "demo"))
    command = [sys.executable, "-m", "neuroerp_demo", *options]
    with running(Server, "demo", port, command, folder, ready="/", env={"PYTHONPATH": source}) as it:
        yield it
