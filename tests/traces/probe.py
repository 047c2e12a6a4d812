"""The probe of the stack that asks for what is in the storage of traces, on the real exporter."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from alerts import READS_JOB
from tests.components.test_stacks import plan
from tests.live.servers import Server, running
from tests.loopback import HOST, free_port
from tests.needs import need
from tests.traces.jaeger import Jaeger


def probe() -> dict[str, Any]:
    """The Probe object of the stack dev."""
    return next(item.manifest["spec"] for item in plan("dev").objects if (item.kind, item.name) == ("Probe", READS_JOB))


@contextmanager
def blackbox(folder: Path) -> Iterator[Server]:
    """The real exporter with the modules of the stack."""
    values = next(release.values for release in plan("dev").releases if release.name == "blackbox-exporter")
    port = free_port()
    (folder / "blackbox.yaml").write_text(json.dumps(values["config"]))
    program = need("blackbox_exporter")["blackbox_exporter"]
    command: list[str | Path] = [program, "--config.file=blackbox.yaml", f"--web.listen-address={HOST}:{port}"]
    with running(Server, "blackbox", port, command, folder, "/-/healthy") as it:
        yield it


def success(exporter: Server, server: Jaeger, path: str = "") -> str:
    """`probe_success` of the probe, or of another path: with the pod's addresses being those of this machine."""
    spec = probe()
    (url,) = spec["targets"]["staticConfig"]["static"]
    target = httpx.URL(url)
    asked = path or f"{server.at(target.port or 80)}{target.path}"
    text = exporter.get(spec["prober"]["path"], module=spec["module"], target=asked)
    return next(line.split()[1] for line in text.splitlines() if line.startswith("probe_success "))
