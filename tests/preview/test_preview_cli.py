"""The command line: exit codes, one-line refusals, and output that a pipe can read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import preview.checks
from preview.__main__ import main
from tests.preview.preview_project import Project, make

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The small project as the current directory, with its own lists instead of this repository's."""
    project = make(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHART_VALUES", "charts")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("CHARTS_MIRROR", raising=False)
    monkeypatch.setattr(preview.checks, "HERE", tmp_path)
    return project


def test_all_holds(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "12 of 23 checks hold, 11 not run - files in build/dev" in out
    assert (project.root / "build" / "dev" / "plan.json").is_file()


def test_a_check_that_fails(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.change("atomic=True", "atomic=False")
    assert main(["dev"]) == 1
    assert "metrics: a failed upgrade would stay half done" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_a_check_that_is_not_run_fails_in_ci_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHART_VALUES")
    assert main([]) == 0
    assert "not run: set CHART_VALUES" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("CI", "true")
    assert main([]) == 1


def test_json_is_one_object_on_stdout(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev", "--json", "--output", "elsewhere"]) == 0
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    assert (data["stack"], data["failed"], data["output"]) == ("dev", False, "elsewhere")
    assert (project.root / "elsewhere" / "plan.json").is_file()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("Pulumi.dev.yaml", "config:", "config:\n  x:y: [", "Pulumi.dev.yaml:"),
        (
            "Pulumi.dev.yaml",
            "    host: a.example.com",
            "    host: a\n    host: b",
            "Pulumi.dev.yaml:5: key 'host' stands here",
        ),
        (
            "__main__.py",
            "config = pulumi.Config()",
            "raise pulumi.RunError('a.b: is wrong\\nc.d: is missing')",
            "a.b: is wrong",
        ),
        (
            "Pulumi.dev.yaml",
            "    host:",
            "    mirror: nowhere\n    host:",
            "platform.charts.mirror: nowhere has neither",
        ),
    ],
)
def test_bad_settings(
    project: Project, capfd: pytest.CaptureFixture[str], file: str, old: str, new: str, message: str
) -> None:
    project.change(old, new, file)
    assert main([]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.replace("a line of the program\n", "").splitlines()
    assert lines[0].startswith(message)
    assert len(lines) == (2 if "a.b" in message else 1)
    assert not (project.root / "build").exists()


@pytest.mark.usefixtures("project")
def test_an_unknown_stack(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live"]) == 2
    assert capsys.readouterr().err == "Pulumi.live.yaml: no such stack; there are: dev\n"


def test_a_directory_of_somebody_else(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output", "charts"]) == 2
    assert "holds files that are not of a preview" in capsys.readouterr().err
    assert (project.root / "charts" / "grafana").is_dir()


def test_a_mistake_in_the_program_is_shown_from_where_it_begins(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.change("config = pulumi.Config()", "config = 1 / 0")
    assert main([]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert err.rstrip().endswith("ZeroDivisionError: division by zero")
    assert "runpy" not in err


def test_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "no Pulumi.yaml here or above" in capsys.readouterr().err


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--nonsense"])
    assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "CHART_VALUES" in capsys.readouterr().out


def test_as_a_command_from_a_subdirectory(project: Project) -> None:
    (project.root / "below").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "preview", "dev"],
        cwd=project.root / "below",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "+ No two resources" in done.stdout
    assert (project.root / "build" / "dev" / "values" / "metrics.yaml").is_file()


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, preview.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert not {"pulumi", "rich", "yaml", "jsonschema"} & set(done.stdout.split())
