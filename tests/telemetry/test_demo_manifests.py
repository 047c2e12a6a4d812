"""The manifests and the image of the demo: valid, restricted, and what the platform looks for."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from neuroerp_telemetry.contract import ENDPOINTS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import alerts
from components.settings import parse
from policy.context import RESTRICTED, Context, standards
from policy.engine import judge
from preview import schemas
from preview.kubernetes import NEWEST, OLDEST
from telemetry.demo.neuroerp_demo.faults import MOST_LEAKED
from tests.cluster.change import GONE, changed
from tests.components.platform_settings import platform
from tests.telemetry.demo_process import ROOT, environment

FOLDER = ROOT / "telemetry/demo"
MANIFESTS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((FOLDER / "manifests").glob("*.yaml"))}
DEPLOYMENT, SERVICE = MANIFESTS["deployment"], MANIFESTS["service"]
(CONTAINER,) = DEPLOYMENT["spec"]["template"]["spec"]["containers"]
IMAGE = "ghcr.io/valeo-neuroerp/demo"
CONTAINERFILE = [
    line for line in (FOLDER / "Containerfile").read_text().splitlines() if line and not line.startswith("#")
]
IGNORED = [line.removeprefix("**/") for line in (ROOT / "telemetry/.dockerignore").read_text().split()]
# The list of repositories is of the platform's images; this one is the application's.
CONTEXT = Context(levels={"": RESTRICTED}, standards=replace(standards(), images=(*standards().images, IMAGE)))
STACKS = ("dev", "prod")


def invalid(manifest: dict[str, Any], version: str) -> list[str]:
    valid = schemas.kubernetes(version, manifest["apiVersion"], manifest["kind"])
    assert valid is not None
    return [f"{'.'.join(map(str, path))} {message}" for path, message in schemas.problems(valid, manifest)]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", MANIFESTS)
def test_kubernetes_knows_every_key(name: str, version: str) -> None:
    assert invalid(MANIFESTS[name], version) == []
    assert invalid({**MANIFESTS[name], "spce": {}}, version) == ["spce is unknown; did you mean spec?"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_policy_has_nothing_to_complain_of(name: str) -> None:
    assert [str(finding) for finding in judge([MANIFESTS[name]], [], CONTEXT)] == []


POD = "spec|template|spec"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{POD}|automountServiceAccountToken", GONE),
        (f"{POD}|securityContext|runAsNonRoot", GONE),
        (f"{POD}|securityContext|seccompProfile", GONE),
        (f"{POD}|containers|0|securityContext|capabilities", GONE),
        (f"{POD}|containers|0|resources|limits|memory", GONE),
        (f"{POD}|containers|0|readinessProbe", GONE),
        (f"{POD}|containers|0|image", f"{IMAGE}:latest"),
    ],
)
def test_policy_sees_a_change_for_the_worse(path: str, value: object) -> None:
    assert len(judge([changed(DEPLOYMENT, path, value)], [], CONTEXT)) == 1


@pytest.mark.parametrize("stack", STACKS)
def test_the_platform_finds_the_service(stack: str) -> None:
    application = parse(platform(stack)).application
    (monitor,) = alerts.monitors(application)
    assert monitor["match_labels"].items() <= SERVICE["metadata"]["labels"].items()
    assert monitor["port"] in {port["name"] for port in SERVICE["spec"]["ports"]}
    assert SERVICE["metadata"]["name"] == application.service
    pod = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    assert SERVICE["spec"]["selector"].items() <= pod.items()
    assert pod["app.kubernetes.io/part-of"] == application.part_of  # as Filebeat asks
    inside = [url for url in application.health_urls if ".svc" in url]
    (port,) = SERVICE["spec"]["ports"]
    expected = f"http://{application.service}.{application.namespace}.svc:{port['port']}/health/ready"
    assert inside == [expected]


def test_probes_give_each_endpoint_its_time() -> None:
    budgets = {endpoint.path: endpoint.budget for endpoint in ENDPOINTS}
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = CONTAINER[name]
        path = probe["httpGet"]["path"]
        assert path == ("/health/ready" if name == "readinessProbe" else "/health/live")
        assert name == "startupProbe" or probe["timeoutSeconds"] > budgets[path]
        assert probe["httpGet"]["port"] in {port["name"] for port in CONTAINER["ports"]}
    pause = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause + 5 + 5 < DEPLOYMENT["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_the_leak_passes_the_alert_and_not_the_limit() -> None:
    limit = int(CONTAINER["resources"]["limits"]["memory"].removesuffix("Mi")) * 2**20
    smallest, largest = 60e6, 90e6  # what the process takes without it
    assert (smallest + MOST_LEAKED) / limit > 0.85
    assert (largest + MOST_LEAKED) / limit < 0.97


def test_the_image_is_made_of_pinned_parts_for_a_user_without_rights() -> None:
    lines = CONTAINERFILE
    assert re.fullmatch(r"FROM docker\.io/library/python:\d+\.\d+\.\d+-slim-\w+", lines[0])
    user = DEPLOYMENT["spec"]["template"]["spec"]["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in lines
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert [path for path in copied if not (ROOT / "telemetry" / path).exists()] == []
    port = CONTAINER["ports"][0]["containerPort"]
    assert lines[-1] == f'ENTRYPOINT ["python", "-m", "neuroerp_demo", "--host", "0.0.0.0", "--port", "{port}"]'


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder of the image, with what the recipe copies into it."""
    for line in CONTAINERFILE:
        if line.startswith("COPY"):
            _, source, target = line.split()
            found = ROOT / "telemetry" / source
            if found.is_dir():
                shutil.copytree(found, tmp_path / target, ignore=shutil.ignore_patterns(*IGNORED))
            else:
                shutil.copy(found, tmp_path / target)
    return tmp_path


def test_the_image_starts_as_it_says(image: Path) -> None:
    given: list[str] = json.loads(CONTAINERFILE[-1].removeprefix("ENTRYPOINT "))
    command = [sys.executable, *given[1:], "--host", "127.0.0.1", "--port", "0", "--seconds", "0.5", "--rate", "0"]
    env = {key: value for key, value in environment(PYTHONDONTWRITEBYTECODE="1").items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=image, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Application startup complete." in done.stdout
    assert not list(image.rglob("*.pyc"))


def entries(text: str) -> dict[str, str]:
    """Each pinned package, and its lines but for the extras of its name."""
    blocks = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]*\])?==[^\n]*(?:\n    --hash[^\n]*)*", text, re.MULTILINE)
    plain = (re.sub(r"\[[^\]]*\]==", "==", block, count=1) for block in blocks)
    return {block.partition("==")[0]: block for block in plain}


def test_the_image_runs_on_what_the_tests_ran_on() -> None:
    tested = entries((ROOT / "requirements-dev.txt").read_text())
    locked = entries((FOLDER / "requirements.txt").read_text())
    asked = [line for line in (FOLDER / "requirements.in").read_text().splitlines() if not line.startswith("#")]
    assert {*asked} <= set(locked)
    assert {name for name, block in locked.items() if tested.get(name) != block} == set()
    needed = {name for package in locked for name in needs(package)}
    assert needed <= set(locked)


def needs(package: str) -> Iterator[str]:
    """What an installed package needs here, without its extras."""
    with suppress(PackageNotFoundError):  # for other versions of Python
        for text in requires(package) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                yield canonicalize_name(requirement.name)
