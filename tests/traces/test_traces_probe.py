"""What Jaeger's own health hides: the probe of the stack sees a dead storage, and sees it live again."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from alerts import READS_JOB
from tests.components.test_stacks import plan
from tests.live.servers import Server, running
from tests.loopback import HOST, free_port
from tests.needs import need
from tests.traces.jaeger import Jaeger
from tests.traces.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path


def probe() -> dict[str, Any]:
    """The Probe object of the stack dev."""
    return next(item.manifest["spec"] for item in plan("dev").objects if (item.kind, item.name) == ("Probe", READS_JOB))


@pytest.fixture(scope="module")
def blackbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real exporter with the modules of the stack."""
    values = next(release.values for release in plan("dev").releases if release.name == "blackbox-exporter")
    folder, port = tmp_path_factory.mktemp("blackbox"), free_port()
    (folder / "blackbox.yaml").write_text(json.dumps(values["config"]))
    program = need("blackbox_exporter")["blackbox_exporter"]
    command: list[str | Path] = [program, "--config.file=blackbox.yaml", f"--web.listen-address={HOST}:{port}"]
    with running(Server, "blackbox", port, command, folder, "/-/healthy") as it:
        yield it


def success(blackbox: Server, server: Jaeger, path: str = "") -> str:
    """`probe_success` of the probe, or of another path: with the pod's addresses being those of this machine."""
    spec = probe()
    (url,) = spec["targets"]["staticConfig"]["static"]
    target = httpx.URL(url)
    asked = path or f"{server.at(target.port or 80)}{target.path}"
    text = blackbox.get(spec["prober"]["path"], module=spec["module"], target=asked)
    return next(line.split()[1] for line in text.splitlines() if line.startswith("probe_success "))


def becomes(wanted: str, blackbox: Server, server: Jaeger, seconds: float = 30) -> float:
    """Seconds until the probe says so."""
    began = time.monotonic()
    while success(blackbox, server) != wanted:
        assert time.monotonic() < began + seconds, f"probe_success is not {wanted}"
        time.sleep(0.2)
    return time.monotonic() - began


def test_the_probe_asks_for_what_is_in_the_storage() -> None:
    spec = probe()
    assert spec["targets"]["staticConfig"]["static"] == ["http://jaeger.observability.svc:16686/api/services"]
    labels = {
        entry["targetLabel"]: entry["replacement"] for entry in spec["targets"]["staticConfig"]["relabelingConfigs"]
    }
    assert labels == {"namespace": "observability", "service": "jaeger"}
    assert (spec["jobName"], spec["module"]) == (READS_JOB, "http_answers")


def test_a_dead_storage_is_seen_and_its_return_too(blackbox: Server, server: Jaeger, storage: Storage) -> None:
    health, page = f"{server.at(13133)}/status", f"{server.at(16686)}/"
    assert success(blackbox, server) == "1"
    storage.stop()
    try:
        took = becomes("0", blackbox, server)
        # What the pod's own probes ask, and the page that people open first, do not see it.
        assert [success(blackbox, server, path) for path in (health, page)] == ["1", "1"]
        assert server.ask("/api/services").status_code == httpx.codes.INTERNAL_SERVER_ERROR
    finally:
        storage.again()
    assert took < 10
    becomes("1", blackbox, server)
