"""What a series and a sample cost the pinned Prometheus, and how many series a process of the ERP has.

The demo runs for some seconds; what it exposes then is written as two days of samples, whose blocks give the bytes of a
sample, and is scraped as many processes, which gives the memory of a series. Prints them beside the values that
`python -m preview capacity` uses; 1 when one costs more than it says there. Needs promtool and prometheus
(`make tools`).
"""

import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # Not beside it: the benchmark of the package `telemetry` has its name.

from preview.capacity import costs  # noqa: E402
from tests.live.replay import exporters  # noqa: E402
from tests.live.servers import demo, prometheus  # noqa: E402
from tools import find  # noqa: E402

STEP, HOURS, PROCESSES, SCRAPES = 15, 48, 60, 25
SAMPLE = re.compile(r"^([a-z_]\w*(?:\{.*\})?) (\S+)", re.MULTILINE | re.IGNORECASE)
say = print


def exposed(folder: Path) -> dict[str, float]:
    """Each series of the demo after some seconds of all that it does, with its value."""
    with demo(folder, rate=60) as erp:
        time.sleep(8)
        return {series: float(value) for series, value in SAMPLE.findall(erp.get("/metrics"))}


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


def memory(series: dict[str, float], program: Path, folder: Path, processes: int) -> tuple[float, float]:
    """Series and resident bytes of a Prometheus that scraped so many processes some times."""
    targets = [{"instance": f"erp-{number}"} for number in range(processes)]
    folder.mkdir()
    with exporters({"erp": {"targets": targets, "series": dict.fromkeys(series, "0.5/s")}}) as scraped:
        config = {"global": {"scrape_interval": "2s"}, "scrape_configs": scraped}
        with prometheus(program, folder, config) as server:
            time.sleep(2 * SCRAPES)
            own = dict(SAMPLE.findall(server.get("/metrics")))
    return float(own["prometheus_tsdb_head_series"]), float(own["process_resident_memory_bytes"])


def main() -> int:
    """Measure and print; 1 when something costs more than capacity says, 2 without the tools."""
    promtool, program = find("promtool"), find("prometheus")
    if not promtool or not program:
        print('promtool and prometheus are not there: make tools TOOLS="promtool prometheus"', file=sys.stderr)  # noqa: T201
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series = exposed(folder)
        sample = bytes_per_sample(series, str(promtool), folder)
        few, base = memory(series, program, folder / "one", 1)
        many, most = memory(series, program, folder / "many", PROCESSES)
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
