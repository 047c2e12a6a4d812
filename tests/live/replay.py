"""Exporters that do not run here, played over HTTP from `replay.yaml`: one path for each of their targets."""

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.loopback import HOST

FILE = Path(__file__).with_name("replay.yaml")
PERIOD = 9.0
"""Seconds of a radian: values swing once a minute."""
SWING = 4.0
"""Seconds by which a counter runs ahead and behind: its rate swings by SWING / PERIOD, and it never falls."""


def load() -> dict[str, dict[str, Any]]:
    """The jobs of the file."""
    return dict(yaml.safe_load(FILE.read_text()))


def value(formula: object, seconds: float, phase: float = 0.0) -> float:
    """What a formula of the file gives so long after the start; raises ValueError for none."""
    text = str(formula)
    if text.endswith("/s"):
        return float(text.removesuffix("/s")) * (seconds + SWING * (1 - math.cos(seconds / PERIOD + phase)))
    middle, _, swing = text.partition("~")
    return float(middle) + float(swing or 0) * math.sin(seconds / PERIOD + phase)


def page(series: Mapping[str, object], seconds: float, phase: float) -> str:
    """What a target shows."""
    return "".join(f"{name} {value(formula, seconds, phase)}\n" for name, formula in series.items())


@contextmanager
def exporters(jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Serve all jobs; gives the scrape configuration of each."""
    begin = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, job, number = self.path.split("/")
            body = page(jobs[job]["series"], time.monotonic() - begin, float(number)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield [_scrape(job, content["targets"], server.server_port) for job, content in jobs.items()]
        finally:
            server.shutdown()


def _scrape(job: str, targets: list[dict[str, str]], port: int) -> dict[str, Any]:
    return {
        "job_name": job,
        # As the charts' monitors have it: kube-state-metrics tells of other pods than its own.
        "honor_labels": job == "kube-state-metrics",
        "static_configs": [
            {"targets": [f"{HOST}:{port}"], "labels": {**labels, "__metrics_path__": f"/{job}/{number}"}}
            for number, labels in enumerate(targets)
        ],
    }
