"""The real Collector with the configuration that production has; only addresses are of this machine."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.components.test_stacks import plan
from tests.live.servers import running
from tests.loopback import HOST
from tests.traces.otel import Otel, command, free_ports, on_loopback


@cache
def values() -> dict[str, Any]:
    """The values of the Collector's chart in production."""
    return next(release.values for release in plan("prod").releases if release.name == "otel-collector")


def deployed(wait: str | None = None, percentage: float | None = None) -> dict[str, Any]:
    """The configuration of production; a test may wait less for decisions, and keep another part."""
    config: dict[str, Any] = copy.deepcopy(values()["alternateConfig"])
    sampling = config["processors"]["tail_sampling"]
    sampling["decision_wait"] = wait or sampling["decision_wait"]
    if percentage is not None:
        sampling["policies"][-1]["probabilistic"]["sampling_percentage"] = percentage
    return config


@contextmanager
def collector(folder: Path, config: dict[str, Any], jaeger: int) -> Iterator[Otel]:
    """A Collector for as long as the block lasts, which sends to a port of this machine."""
    ports = free_ports(config)
    made = on_loopback(config, ports)
    made["exporters"]["otlp_grpc"]["endpoint"] = f"{HOST}:{jaeger}"
    start = command("otelcol", folder, made)
    with running(Otel, "otelcol", ports[13133], start, folder, "/") as it:
        it.ports = ports
        yield it
