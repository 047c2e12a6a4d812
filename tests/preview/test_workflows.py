"""The workflows keep what they have to, their judges notice when one does not, and they do what .ci/run does."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.needs import need
from tools.table import TOOLS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ZIZMOR = [
    str(Path(sys.executable).with_name("zizmor")),
    "--offline",
    "--quiet",
    "--strict-collection",
    "--persona",
    "auditor",
]
VERSIONS = {tool.name: tool.version for tool in TOOLS}
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
PINNED = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"


def content(path: Path) -> dict[Any, Any]:
    return dict(yaml.safe_load(path.read_text()))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in content(path)["jobs"].values() for step in job.get("steps", ())]


def action(step: dict[str, Any]) -> str:
    return str(step.get("uses", "")).partition("@")[0]


def zizmor(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ZIZMOR, str(path)], capture_output=True, text=True, check=False)


def actionlint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(need("actionlint")["actionlint"]), "-shellcheck=", "-pyflakes=", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_each_has_its_purpose() -> None:
    assert [path.stem for path in WORKFLOWS] == ["acceptance", "ci", "drift", "preview-comment", "preview"]


@each_workflow
def test_a_workflow_may_nothing_but_what_a_job_asks_for(path: Path) -> None:
    workflow = content(path)
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 90
        assert set(job["permissions"].values()) <= {"read"} or path.stem == "preview-comment"


@each_workflow
def test_actions_are_pinned_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    wrong = [use for use in used if not re.fullmatch(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)]
    assert [use for use in wrong if not use.startswith("./")] == []


@each_workflow
def test_no_token_stays_where_the_code_of_a_change_runs(path: Path) -> None:
    text = path.read_text()
    assert "pull_request_target" not in text
    assert "secrets: inherit" not in text
    for step in steps(path):
        if action(step) == "actions/checkout":
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_tools_have_the_versions_that_the_tests_have(path: Path) -> None:
    for step in steps(path):
        if action(step) == "azure/setup-helm":
            assert step["with"]["version"] == f"v{VERSIONS['helm']}"
        if action(step) == "pulumi/actions":
            assert step["with"]["pulumi-version"] == VERSIONS["pulumi"]


@each_workflow
def test_a_cluster_that_is_away_is_noticed(path: Path) -> None:
    for step in steps(path):
        if step.get("with", {}).get("command"):
            assert step["with"]["refresh"] is True


def test_secrets_are_for_jobs_with_an_environment_and_never_for_forks() -> None:
    for path in WORKFLOWS:
        for job in content(path)["jobs"].values():
            if "secrets." in str(job):
                assert job["environment"] == "${{ matrix.stack }}"
                assert "vars.PULUMI_STACKS != ''" in job["if"]
    live = content(ROOT / ".github/workflows/preview.yml")["jobs"]["live"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in live["if"]


def test_who_may_comment_runs_nothing_of_a_fork() -> None:
    path = ROOT / ".github/workflows/preview-comment.yml"
    assert [action(step) for step in steps(path)] == ["actions/github-script"]
    assert "${{" not in steps(path)[0]["with"]["script"]


def test_ci_runs_what_holds_before_a_change_lands() -> None:
    local = (ROOT / ".ci/run").read_text()
    runs = [step.get("run", "") for step in steps(ROOT / ".github/workflows/ci.yml")]
    assert ".ci/run" in runs
    assert re.findall(r"^make tools.*$", local, re.MULTILINE) == [run for run in runs if run.startswith("make tools")]
    packages = set(re.findall(r"missing\+=\(([\w-]+)\)", local))
    (install,) = (run for run in runs if "apt-get install" in run)
    assert packages
    assert packages - set(install.split()) == set()


@each_workflow
def test_the_judges_find_nothing(path: Path) -> None:
    for judge in (zizmor, actionlint):
        done = judge(path)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (PINNED, "actions/setup-python@v7", "unpinned-uses"),
        ("run: make .venv/installed\n", "run: echo ${{ github.event.pull_request.title }}\n", "template-injection"),
        ("  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        ("persist-credentials: false", "show-progress: false", "artipacked"),
        ("environment: ${{ matrix.stack }}", "continue-on-error: false", "secrets-outside-env"),
    ],
)
def test_zizmor_finds_what_is_dangerous(tmp_path: Path, old: str, new: str, found: str) -> None:
    assert f"[{found}]" in zizmor(changed(tmp_path, old, new)).stdout


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("matrix.stack }} against", "matrix.stak }} against", 'property "stak" is not defined'),
        ("!= ''", "!== ''", "[expression]"),
        ("runs-on:", "run-on:", 'unexpected key "run-on"'),
        ("  pull_request:\n", "  pull_requests:\n", 'unknown Webhook event "pull_requests"'),
    ],
)
def test_actionlint_finds_what_does_not_work(tmp_path: Path, old: str, new: str, found: str) -> None:
    assert found in actionlint(changed(tmp_path, old, new)).stdout


def changed(folder: Path, old: str, new: str) -> Path:
    """The workflow of previews, with a mistake."""
    text = (ROOT / ".github/workflows/preview.yml").read_text()
    assert old in text
    path = folder / ".github/workflows/preview.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new, 1))
    return path
