"""What a series and a sample cost the pinned Prometheus, and how many series a process of the ERP has.

The demo runs for some seconds; what it exposes then is written as two days of samples, whose blocks give the bytes of a
sample, and is scraped as many processes, which gives the memory of a series. Prints them beside the values that
`python -m preview capacity` uses; 1 when one costs more than it says there. Needs promtool and prometheus
(`make tools`).
"""

import contextlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from preview.capacity import costs  # noqa: E402
from tools import find  # noqa: E402

DEMO = """
import sys
sys.path[:0] = ["telemetry/src", "telemetry/demo"]
sys.argv[0] = "neuroerp_demo"
import runpy
runpy.run_module("neuroerp_demo", run_name="__main__")
"""
STEP, HOURS, PROCESSES, SCRAPES = 15, 48, 60, 25
SAMPLE = re.compile(r"^([a-z_]\w*(?:\{.*\})?) (\S+)", re.MULTILINE | re.IGNORECASE)
say = print


def fetched(url: str, limit: float = 30) -> str:
    """The body of a page that may not be there yet."""
    end = time.monotonic() + limit
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def running(*command: str) -> Iterator[None]:
    """A program that is ended afterwards."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - ours
        try:
            yield
        finally:
            process.terminate()


def exposed() -> dict[str, float]:
    """Each series of the demo after some seconds of all that it does, with its value."""
    port = 18761
    with running(sys.executable, "-c", DEMO, "--port", str(port), "--rate", "60", "--log-file", "/dev/null"):
        fetched(f"http://127.0.0.1:{port}/metrics")
        time.sleep(8)
        text = fetched(f"http://127.0.0.1:{port}/metrics")
    return {series: float(value) for series, value in SAMPLE.findall(text)}


def grown(series: dict[str, float]) -> dict[str, float]:
    """The values a step later: what counts goes up now and then, what measures moves."""
    moved = {}
    for name, value in series.items():
        counts = re.match(r"\w+_(total|count|bucket|sum)\b", name)
        step = random.choice((0, 0, 0, 1, 2)) * (random.random() if "_sum" in name else 1)  # noqa: S311 - no secret
        moved[name] = value + step if counts else value * random.choice((1, 1, 1, 1.01, 0.99))  # noqa: S311
    return moved


def bytes_per_sample(series: dict[str, float], promtool: str, folder: Path) -> float:
    """Bytes of a sample in the blocks of two days."""
    text, begin, count = folder / "samples.txt", 1_700_000_000, 0
    with text.open("w") as file:
        for number in range(HOURS * 3600 // STEP):
            series = grown(series)
            count += len(series)
            file.writelines(f"{name} {value!r} {begin + number * STEP}\n" for name, value in series.items())
        file.write("# EOF\n")
    blocks = folder / "blocks"
    command = (promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h", text, blocks)
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours
    return sum(path.stat().st_size for path in blocks.rglob("*") if path.is_file()) / count


class Target(BaseHTTPRequestHandler):
    """Answers with series that move from scrape to scrape."""

    series: dict[str, float]

    def do_GET(self) -> None:
        """Answer one scrape."""
        body = "".join(f"{name} {value}\n" for name, value in grown(self.series).items()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def memory(series: dict[str, float], prometheus: str, folder: Path, processes: int) -> tuple[float, float]:
    """Series and resident bytes of a Prometheus that scraped so many processes some times."""
    Target.series = series
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    targets = "".join(
        f"  - targets: [127.0.0.1:{server.server_port}]\n    labels: {{instance: 'erp-{number}'}}\n"
        for number in range(processes)
    )
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 2s}\nscrape_configs:\n- job_name: erp\n  static_configs:\n"
        f"{targets}- job_name: own\n  static_configs: [{{targets: ['127.0.0.1:18762']}}]\n"
    )
    address, data = "127.0.0.1:18762", folder / f"data-{processes}"
    flags = (f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address={address}")
    with running(prometheus, *flags):
        fetched(f"http://{address}/-/ready")
        time.sleep(2 * SCRAPES)
        own = dict(SAMPLE.findall(fetched(f"http://{address}/metrics")))
    server.shutdown()
    return float(own["prometheus_tsdb_head_series"]), float(own["process_resident_memory_bytes"])


def main() -> int:
    """Measure and print; 1 when something costs more than capacity says, 2 without the tools."""
    promtool, prometheus = find("promtool"), find("prometheus")
    if not promtool or not prometheus:
        print('promtool and prometheus are not there: make tools TOOLS="promtool prometheus"', file=sys.stderr)  # noqa: T201
        return 2
    series = exposed()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample = bytes_per_sample(series, str(promtool), folder)
        few, base = memory(series, str(prometheus), folder, 1)
        many, most = memory(series, str(prometheus), folder, PROCESSES)
    measured = {
        "seriesPerProcess": float(len(series)),
        "prometheusBytesPerSample": sample,
        "prometheusBase": base,
        "prometheusBytesPerSeries": (most - base) / (many - few),
    }
    said = costs()
    for what, value in measured.items():
        say(f"{what:26} measured {value:15,.2f}   used {said[what]:15,.2f}")
    return int(any(value > said[what] for what, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
