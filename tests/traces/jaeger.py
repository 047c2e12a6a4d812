"""The real Jaeger with the configuration that we deploy; only addresses, names and files are of this machine."""

import copy
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from components.jaeger_config import CA_FOLDER
from tests.components.test_stacks import plan
from tests.elastic.server import PASSWORD
from tests.live.servers import Server, running
from tests.needs import need
from tests.telemetry.services.daemons import HOST, free_port

CLUSTER_ADDRESS = re.compile(r"0\.0\.0\.0:(\d+)")


@cache
def values(stack: str) -> dict[str, Any]:
    """The values of Jaeger's chart in a stack."""
    return next(release.values for release in plan(stack).releases if release.name == "jaeger")


def deployed(stack: str = "dev") -> dict[str, Any]:
    """The configuration of a stack."""
    return copy.deepcopy(values(stack)["userconfig"])


class Jaeger(Server):
    """A running Jaeger; ``ports`` has the port of this machine for each of the pod's."""

    ports: Mapping[int, int]

    def at(self, port: int) -> str:
        """The URL of one of the pod's ports."""
        return f"http://{HOST}:{self.ports[port]}"

    def ask(self, path: str, **parameters: str) -> httpx.Response:
        """An answer of the query API."""
        return httpx.get(f"{self.at(16686)}{path}", params=parameters, timeout=30, trust_env=False)

    def metrics(self) -> dict[str, float]:
        """Its own metrics, each summed over its series; those of histograms by the names of their samples."""
        found: dict[str, float] = {}
        text = httpx.get(f"{self.at(8888)}/metrics", timeout=30, trust_env=False).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0) + sample.value
        return found


def here(config: dict[str, Any], url: str, ca: Path) -> tuple[dict[str, Any], dict[int, int]]:
    """A deployed configuration with the addresses of this machine, and the ports that took the place of the pod's."""
    readers = config["service"]["telemetry"]["metrics"]["readers"]
    exporter = readers[0]["pull"]["exporter"]["prometheus"]
    ports = {int(port): free_port() for port in CLUSTER_ADDRESS.findall(json.dumps(config))}
    ports[exporter["port"]] = free_port()
    exporter.update(host=HOST, port=ports[exporter["port"]])
    text = CLUSTER_ADDRESS.sub(lambda match: f"{HOST}:{ports[int(match[1])]}", json.dumps(config))
    made = json.loads(text.replace(f"{CA_FOLDER}/ca.crt", str(ca)))
    backend = made["extensions"]["jaeger_storage"]["backends"]["main"]
    if "elasticsearch" in backend:
        backend["elasticsearch"]["server_urls"] = [url]
    return made, ports


def environment(user: str = "jaeger", password: str = PASSWORD) -> dict[str, str]:
    """What its container has; what comes from Secrets is given."""
    given = {"ES_USERNAME": user, "ES_PASSWORD": password}
    return {item["name"]: item.get("value") or given[item["name"]] for item in values("dev")["jaeger"]["extraEnv"]}


@contextmanager
def jaeger(folder: Path, config: dict[str, Any], url: str, ca: Path, **login: str) -> Iterator[Jaeger]:
    """Jaeger for as long as the block lasts; raises RuntimeError with its log when it does not start."""
    made, ports = here(config, url, ca)
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(json.dumps(made), encoding="utf-8")
    command: list[str | Path] = [need("jaeger")["jaeger"], "--config=file:config.yaml"]
    with running(Jaeger, "jaeger", ports[13133], command, folder, "/status", environment(**login)) as it:
        it.ports = ports
        yield it


def complaint(folder: Path, config: dict[str, Any]) -> str:
    """What Jaeger has against a configuration; nothing when it takes it."""
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [str(need("jaeger")["jaeger"]), "validate", "--config=file:config.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr if done.returncode else ""
