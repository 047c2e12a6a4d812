"""Programs that are made of the OpenTelemetry Collector, as processes on loopback: Jaeger, and the Collector itself."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.live.servers import Server
from tests.loopback import HOST, NOBODY_TRUSTED, free_port
from tests.needs import need

POD_ADDRESS = re.compile(r"0\.0\.0\.0:(\d+)")


class Otel(Server):
    """A running one; ``ports`` has the port of this machine for each of the pod's."""

    ports: Mapping[int, int]

    def at(self, port: int) -> str:
        """The URL of one of the pod's ports."""
        return f"http://{HOST}:{self.ports[port]}"

    def exposition(self) -> str:
        """Its own metrics, as text."""
        return httpx.get(f"{self.at(8888)}/metrics", timeout=30, trust_env=False, verify=NOBODY_TRUSTED).text

    def metrics(self, **labels: str) -> dict[str, float]:
        """Its own metrics, each summed over its series with these labels; those of histograms by their samples."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(self.exposition()):
            for sample in family.samples:
                if labels.items() <= sample.labels.items():
                    found[sample.name] = found.get(sample.name, 0) + sample.value
        return found


def free_ports(config: dict[str, Any]) -> dict[int, int]:
    """A port of this machine for each that a deployed configuration listens on."""
    return {int(port): free_port() for port in [*POD_ADDRESS.findall(json.dumps(config)), _telemetry(config)["port"]]}


def on_loopback(config: dict[str, Any], ports: Mapping[int, int]) -> dict[str, Any]:
    """A deployed configuration that listens on these ports of loopback, and is the same otherwise."""
    text = POD_ADDRESS.sub(lambda match: f"{HOST}:{ports[int(match[1])]}", json.dumps(config))
    made: dict[str, Any] = json.loads(text)
    _telemetry(made).update(host=HOST, port=ports[_telemetry(config)["port"]])
    return made


def _telemetry(config: dict[str, Any]) -> dict[str, Any]:
    (reader,) = config["service"]["telemetry"]["metrics"]["readers"]
    found: dict[str, Any] = reader["pull"]["exporter"]["prometheus"]
    return found


def command(tool: str, folder: Path, config: dict[str, Any], *words: str) -> list[str | Path]:
    """The command that runs a tool with a configuration, which is written into the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    return [need(tool)[tool], *words, "--config=file:config.yaml"]


def complaint(tool: str, folder: Path, config: dict[str, Any]) -> str:
    """What a tool has against a configuration; nothing when it takes it."""
    done = subprocess.run(
        command(tool, folder, config, "validate"), cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stderr if done.returncode else ""
