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

from tests.cluster.alarm import END, FAILURES, late, table  # noqa: E402
from tests.cluster.alarm_run import TOOLS, Run  # noqa: E402
from tools import find  # noqa: E402

say = print


def main() -> int:
    """Measure and print; 1 when a mail is late, 2 without the tools."""
    found = {name: find(name) for name in TOOLS}
    tools = {name: path for name, path in found.items() if path}
    if missing := sorted(set(found) - set(tools)):
        sys.stderr.write(f'missing: make tools TOOLS="{" ".join(missing)}"\n')
        return 2
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        run = Run()
        course = run.watch(Path(folder), tools).course
    say(f"start {run.seconds:.0f} s, run {time.monotonic() - begin - run.seconds:.0f} s, processor {run.spent:.0f} s")
    say(table(course))
    return int(any(late(course, wanted) for wanted in (*FAILURES, END)))


if __name__ == "__main__":
    sys.exit(main())
