"""How long it takes from a failure of the application to the mail about it, on the whole chain; a minute is a second.

Runs once what `tests/cluster/test_cluster_live_alarms.py` runs, and prints for each failure how long the mail took, and
the most it may take: a scrape, an evaluation, how long the failure needs to be one, what is configured, and 2 s.
Prints the processor time of all processes, too. Needs the pinned tools (`make tools`) and Linux.
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # Not beside it: the benchmark of the package `telemetry` has its name.

from tests.cluster import crds  # noqa: E402
from tests.cluster.alarm import END, FAILURES, late  # noqa: E402
from tests.cluster.alarm_chain import Chain, Seen  # noqa: E402
from tests.cluster.control_plane import BINARIES, ControlPlane  # noqa: E402
from tests.cluster.deployment import Deployment  # noqa: E402
from tests.cluster.monitoring import Monitoring  # noqa: E402
from tests.cluster.network import Namespace  # noqa: E402
from tests.cluster.operators import prometheus_operator  # noqa: E402
from tests.cluster.servers import Servers  # noqa: E402
from tests.cluster.stack_objects import stack_objects  # noqa: E402
from tools import find  # noqa: E402

OTHERS = ("prometheus-operator", "prometheus", "prometheus-config-reloader", "alertmanager", "blackbox_exporter")
TICKS = 100
"""Of the processor, a second (Linux, USER_HZ)."""
say = print


def spent(namespace: Namespace) -> float:
    """Seconds of processor time of all that runs in a namespace, and of what ended there."""
    stats = namespace.run("sh", "-c", "cat /proc/[0-9]*/stat").splitlines()
    return sum(sum(map(int, line.rpartition(")")[2].split()[11:15])) for line in stats) / TICKS


def watched(plane: ControlPlane, tools: dict[str, Path]) -> Seen:
    """The chain on a control plane; prints what starting and running it took."""
    begin = time.monotonic()
    crds.install(plane.api, "prometheus-operator")
    prometheus_operator(plane, "prometheus-operator", 14080)
    for family in crds.SOURCES:
        crds.install(plane.api, family)
    servers = Servers(Monitoring(Deployment(plane, stack_objects("prod"))), tools)
    chain = Chain(servers, tools["blackbox_exporter"])
    chain.start()
    ready = time.monotonic()
    used = spent(plane.namespace)
    seen = chain.run()
    say(f"start {ready - begin:.0f} s, run {time.monotonic() - ready:.0f} s, "
        f"of the processor {used:.0f} s and {spent(plane.namespace) - used:.0f} s")  # fmt: skip
    return seen


def main() -> int:
    """Measure and print; 1 when a mail is late, 2 without the tools."""
    found = {name: find(name) for name in (*BINARIES, *OTHERS)}
    tools = {name: path for name, path in found.items() if path}
    if missing := sorted(set(found) - set(tools)):
        sys.stderr.write(f'missing: make tools TOOLS="{" ".join(missing)}"\n')
        return 2
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        plane = ControlPlane(Path(folder), tools)
        try:
            course = watched(plane, tools).course
        finally:
            plane.stop()
    for wanted in (*FAILURES, END):
        took, most = course.took(wanted), course.most(wanted)
        say(f"{wanted.service:17} {wanted.alert:31} {took:5.1f} s of at most {most:4.1f} s")
    return int(any(late(course, wanted) for wanted in (*FAILURES, END)))


if __name__ == "__main__":
    sys.exit(main())
