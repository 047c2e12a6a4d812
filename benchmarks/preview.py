"""How long the preview takes beside the bare SDK, and how it grows with the number of dashboards.

Prints the median of several runs, as ratios within this one run: times of another machine say nothing. Goals: the
preview of prod takes at most twice as long as an interpreter that imports the SDK modules it uses, and 100 dashboards
more cost ten times what 10 more cost, not more.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
GOAL = 2.0
SDK = """
import pulumi, pulumi_random, pulumi_kubernetes as k8s
k8s.core.v1.Secret, k8s.helm.v3.Release, k8s.apps.v1.Deployment, k8s.batch.v1.Job
k8s.networking.v1.Ingress, k8s.policy.v1.PodDisruptionBudget, k8s.apiextensions.CustomResource
"""
MORE_DASHBOARDS = """
import runpy
import dashboards
made = dashboards.render()
more = {f"more-{n}": made["neuroerp-business"] for n in range(%d)}
dashboards.render = lambda links: {**made, **more}
runpy.run_path("program.py", run_name="__main__")
"""


def median_time(command: Sequence[str], folder: Path) -> float:
    """Median wall time of a command in seconds, after one run that warms the caches."""
    # Python keeps what it compiled, unless it is told not to: then each run would compile the whole project.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=env)  # noqa: S603 - ours
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def project_with(more: int, folder: Path) -> Path:
    """A copy of the project whose program asks for this many dashboards more."""
    copy = folder / str(more)
    copy.mkdir()
    for name in ("components", "dashboards", "alerts", "logs", "preview"):
        (copy / name).symlink_to(ROOT / name)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, copy)
    shutil.copy(ROOT / "__main__.py", copy / "program.py")
    (copy / "__main__.py").write_text(MORE_DASHBOARDS % more)
    return copy


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    preview = [sys.executable, "-m", "preview", "prod"]
    bare = median_time([sys.executable, "-c", SDK], ROOT)
    plain = median_time(preview, ROOT)
    print(f"SDK imports alone        {bare:6.2f} s")  # noqa: T201 - what a benchmark is for
    print(f"preview prod             {plain:6.2f} s   {plain / bare:.2f} times, goal at most {GOAL}")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        grown = {more: median_time(preview, project_with(more, Path(folder))) for more in (0, 1, 10, 100)}
    for more, seconds in grown.items():
        print(f"{more:4} dashboards more     {seconds:6.2f} s")  # noqa: T201
    # Of 10 and 100: a single dashboard more is lost in the noise.
    growth = (grown[100] - grown[0]) / max(grown[10] - grown[0], 0.01)
    print(f"100 more cost {growth:.1f} times what 10 more cost")  # noqa: T201
    return int(plain / bare > GOAL)


if __name__ == "__main__":
    sys.exit(main())
