"""One control plane for all tests, and the two stacks on it, one after the other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import printed
from tests.cluster import crds
from tests.cluster.control_plane import BINARIES, ControlPlane
from tests.cluster.deployment import Deployment
from tests.cluster.elastic import Elastic
from tests.cluster.monitoring import Monitoring
from tests.cluster.network import Program
from tests.cluster.operators import EARLY, early_operator, elastic_operator, prometheus_operator
from tests.cluster.servers import Servers
from tests.cluster.stack_objects import STACKS, stack_objects
from tests.needs import need
from tools import find

OTHERS = ("prometheus-operator", "eck-operator", "prometheus", "prometheus-config-reloader", "alertmanager")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how long each failure of the alarm run took to its mail."""
    printed.show(terminalreporter, printed.MAILS)


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    # A tool that only some tests need is no reason to skip the others.
    tools = need(*BINARIES) | {name: path for name in OTHERS if (path := find(name))}
    # Not pytest's own folder: the path of a socket is short.
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        made = ControlPlane(Path(folder), tools)
        try:
            if "prometheus-operator" in tools:
                made.early = early_operator(made)
            for family in crds.SOURCES:
                crds.install(made.api, family)
            made.restart_manager()
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="session", params=STACKS)
def deployment(plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """The objects of a stack; the tests of one stack run together, and the next one finds an empty cluster."""
    made = Deployment(plane, stack_objects(request.param))
    yield made
    made.delete_objects()
    made.delete_namespaces()


@pytest.fixture(scope="session")
def operator(plane: ControlPlane) -> Program:
    """The Prometheus operator, started when its CRDs are there."""
    need("prometheus-operator")
    return prometheus_operator(plane, "prometheus-operator", 14080, f"--deny-namespaces={EARLY}")


@pytest.fixture(scope="session")
def monitoring(deployment: Deployment, operator: Program) -> Monitoring:
    """The operator has done its work for a stack."""
    assert operator.code is None
    made = Monitoring(deployment)
    made.reconciled()
    return made


@pytest.fixture(scope="session")
def eck(plane: ControlPlane) -> Program:
    """The ECK operator."""
    need("eck-operator")
    return elastic_operator(plane)


@pytest.fixture(scope="session")
def elastic(deployment: Deployment, eck: Program) -> Elastic:
    """What the ECK operator gets to see of a stack."""
    assert eck.code is None
    return Elastic(deployment)


@pytest.fixture(scope="session")
def servers(monitoring: Monitoring) -> Iterator[Servers]:
    """Prometheus and Alertmanager of a stack run."""
    made = Servers(monitoring, need("prometheus", "alertmanager", "prometheus-config-reloader"))
    yield made
    made.stop()
