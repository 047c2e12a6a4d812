"""This project itself: one changed line gives the right sentence, the right fields, in the right environment only."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from preview.__main__ import main
from preview.diff.environment import Environment, compare
from preview.diff.markdown import as_markdown
from preview.diff.report import Difference
from preview.diff.tree import load
from preview.plan import build
from preview.render import render_stack
from preview.run import run
from preview.write import write
from tests.preview.diff_repository import Repository, project

STACKS = ("dev", "prod")
RENDERED = bool(os.environ.get("CHARTS_MIRROR"))
RETENTION = "Prometheus observability/prometheus-prometheus" if RENDERED else "Prometheus observability/prometheus"
QUERY = 'sum(max by (namespace) (active_users_total{namespace=~"$namespace"}'
RETENTION_FIELD = "spec.retention" if RENDERED else "values.prometheus.prometheusSpec.retention"


@dataclass(frozen=True)
class Case:
    """One changed line."""

    file: str
    old: str
    new: str
    sentence: str
    """In every environment of the next."""
    stacks: tuple[str, ...]
    field: str
    """How the changed field is written: its place, what stands there before and after."""


CASES = {
    "retention": Case(
        "Pulumi.prod.yaml",
        "retention: 35d",
        "retention: 30d",
        f"**destructive**: `{RETENTION}` keeps metrics for `30d` instead of `35d`: what is beyond that is deleted",
        ("prod",),
        f"  {RETENTION_FIELD}\n- 35d\n+ 30d\n",
    ),
    "retention of logs": Case(
        "Pulumi.dev.yaml",
        "logs:\n      retentionDays: 3",
        "logs:\n      retentionDays: 5",
        "are kept for `5d` instead of `3d`: more room is needed",
        ("dev",),
        "body.policy.phases.delete.min_age\n- 3d\n+ 5d\n",
    ),
    "image": Case(
        "components/charts.py",
        "oauth2-proxy:v7.15.4",
        "oauth2-proxy:v7.16.0",
        "**medium**: `Deployment observability/prometheus-login, container oauth2-proxy` runs "
        "`quay.io/oauth2-proxy/oauth2-proxy` `v7.16.0` instead of `v7.15.4` (a newer version): its pods restart",
        STACKS,
        "  spec.template.spec.containers[oauth2-proxy].image\n- quay.io/oauth2-proxy/oauth2-proxy:v7.15.4\n"
        "+ quay.io/oauth2-proxy/oauth2-proxy:v7.16.0\n",
    ),
    "threshold of an alert": Case(
        "alerts/neuroerp.rules.yaml",
        "/ 1.5e9 > 1\n",
        "/ 1.5e9 > 2\n",
        "**medium**: alert `HighMemoryUsage`: threshold `> 2` instead of `> 1`",
        STACKS,
        "rules[HighMemoryUsage].expr\n",
    ),
    "query of a dashboard": Case(
        "dashboards/business.py",
        "offset 1w",
        "offset 2w",
        "**low**: dashboard `Business`, panel `Active users vs last week`: query "
        f"`{QUERY} offset 2w))` instead of `{QUERY} offset 1w))`",
        STACKS,
        f"panels[timeseries Active users vs last week].targets[B].expr\n- {QUERY} offset 1w))\n+ {QUERY} offset 2w))\n",
    ),
    "right of a role": Case(
        "__main__.py",
        'verbs=["get"]',
        'verbs=["get", "delete"]',
        "**high**: permission widens: `Role observability/reader` also allows `delete` on `pods`",
        ("prod",),
        "  rules[0].verbs[delete]\n+ delete\n",
    ),
}
# The stack makes no role of its own, so one is added to have a right to change.
ROLE = """
import pulumi_kubernetes as kubernetes

if pulumi.get_stack() == "prod":
    kubernetes.rbac.v1.Role(
        "reader",
        metadata={"name": "reader", "namespace": "observability"},
        rules=[kubernetes.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["pods"], verbs=["get"])],
    )
"""


def planned(root: Path, target: Path) -> Path:
    """Both stacks as the preview writes them."""
    for stack in STACKS:
        plan = build(run(root, stack))
        write(plan, target / stack, render_stack(plan, root, network=False) if RENDERED else None)
    return target


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project before any change, and its build output."""
    root = tmp_path_factory.mktemp("project") / "project"
    repository = project(root)
    main_file = root / "__main__.py"
    main_file.write_text(main_file.read_text() + ROLE)
    repository.commit()
    return root, planned(root, tmp_path_factory.mktemp("before"))


def compared(base: tuple[Path, Path], target: Path) -> dict[str, Environment]:
    before = base[1]
    after = planned(base[0], target)
    return {stack: compare(stack, load(before / stack), load(after / stack)) for stack in STACKS}


@pytest.mark.parametrize("name", CASES)
def test_one_changed_line(base: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    case, repository = CASES[name], Repository(base[0])
    repository.change(case.file, case.old, case.new)
    try:
        found = compared(base, tmp_path)
    finally:
        repository.git("checkout", "--quiet", ".")
    for stack, environment in found.items():
        text = as_markdown(Difference("main", "", [environment]))
        if stack in case.stacks:
            assert case.sentence in text
            assert case.field in text
            # Of the logs' lifecycle policy, a Job is named by its digest; all else is changed in place.
            assert set(environment.counts) == {"changed"}
        else:
            assert f"- **{stack}**: No change" in text
            assert "<details>" not in text


def test_what_is_planned_twice_is_the_same(base: tuple[Path, Path], tmp_path: Path) -> None:
    assert [environment.changes for environment in compared(base, tmp_path).values()] == [(), ()]


def test_all_of_them_by_the_command(
    base: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(base[0])
    for case in CASES.values():
        repository.change(case.file, case.old, case.new)
    monkeypatch.chdir(base[0])
    try:
        assert main(["diff", "HEAD", "--format", "markdown", "--fail-on", "destructive"]) == 1
    finally:
        repository.git("checkout", "--quiet", ".")
    text = capsys.readouterr().out
    sections = dict(zip(STACKS, re.split(r"^### (?:dev|prod)$", text, flags=re.MULTILINE)[1:], strict=True))
    for case in CASES.values():
        assert [stack for stack in STACKS if case.sentence in sections[stack]] == list(case.stacks)
        assert [stack for stack in STACKS if case.field in sections[stack]] == list(case.stacks)
    # The riskiest comes first.
    levels = re.findall(r"^- \*\*(\w+)\*\*: ", sections["prod"], flags=re.MULTILINE)
    order = ["destructive", "high", "medium", "low"]
    assert levels == sorted(levels, key=order.index)
    assert len(text.encode()) < 65_536
