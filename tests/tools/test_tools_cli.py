"""The command line: what it prints, and its exit status."""

import io

import pytest

from tests.tools.tool_project import Project
from tools import build
from tools.__main__ import main
from tools.progress import Progress
from tools.table import TOOLS, select


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_tools_are_made_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.go()
    assert main(["kwok", "helm"], project.places) == 0
    kwok, helm = select(("kwok", "helm"))
    assert capsys.readouterr().out == (
        f"[1/2] kwok {kwok.version} ...\n[1/2] kwok {kwok.version} ...  0 s\n"
        f"[2/2] helm {helm.version} ...\n[2/2] helm {helm.version} ...  0 s\n"
    )
    assert main(["kwok", "helm"], project.places) == 0
    assert capsys.readouterr().out == f"[1/2] kwok {kwok.version}  up to date\n[2/2] helm {helm.version}  up to date\n"
    assert len(project.commands(" build ")) == 2


def test_a_tool_on_path_is_not_copied(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (kwok,) = select(("kwok",))
    program = project.program("kwok", f"echo kwok version v{kwok.version}")
    old = project.places.program(kwok)
    old.parent.mkdir(parents=True)
    old.write_text("out of date")
    # No Go is needed for this.
    assert main(["kwok"], project.places) == 0
    assert capsys.readouterr().out == f"[1/1] kwok {kwok.version}  on PATH: {program}\n"
    assert not old.exists()


def test_a_failing_build_does_not_keep_the_others(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.go(broken="cmd/promtool")
    assert main(["promtool", "amtool", "kwok"], project.places) == 1
    captured = capsys.readouterr()
    assert "promtool 3.14.0 ...  failed after 0 s\n" in captured.out
    assert captured.err.endswith("undefined: nothing\ngo ended with status 1\n1 of 3 could not be made: promtool\n")
    assert [path.name for path in sorted((project.places.made / "bin").iterdir())] == ["amtool", "kwok"]


def test_without_go_one_line_says_what_to_install(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kwok"], project.places) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Go is not on PATH: install Go 1.")
    assert captured.err.count("\n") == 1
    assert not project.places.made.exists()


def test_without_maven_one_line_says_what_to_install(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["elasticsearch"], project.places) == 2
    assert capsys.readouterr().err == "Maven (mvn) is not on PATH: install it, elasticsearch comes through it\n"


def test_an_unknown_name(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kwork"], project.places) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("unknown tool kwork (did you mean kwok?)\ntools: pulumi, ")


def test_interrupted(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    project.go()
    monkeypatch.setattr(build, "build", interrupt)
    assert main(["kwok"], project.places) == 130
    assert "the tools that were finished stay" in capsys.readouterr().err


def test_the_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.go()
    main(["kwok"], project.places)
    capsys.readouterr()
    assert main(["--list", "kwok", "amtool"], project.places) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[1], " ".join(row[3:])) for row in rows] == [
        ("kwok", "kwok", "up to date"),
        ("amtool", "metrics", "missing"),
    ]


def test_the_list_without_names_has_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [tool.name for tool in TOOLS]


def test_running_seconds_on_a_terminal() -> None:
    now = [100.0]
    screen = Terminal()
    progress = Progress(14, screen, lambda: now[0])
    progress.skip("pulumi", "up to date")
    progress.start("kube-apiserver")
    for now[0] in (101.0, 102.0, 103.0):
        progress.tick()
    now[0] = 282.0
    progress.finish()
    head = "[ 2/14] kube-apiserver ..."
    assert screen.getvalue() == f"[ 1/14] pulumi  up to date\n{head}\r{head}  2 s\r{head}  3 s\r{head}  182 s\n"


def test_no_running_seconds_in_a_file() -> None:
    now = [0.0]
    file = io.StringIO()
    progress = Progress(1, file, lambda: now[0])
    progress.start("etcd")
    now[0] = 5.0
    progress.tick()
    progress.finish("failed")
    assert file.getvalue() == "[1/1] etcd ...\n[1/1] etcd ...  failed after 5 s\n"
