"""The pods of the charts, as Helm renders them with the values of both stacks; needs the charts (CHARTS_MIRROR)."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import charts
from policy.containers import repository
from policy.context import Context, derive, matches, standards
from policy.engine import evaluate, judge
from policy.exceptions import load, stale
from policy.manifests import Manifest, placed
from policy.pods import pods
from policy.preview_check import split
from preview.parts import Release
from tests.components.test_stacks import STACKS
from tests.needs import need
from tests.policy.test_policy_stacks import plan

MIRROR = os.environ.get("CHARTS_MIRROR", "")
pytestmark = pytest.mark.skipif(not MIRROR, reason="needs the charts: set CHARTS_MIRROR to a directory of them")
# CRDs are most of the text, and start no pods.
CRD = "kind: CustomResourceDefinition"


def render(release: Release) -> list[Manifest]:
    """The objects of a release."""
    chart = next(chart for chart in charts.CHARTS if chart.name == release.chart)
    where = str(charts.directory_entry(chart, Path(MIRROR)))
    command = [
        str(need("helm")["helm"]),
        "template",
        release.name,
        where,
        "--namespace",
        release.namespace,
        "--values=-",
    ]
    values = yaml.safe_dump(release.values)
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{release.name}: {done.stderr}"
    texts = (text for text in done.stdout.split("\n---\n") if CRD not in text)
    found: list[dict[str, Any] | None] = [yaml.load(text, yaml.CSafeLoader) for text in texts]
    return [placed(manifest, release.name, release.namespace) for manifest in found if manifest]


@cache
def manifests(stack: str) -> tuple[Manifest, ...]:
    """The program's objects and those of all its charts."""
    need("helm")
    with ThreadPoolExecutor(4) as pool:
        rendered = pool.map(render, plan(stack).releases)
    return (*split(plan(stack))[0], *(manifest for of_release in rendered for manifest in of_release))


def context(stack: str) -> Context:
    return derive(manifests(stack), production=stack == "prod")


@pytest.mark.parametrize("stack", STACKS)
def test_the_rendered_charts_hold_the_policy(stack: str) -> None:
    found = evaluate(manifests(stack), split(plan(stack))[1], context(stack), load())
    assert not found, "\n".join(map(str, found))


def test_no_exception_is_stale() -> None:
    found = [finding for stack in STACKS for finding in judge(manifests(stack), [], context(stack))]
    assert stale(load(), found) == []


def test_every_listed_user_of_the_api_is_there() -> None:
    every = [manifest for stack in STACKS for manifest in manifests(stack)]
    unused = [user for user in standards().api_users if not any(user.covers(manifest) for manifest in every)]
    assert unused == []


def test_every_listed_repository_is_used() -> None:
    images = {
        repository(str(container.spec.get("image")))[0]
        for stack in STACKS
        for manifest in manifests(stack)
        for pod in pods(manifest)
        for container in pod.containers()
    }
    assert len(images) > 10
    assert [pattern for pattern in standards().images if not any(matches(image, [pattern]) for image in images)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_only_agents_use_the_host(stack: str) -> None:
    """Under restricted alone, exactly the two agents are refused."""
    found = judge(manifests(stack), [], Context(production=False))
    users = {finding.name for finding in found if finding.rule in ("host-paths", "host-namespaces")}
    assert users == {"node-exporter", "filebeat"}
