"""What the pinned tools show when they start is what their catalogues say."""

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.catalogue import catalogue
from tests.loopback import HOST, free_port
from tests.needs import need

ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
BLACKBOX = "modules: {http_health: {prober: http}}\n"
OPTIONS = {
    "prometheus": ("scrape_configs: []\n", ["--storage.tsdb.path=data"]),
    "alertmanager": (ALERTMANAGER, ["--storage.path=data", "--cluster.listen-address="]),
    "blackbox-exporter": (BLACKBOX, []),
}
SECONDS = 30


def shown(program: Path, name: str, folder: Path) -> str:
    """The metrics of a program right after its start."""
    config, options = OPTIONS[name]
    (folder / "config.yml").write_text(config)
    address = f"{HOST}:{free_port()}"
    command = [str(program), "--config.file=config.yml", f"--web.listen-address={address}", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
                    return str(answer.read().decode())
            except urllib.error.URLError:
                time.sleep(0.05)
        raise TimeoutError(f"{name} shows no metrics")
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("name", OPTIONS)
def test_the_pinned_tool_shows_what_its_catalogue_has(name: str, tmp_path: Path) -> None:
    tool = name.replace("-", "_")
    file = catalogue.FOLDER / f"{name}.txt"
    found = {series.name: series for series in catalogue.parse(file.read_text(), file.name).series}
    live = catalogue.recorded_series([shown(need(tool)[tool], name, tmp_path)])
    assert len(live) >= 4
    assert {series.name for series in live} - set(found) == set()
    assert [series.name for series in live if series.type != found[series.name].type] == []
    assert [series.name for series in live if set(series.labels) - set(found[series.name].labels)] == []
    assert [series.name for series in live if series.help != found[series.name].help] == []
