"""When a tool counts as there: by its stamp below .tools, or by its own word on PATH."""

import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests.tools.tool_project import Project
from tools import HERE, UnknownToolError, find
from tools.model import Archive, GoTool, Tool
from tools.state import describe, find_made, find_on_path, record
from tools.table import select


def tool(name: str) -> Tool:
    (found,) = select((name,))
    return found


KWOK = tool("kwok")


def put(project: Project, what: Tool = KWOK) -> Path:
    program = project.places.program(what)
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("a program")
    record(what, project.places)
    return program


def test_up_to_date_without_asking_the_program(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    program = put(project)
    assert find("kwok", project.places) == program
    assert describe(KWOK, project.places) == "up to date"


@pytest.mark.parametrize(
    ("name", "file"),
    [("kwok", "go.mod"), ("kwok", "go.sum"), ("otelcol", "go.sum"), ("otelcol", "main.go")],
)
def test_out_of_date_when_the_module_changed(project: Project, name: str, file: str) -> None:
    what = tool(name)
    put(project, what)
    path = project.root / "tools" / name / file
    before = path.read_text()
    path.write_text(before + "\n")
    assert find_made(what, project.places) is None
    assert describe(what, project.places) == "out of date"
    path.write_text(before)
    assert find_made(what, project.places)


def test_out_of_date_when_the_options_changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project)
    monkeypatch.setattr(GoTool, "recipe", ("-race",))
    assert find_made(KWOK, project.places) is None


def test_another_family_does_not_matter(project: Project) -> None:
    put(project)
    (project.root / "tools" / "helm" / "go.sum").write_text("")
    assert find_made(KWOK, project.places)


def test_a_file_put_there_by_hand_is_not_taken(project: Project) -> None:
    program = put(project)
    program.write_text("another program")
    assert find_made(KWOK, project.places) is None
    project.places.stamp(KWOK).unlink()
    assert find_made(KWOK, project.places) is None


def test_missing(project: Project) -> None:
    put(project).unlink()
    assert find("kwok", project.places) is None
    assert describe(KWOK, project.places) == "missing"


def test_the_right_version_on_path(project: Project) -> None:
    program = project.program("kwok", f"echo kwok version v{KWOK.version} go1.99")
    assert find("kwok", project.places) == program
    assert describe(KWOK, project.places) == f"on PATH: {program}"


@pytest.mark.parametrize(
    "script",
    ["echo kwok version v0.6.9 go1.99", f"echo kwok version v{KWOK.version}-rc.1", "exit 3", "echo; kill -9 $$"],
)
def test_another_version_on_path_is_not_taken(project: Project, script: str) -> None:
    project.program("kwok", script)
    assert find("kwok", project.places) is None


def test_what_does_not_run_on_path_is_not_taken(project: Project) -> None:
    project.program("kwok", "").write_bytes(b"\x7fELF of another machine")
    assert find_on_path(KWOK, project.places) is None


def test_the_one_below_tools_goes_first(project: Project) -> None:
    project.program("kwok", f"echo kwok version v{KWOK.version}")
    made = put(project)
    assert find("kwok", project.places) == made


def test_an_out_of_date_copy_is_not_found_by_way_of_path(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = put(project)
    copy.write_text(f"#!/bin/sh\necho kwok version v{KWOK.version}\n")
    copy.chmod(0o755)
    link = project.root / "link"
    link.symlink_to(copy.parent)
    monkeypatch.setenv("PATH", os.pathsep.join([str(copy.parent), str(link)]))
    assert find("kwok", project.places) is None


def test_an_elasticsearch_on_path_is_not_the_one_for_tests(project: Project) -> None:
    archive = tool("elasticsearch")
    assert isinstance(archive, Archive)
    project.program("elasticsearch", f"echo {archive.version}")
    assert find("elasticsearch", project.places) is None
    put(project, archive)
    assert find("elasticsearch", project.places) == project.root / ".tools" / "elasticsearch" / "bin" / "elasticsearch"


@pytest.mark.parametrize("name", ["promtol", "metrics"])
def test_a_name_that_is_no_tool_is_a_mistake_of_the_caller(name: str) -> None:
    with pytest.raises(UnknownToolError, match=name):
        find(name)


def test_the_place_is_this_repository() -> None:
    assert (HERE.root / "tools" / "table.py").is_file()
