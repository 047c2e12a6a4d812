"""The files and the report."""

import json
from pathlib import Path

import pytest
import yaml

from preview.checks import Result
from preview.plan import Plan
from preview.report import Report
from preview.report_text import show
from preview.write import files, write
from preview.yamlfile import InputError
from tests.preview.preview_project import Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path / "project")


def tree(root: Path) -> dict[str, str]:
    """Every file below a directory, with its content."""
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def reported(plan: Plan, capsys: pytest.CaptureFixture[str], *results: Result, failed: bool = False) -> str:
    """The report as it is printed into a pipe."""
    show(Report(plan, results, failed, "build/dev"))
    return capsys.readouterr().out


def test_every_part_of_the_plan_is_a_file(project: Project, tmp_path: Path) -> None:
    write(project.planned()[0], tmp_path / "out")
    written = tree(tmp_path / "out")
    assert set(written) == {
        "plan.json",
        "values/metrics.yaml",
        "pipelines/main.conf",
        "dashboards/board-uid.json",
        "rules/rules.yaml",
        "objects/namespace-site.yaml",
        "objects/secret-login.yaml",
        "objects/configmap-page.yaml",
        "objects/configmap-board.yaml",
        "objects/deployment-web.yaml",
        "objects/service-web.yaml",
        "objects/ingress-web.yaml",
        "objects/prometheusrule-rules.yaml",
    }
    assert yaml.safe_load(written["values/metrics.yaml"])["admin"] == {
        "existingSecret": "login",
        "passwordKey": "password",
    }
    assert written["pipelines/main.conf"] == "input {}\noutput {}\n"
    assert json.loads(written["dashboards/board-uid.json"])["title"] == "Board"
    assert yaml.safe_load(written["rules/rules.yaml"])["groups"][0]["rules"] == [{"record": "x", "expr": "1"}]
    assert yaml.safe_load(written["objects/deployment-web.yaml"])["kind"] == "Deployment"
    assert json.loads(written["plan.json"])["stack"] == "dev"


def test_long_texts_are_blocks(project: Project) -> None:
    written = dict(files(project.planned()[0]))
    assert "index.html: |-\n    hello\n    world\n" in written["objects/configmap-page.yaml"]


def test_no_file_holds_a_secret(project: Project, tmp_path: Path) -> None:
    write(project.planned()[0], tmp_path / "out")
    text = "".join(tree(tmp_path / "out").values())
    assert "GENERATED" not in text
    assert "<secret>" in text


def test_two_runs_write_the_same_and_nothing_stale_stays(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    write(project.planned()[0], out)
    first = tree(out)
    write(project.planned()[0], out)
    assert tree(out) == first
    project.change('k8s.core.v1.ConfigMap("page"', 'k8s.core.v1.ConfigMap("paper"').change(
        'named("page")', 'named("paper")'
    )
    write(project.planned()[0], out)
    assert set(tree(out)) ^ set(first) == {"objects/configmap-page.yaml", "objects/configmap-paper.yaml"}
    assert [path.name for path in out.parent.iterdir()] == ["out"], "no temporary directory stays"


def test_names_that_collide_get_files_of_their_own(project: Project) -> None:
    project.change('metadata=named("board"', 'metadata={"name": "page", "namespace": "default"}, labels=named("board"')
    project.change(', labels=named("board", labels={"grafana_dashboard": "1"})', "")
    names = [name for name, _ in files(project.planned()[0]) if "configmap" in name]
    assert names == ["objects/configmap-page.yaml", "objects/configmap-page-2.yaml"]


@pytest.mark.parametrize(
    "content", [{"a.txt": "mine"}, {"plan.json": "{}"}, {"plan.json": '{"preview": 1}', "mine.txt": "x"}]
)
def test_a_directory_of_somebody_else_is_left_alone(project: Project, tmp_path: Path, content: dict[str, str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, text in content.items():
        (out / name).write_text(text)
    with pytest.raises(InputError, match="holds files that are not of a preview"):
        write(project.planned()[0], out)
    assert tree(out) == content


def test_a_file_and_a_link_are_left_alone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(InputError, match="is no directory"):
            write(project.planned()[0], tmp_path / name)


def test_an_empty_directory_is_used(project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(project.planned()[0], tmp_path / "out")
    assert (tmp_path / "out" / "plan.json").is_file()


def test_the_report_shows_the_whole_plan(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.change("  small:smtpPassword:\n    secure: AAABAKxyz\n", "", "Pulumi.dev.yaml")
    results = (
        Result("check_a", "All is well", "holds"),
        Result("check_b", "All is tidy", "fails", ("a spoon lies there",)),
        Result("check_c", "All is read", "not run", ("there are no books",)),
    )
    plan, _ = project.planned()
    text = reported(plan, capsys, *results, failed=True)
    for part in (
        "Stack dev of small",
        "site Site",
        "release metrics (grafana ",
        ") in site",
        "ConfigMap board, page",
        "Deployment web",
        "password at the mail server: pulumi config set --secret smtpPassword",
        "DNS names: a.example.com",
        "IngressClass: nginx",
        "TLS Secret: site/cert",
        "StorageClass: fast",
        "1 Helm releases, 8 objects of our own (1 custom)",
        "requests 2.75 CPU, 2.4 GiB memory, 10.0 GiB storage",
        "info: all is said",
        "✓ All is well",
        "✗ All is tidy\n      a spoon lies there",
        "- All is read (not run: there are no books)",
        "1 of 3 checks hold, 1 not run",
        "files in build/dev",
    ):
        assert part in text
    assert "\x1b" not in text, "no colours in a pipe"
    assert max(map(len, text.splitlines())) <= 100


def test_long_reasons_are_wrapped(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    text = reported(project.planned()[0], capsys, Result("c", "t", "fails", ("many words " * 40,)))
    assert max(map(len, text.splitlines())) <= 100


def test_a_plan_that_needs_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing but the cluster" in reported(Plan("p", "s", (), {}, ()), capsys)


def test_markup_in_names_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = reported(
        Plan("p", "s", (), {}, ()), capsys, Result("c", "t", "fails", ("containers[0] [red]x[/red] :warning:",))
    )
    assert "containers[0] [red]x[/red] :warning:" in text


def test_the_json_holds_everything_and_no_secret(project: Project) -> None:
    plan, _ = project.planned()
    results = [Result("check_b", "All is tidy", "fails", ("a spoon lies there",))]
    data = json.loads(json.dumps(Report(plan, results, True, "build/dev").to_json()))
    assert data["failed"] is True
    assert data["checks"] == [
        {"name": "check_b", "title": "All is tidy", "status": "fails", "reasons": ["a spoon lies there"]}
    ]
    assert data["releases"][0]["chart"] == "grafana"
    assert data["needs"]["dns_names"] == ["a.example.com"]
    assert data["totals"]["cpu"] == 2.75
    assert {item["kind"] for item in data["objects"]} >= {"Secret", "Ingress"}
    assert data["outputs"] == {"host": "a.example.com"}
    assert "GENERATED" not in json.dumps(data)


def test_written_files_can_be_read_by_others(project: Project, tmp_path: Path) -> None:
    write(project.planned()[0], tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
