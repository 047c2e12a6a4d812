"""The real Jaeger with the configuration that we deploy; only addresses, names and files are of this machine."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from components.jaeger_config import CA_FOLDER
from tests.components.test_stacks import plan
from tests.elastic.server import PASSWORD
from tests.live.servers import running
from tests.loopback import NOBODY_TRUSTED
from tests.traces.otel import Otel, command, free_ports, on_loopback


@cache
def values(stack: str) -> dict[str, Any]:
    """The values of Jaeger's chart in a stack."""
    return next(release.values for release in plan(stack).releases if release.name == "jaeger")


def deployed(stack: str = "dev") -> dict[str, Any]:
    """The configuration of a stack."""
    return copy.deepcopy(values(stack)["userconfig"])


class Jaeger(Otel):
    """A running Jaeger."""

    def ask(self, path: str, **parameters: str) -> httpx.Response:
        """An answer of the query API."""
        with httpx.Client(timeout=30, trust_env=False, verify=NOBODY_TRUSTED) as client:
            return client.get(f"{self.at(16686)}{path}", params=parameters)


def here(config: dict[str, Any], ports: Mapping[int, int], url: str, ca: Path) -> dict[str, Any]:
    """A deployed configuration with the addresses of this machine."""
    made: dict[str, Any] = json.loads(json.dumps(on_loopback(config, ports)).replace(f"{CA_FOLDER}/ca.crt", str(ca)))
    backend = made["extensions"]["jaeger_storage"]["backends"]["main"]
    if "elasticsearch" in backend:
        backend["elasticsearch"]["server_urls"] = [url]
    return made


def environment(user: str = "jaeger", password: str = PASSWORD) -> dict[str, str]:
    """What its container has; what comes from Secrets is given."""
    given = {"ES_USERNAME": user, "ES_PASSWORD": password}
    return {item["name"]: item.get("value") or given[item["name"]] for item in values("dev")["jaeger"]["extraEnv"]}


@contextmanager
def jaeger(
    folder: Path,
    config: dict[str, Any],
    url: str,
    ca: Path,
    *,
    ports: Mapping[int, int] | None = None,
    **login: str,
) -> Iterator[Jaeger]:
    """Jaeger for as long as the block lasts; raises RuntimeError with its log when it does not start.

    With ``ports`` it listens where another did before.
    """
    ports = ports or free_ports(config)
    start = command("jaeger", folder, here(config, ports, url, ca))
    with running(Jaeger, "jaeger", ports[13133], start, folder, "/status", environment(**login)) as it:
        it.ports = ports
        yield it
