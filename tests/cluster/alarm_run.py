"""The alarm run: prod on a control plane of its own, where a minute is a second, and what comes of all failures."""

import time
from pathlib import Path

from tests.cluster import crds
from tests.cluster.alarm_chain import Chain, Seen
from tests.cluster.alarm_fast import speed_up
from tests.cluster.control_plane import BINARIES, ControlPlane
from tests.cluster.deployment import Deployment
from tests.cluster.monitoring import Monitoring
from tests.cluster.operators import prometheus_operator
from tests.cluster.servers import Servers
from tests.cluster.stack_objects import stack_objects

OTHERS = ("prometheus-operator", "prometheus", "prometheus-config-reloader", "alertmanager", "blackbox_exporter")
TOOLS = (*BINARIES, *OTHERS)
TICKS = 100
"""Of the processor, a second (Linux, USER_HZ)."""
CRDS = ("prometheus-operator", "cert-manager")


class Run:
    """One run, with what it took."""

    seconds = spent = 0.0
    """Seconds until the failures began, and processor time of all that ran, but for this process."""

    def watch(self, folder: Path, tools: dict[str, Path]) -> Seen:
        """Start the chain, let everything fail, end it, and say what was seen.

        ``tools`` are those of ``TOOLS``; ``folder`` must not be long, for the path of a socket is in it.
        """
        begin = time.monotonic()
        plane = ControlPlane(folder, tools)
        try:
            chain = _started(plane, tools)
            self.seconds = time.monotonic() - begin
            seen = chain.run()
            self.spent = _spent(plane)
        finally:
            plane.stop()
        return seen


def _started(plane: ControlPlane, tools: dict[str, Path]) -> Chain:
    for family in CRDS:
        crds.install(plane.api, family)
    monitoring = Monitoring(Deployment(plane, stack_objects("prod")), mutants=False)
    speed_up(monitoring)
    prometheus_operator(plane, "prometheus-operator", 14080)
    monitoring.reconciled()
    chain = Chain(Servers(monitoring, tools, every=True), tools["blackbox_exporter"])
    chain.start()
    return chain


def _spent(plane: ControlPlane) -> float:
    stats = plane.namespace.run("sh", "-c", "cat /proc/[0-9]*/stat").splitlines()
    return sum(sum(map(int, line.rpartition(")")[2].split()[11:15])) for line in stats) / TICKS
