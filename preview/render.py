"""Renders the charts of a plan's releases with Helm itself, all at the same time."""

import json
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from preview.chart_files import NotAtHandError
from preview.chart_store import CACHE, Store, mirror_from_environment
from preview.helm import HelmError, Job
from preview.kubernetes import NEWEST
from preview.parts import Release
from preview.plan import Plan
from preview.rendered import Rendered, Rendering, served
from tools import find

GATEWAY = frozenset(f"gateway.networking.k8s.io/v1{kind}" for kind in ("", "/Gateway", "/HTTPRoute"))
"""What a cluster with the Gateway API serves: the stack makes such objects, but does not install it."""
_AT_ONCE = 16
NO_HELM = 'helm is not at hand: make tools TOOLS="helm"'


def find_helm() -> Path | None:
    """Helm as the project pins it, else whichever is on PATH."""
    other = shutil.which("helm")
    return find("helm") or (Path(other) if other else None)


def render_stack(plan: Plan, root: Path, *, network: bool, compare: bool = True) -> Rendering:
    """Render a plan with the charts that are at hand, or that the network has."""
    helm = find_helm()
    if helm is None:
        return Rendering(missing={release.name: NO_HELM for release in plan.releases}, reason=NO_HELM)
    return render(plan, Store(root, helm, mirror_from_environment(), network), compare=compare)


def render(plan: Plan, store: Store, *, compare: bool = True) -> Rendering:
    """Render every release whose chart can be had; ``compare`` finds what comes out otherwise each time."""
    missing: dict[str, str] = {}
    failed: dict[str, Any] = {}
    results: dict[str, Any] = {}
    # Helm works in processes of its own, and the threads here wait for them. All begin at once, as far as that goes:
    # which of them takes long is not known, and one that begins last must not be it.
    with ThreadPoolExecutor(_AT_ONCE) as pool:

        def attempt(jobs: Iterable[Job], apis: frozenset[str]) -> None:
            for job, outcome in pool.map(lambda job: (job, _outcome(job, apis, compare)), jobs):
                for kept in (failed, results):
                    kept.pop(job.release.name, None)
                if isinstance(outcome, str):
                    failed[job.release.name] = outcome
                else:
                    results[job.release.name] = outcome

        jobs: list[Job] = []
        for release, found in pool.map(lambda release: (release, _located(store, release)), plan.releases):
            if isinstance(found, str):
                missing[release.name] = found
            else:
                version = plan.kubernetes or NEWEST
                jobs.append(Job(store.helm, release, found, plan.stack, store.root / CACHE, version))
        known = _remembered(store.root, plan.stack)
        attempt(jobs, known)
        # Some templates ask which APIs the cluster serves, and those of the stack's own charts are known only now.
        apis = frozenset(GATEWAY | served(item for objects in results.values() for item in objects))
        if apis - known or (jobs and not failed and apis != known):
            attempt([job for job in jobs if job.asks_for_apis], apis)
            _remember(store.root, plan.stack, apis)
    objects = tuple(item for release in plan.releases for item in results.get(release.name, ()))
    return Rendering(objects, missing, failed, "" if jobs else next(iter(missing.values()), "there is no release"))


def _located(store: Store, release: Release) -> Path | str:
    """The chart of a release, or why there is none."""
    try:
        return store.locate(release)
    except NotAtHandError as error:
        return str(error)


def _outcome(job: Job, apis: frozenset[str], compare: bool) -> list[Rendered] | str:
    """What a release renders to, or what is wrong with it."""
    try:
        return job.render(apis, compare=compare)
    except HelmError as error:
        return str(error)


def _remembered(root: Path, stack: str) -> frozenset[str]:
    """The APIs at the end of the last run: where they are right at once, nothing is rendered twice for them."""
    with suppress(OSError, ValueError, TypeError):
        return frozenset(json.loads((root / CACHE / f"apis-{stack}.json").read_bytes()))
    return GATEWAY


def _remember(root: Path, stack: str, apis: frozenset[str]) -> None:
    path = root / CACHE / f"apis-{stack}.json"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(apis)), encoding="utf-8")
