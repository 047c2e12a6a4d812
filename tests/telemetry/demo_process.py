"""The demo as a process of its own."""

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.loopback import NOBODY_TRUSTED, free_port
from tests.waiting import wait

ROOT = Path(__file__).parents[2]
PATHS = (ROOT / "telemetry/src", ROOT / "telemetry/demo")
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_SERVERS = ("DATABASE_URL", "REDIS_URL", "AMQP_URL")


def environment(**more: str) -> dict[str, str]:
    """Of the demo: neither telemetry settings nor servers of the machine's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_") and k not in _SERVERS}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, PATHS)), **more}


def start(*arguments: str, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "neuroerp_demo", *arguments]
    return subprocess.Popen(command, env=environment(**env), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Demo:
    """A running demo, and what it tells."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=10, verify=NOBODY_TRUSTED)

    def metrics(self, accept: str = OPENMETRICS) -> str:
        return self.client.get("/metrics", headers={"Accept": accept}).text

    def families(self) -> list[Metric]:
        return list(text_string_to_metric_families(self.metrics()))  # type: ignore[no-untyped-call]

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = self.client.get("/health/ready")
        return answer.status_code, answer.json()

    def switch(self, scenario: str) -> None:
        self.client.post(f"/demo/scenario/{scenario}").raise_for_status()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


@contextmanager
def running(folder: Path, *arguments: str, **env: str) -> Iterator[Demo]:
    port, log = free_port(), folder / "demo.log"
    process = start("--port", str(port), "--log-file", str(log), *arguments, **env)
    demo = Demo(process, f"http://127.0.0.1:{port}", log)
    try:
        wait("the demo's first answer", lambda: process.poll() is not None or answers(demo), 15)
        assert process.poll() is None, process.communicate()
        yield demo
    finally:
        demo.client.close()
        process.kill()
        process.communicate()


def answers(demo: Demo) -> bool:
    try:
        return demo.client.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def value(families: list[Metric], selector: str) -> float:
    """Sum of the samples that a selector like `name{label="value"}` finds; NaN counts as nothing."""
    matched = re.fullmatch(r"(\w+)(?:\{(.*)\})?", selector)
    assert matched, selector
    wanted = dict(re.findall(r'(\w+)="([^"]*)"', matched[2] or ""))
    samples = [sample for family in families for sample in family.samples if sample.name == matched[1]]
    assert samples, f"no sample of {selector}"
    chosen = [sample.value for sample in samples if wanted.items() <= sample.labels.items()]
    return sum(found for found in chosen if not math.isnan(found))
