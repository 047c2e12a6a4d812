"""What the acceptance tests need: a cluster that answers, the CLI with its plugins; a stack for each environment."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.life import Stack, kubectl

PROGRAMS = ("pulumi", "pulumi-language-python", "kubectl", "helm")


def missing() -> str:
    """Why these tests cannot run here; empty when they can."""
    if not os.environ.get("KUBECONFIG"):
        return "KUBECONFIG names no cluster: set it to the kubeconfig of one that may be used up"
    if absent := [program for program in PROGRAMS if not shutil.which(program)]:
        return f"not on PATH: {', '.join(absent)}"
    plugins = subprocess.run(["pulumi", "plugin", "ls"], capture_output=True, text=True, check=False).stdout
    if absent := [name for name in ("kubernetes", "random") if name not in plugins]:
        return f"no provider plugin: pulumi plugin install resource {absent[0]} VERSION"
    return ""


@pytest.fixture(scope="session", autouse=True)
def cluster() -> None:
    """A cluster that answers, without a platform in it; a preview alone would not notice that it is away."""
    if reason := missing():
        if os.environ.get("CI") and os.environ.get("ACCEPTANCE"):
            pytest.fail(reason)
        pytest.skip(reason)
    kubectl("get", "--raw", "/readyz")
    taken = kubectl("get", "namespace", "observability", "--ignore-not-found")
    assert not taken, "the cluster has a namespace observability already: these tests end with its removal"


@pytest.fixture(scope="session")
def mirror() -> str | None:
    """Where charts come from: CHARTS_MIRROR, or their repositories without it."""
    return os.environ.get("CHARTS_MIRROR")


@pytest.fixture(scope="module", params=["dev", "prod"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mirror: str | None
) -> Iterator[Stack]:
    """A stack that is up, and gone afterwards whatever the tests did to it."""
    made = Stack(request.param, tmp_path_factory.mktemp(request.param), mirror)
    try:
        made.up()
        yield made
    finally:
        made.pulumi("cancel", "--yes", code=None)
        made.pulumi("state", "unprotect", "--all", "--yes", code=None)
        made.pulumi("destroy", "--yes", "--skip-preview", code=None)


@pytest.fixture
def previous(tmp_path: Path, mirror: str | None) -> tuple[str, Path]:
    """A version of the blackbox exporter's chart before the pinned one, and a directory of charts that has both."""
    folder, version = tmp_path / "charts", "11.17.1"
    folder.mkdir()
    repository = "https://prometheus-community.github.io/helm-charts"
    if not mirror or not Path(mirror).is_dir():
        pull = ["helm", "pull", "prometheus-blackbox-exporter", "--repo", repository, "-d", str(folder), "--version"]
        for wanted in (version, "11.17.2"):
            subprocess.run([*pull, wanted], check=True)
        return version, folder
    # A mirror has one version of each: the same chart under an older number upgrades like one.
    source = Path(mirror) / "prometheus-blackbox-exporter"
    for wanted in (version, "11.17.2"):
        chart = shutil.copytree(source, tmp_path / wanted / source.name) / "Chart.yaml"
        lines = [
            f"version: {wanted}" if line.startswith("version:") else line for line in chart.read_text().split("\n")
        ]
        chart.write_text("\n".join(lines))
        subprocess.run(["helm", "package", "-d", str(folder), str(chart.parent)], check=True, capture_output=True)
    return version, folder
