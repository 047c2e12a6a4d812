"""How long the preview takes beside the bare tools, what memory it needs, and how it grows with its content.

Prints medians of several runs, as ratios within this one run: times of another machine say nothing. Goals: the preview
of prod takes at most twice as long as an interpreter that imports the SDK modules it uses; with all charts rendered and
checked, and nothing kept of earlier runs, at most 1.5 times as long as that import and `helm template` of the same
charts, one after the other; ten times more of dashboards and rules cost ten times more, not more. The charts are those
of CHARTS_MIRROR, or those that `make charts` downloaded.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from preview.chart_store import CACHE, Store, mirror_from_environment  # noqa: E402
from preview.plan import Plan, build  # noqa: E402
from preview.render import find_helm, render  # noqa: E402
from preview.run import run  # noqa: E402

RUNS = 7
GOAL, WITH_CHARTS = 2.0, 1.5
SDK = """
import pulumi, pulumi_random, pulumi_kubernetes as k8s
k8s.core.v1.Secret, k8s.helm.v3.Release, k8s.apps.v1.Deployment, k8s.batch.v1.Job
k8s.networking.v1.Ingress, k8s.policy.v1.PodDisruptionBudget, k8s.apiextensions.CustomResource
"""
MORE = """
import runpy
import alerts
import dashboards
boards, rules = dashboards.render, alerts.rules

def more(made):
    one = next(iter(made.values()))
    return {**made, **{f"more-{n}": one for n in range(%(more)d)}}

dashboards.render = lambda *given: more(boards(*given))
alerts.rules = lambda *given: more(rules(*given))
runpy.run_path("program.py", run_name="__main__")
"""
PREVIEW = (sys.executable, "-m", "preview", "prod")
IMPORT = (sys.executable, "-c", SDK)
# Python keeps what it compiled, unless it is told not to: then each run would compile the whole project.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
say = print


def measure(command: Sequence[str], folder: Path, before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """Median wall time in seconds and peak memory in MiB of a command, after one run that warms the caches."""
    seconds, memory = [], 0
    for _ in range(RUNS + 1):
        before()
        begin = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:  # noqa: S603
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}")
        seconds.append(time.perf_counter() - begin)
        memory = max(memory, usage.ru_maxrss)
    return statistics.median(seconds[1:]), memory / 1024


def project_with(more: int, folder: Path) -> Path:
    """A copy of the project whose program asks for this many dashboards and files of rules more."""
    copy = folder / str(more)
    copy.mkdir()
    for name in ("components", "dashboards", "alerts", "logs", "preview", "tools", "policy"):
        (copy / name).symlink_to(ROOT / name)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, copy)
    shutil.copy(ROOT / "__main__.py", copy / "program.py")
    (copy / "__main__.py").write_text(MORE % {"more": more})
    return copy


def plan_with_charts() -> tuple[Plan, Store] | None:
    """The plan of prod and the charts of all its releases; None after it was said what is missing."""
    helm, plan = find_helm(), build(run(ROOT, "prod"))
    if helm is None:
        say("with charts: not measured, helm is not at hand")
        return None
    store = Store(ROOT, helm, mirror_from_environment(), False)
    if missing := render(plan, store).missing:
        say(f"with charts: not measured, {next(iter(missing.values()))}")
        return None
    return plan, store


def templates(plan: Plan, store: Store, folder: Path) -> list[str]:
    """A command that renders all charts of the plan one after the other, with the same values."""
    lines = []
    for release in plan.releases:
        values = folder / f"{release.name}.json"
        values.write_text(json.dumps(release.values))
        chart = store.locate(release)
        lines.append(
            f"{store.helm} template {release.name} {chart} --namespace {release.namespace} --values {values} "
            "--include-crds --kube-version 1.37.0 --api-versions gateway.networking.k8s.io/v1"
        )
    return ["sh", "-ec", "\n".join(lines)]


def with_charts(bare: float, folder: Path) -> bool:
    """Measure with charts; whether a goal is missed."""
    found = plan_with_charts()
    if found is None:
        return False
    helm, _ = measure(templates(*found, folder), folder)

    def forget() -> None:
        for kept in ("rendered", "parsed"):
            shutil.rmtree(ROOT / CACHE / kept, ignore_errors=True)

    first, memory = measure(PREVIEW, ROOT, forget)
    again, _ = measure(PREVIEW, ROOT)
    ratio = first / (bare + helm)
    say(f"helm template, one by one {helm:6.2f} s")
    say(f"preview prod with charts  {first:6.2f} s   {ratio:.2f} times, goal at most {WITH_CHARTS}; {memory:.0f} MiB")
    say(f"the same once more        {again:6.2f} s   {again / (bare + helm):.2f} times")
    return ratio > WITH_CHARTS


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    without = {name: ENVIRONMENT.pop(name, "") for name in ("CHARTS_MIRROR",)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare, _ = measure(IMPORT, ROOT)
        grown = {more: measure(PREVIEW, project_with(more, folder)) for more in (0, 1, 10, 100)}
        plain, memory = grown[0]
        say(f"SDK imports alone         {bare:6.2f} s")
        say(f"preview prod              {plain:6.2f} s   {plain / bare:.2f} times (goal {GOAL}); {memory:.0f} MiB")
        for more, (seconds, memory) in grown.items():
            say(f"{more:4} dashboards and rules more {seconds:6.2f} s   {memory:.0f} MiB")
        # Of 10 and 100: a single one more is lost in the noise.
        growth = (grown[100][0] - plain) / max(grown[10][0] - plain, 0.01)
        say(f"100 more cost {growth:.1f} times what 10 more cost")
        ENVIRONMENT.update({key: value for key, value in without.items() if value})
        missed = with_charts(bare, folder)
    return int(plain / bare > GOAL or missed)


if __name__ == "__main__":
    sys.exit(main())
