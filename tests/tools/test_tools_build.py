"""How a tool is made, with a fake Go and a fake Maven."""

import stat
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.tools.tool_project import Project
from tools.archive import unpack
from tools.build import build, obstacle
from tools.model import Archive, GoTool
from tools.running import CommandError, run
from tools.state import find_made
from tools.table import TOOLS

GO_TOOLS = {tool.name: tool for tool in TOOLS if isinstance(tool, GoTool)}
(ELASTICSEARCH,) = (tool for tool in TOOLS if isinstance(tool, Archive))


def no_tick() -> None:
    """Nobody watches."""


def test_a_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOS", "plan9")
    project.go()
    kwok = GO_TOOLS["kwok"]
    build(kwok, project.places, no_tick)
    assert find_made(kwok, project.places) == project.root / ".tools" / "bin" / "kwok"
    assert project.places.program(kwok).read_text() == f"{kwok.package}\n"
    (command,) = project.commands(" build ")
    assert command.startswith(f"{project.root}/tools/kwok: CGO_ENABLED=0 GOOS= build -o ")
    assert command.endswith(
        "-mod=readonly -trimpath -buildvcs=false -ldflags "
        f"-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v{kwok.version} sigs.k8s.io/kwok/cmd/kwok"
    )


def test_a_broken_build_leaves_the_old_program_and_nothing_else(project: Project) -> None:
    kwok = GO_TOOLS["kwok"]
    project.go()
    build(kwok, project.places, no_tick)
    project.go(broken="cmd/kwok")
    with pytest.raises(CommandError, match="first line\nundefined: nothing\ngo ended with status 1"):
        build(kwok, project.places, no_tick)
    assert find_made(kwok, project.places)
    assert sorted(path.name for path in project.places.made.iterdir()) == ["bin", "stamps"]


def test_alertmanager_is_built_from_a_copy_with_an_empty_page(project: Project) -> None:
    source = project.root / "cache" / "alertmanager"
    (source / "ui" / "app").mkdir(parents=True)
    (source / "ui" / "web.go").write_text("package ui")
    (source / "ui" / "app").chmod(0o555)
    (source / "ui").chmod(0o555)
    before = (project.root / "tools" / "metrics" / "go.mod").read_text()
    project.go(source=source)
    alertmanager = GO_TOOLS["alertmanager"]
    build(alertmanager, project.places, no_tick)
    assert find_made(alertmanager, project.places)
    assert project.commands(" mod edit ")[0].endswith("-replace=github.com/prometheus/alertmanager=./copy")
    assert "copy/ui/app/dist/index.html" in project.commands("index.html")
    assert all("/.tools/work-" in line for line in project.commands("CGO_ENABLED"))
    assert not (source / "ui" / "app" / "dist").exists()
    assert (project.root / "tools" / "metrics" / "go.mod").read_text() == before


def test_no_go(project: Project) -> None:
    (project.root / "tools" / "helm" / "go.mod").write_text("module x\n\ngo 1.97.3\n")
    message = obstacle([GO_TOOLS["helm"], GO_TOOLS["kwok"]], project.places)
    assert message == "Go is not on PATH: install Go 1.97 or newer (a distribution's package may be older)"


@pytest.mark.parametrize(("version", "enough"), [("1.9.7", False), ("1.97.2", False), ("1.97.3", True), ("2.0", True)])
def test_the_version_of_go(project: Project, version: str, enough: bool) -> None:
    (project.root / "tools" / "kwok" / "go.mod").write_text("module x\n\ngo 1.97.3\n")
    project.go(version=version)
    message = obstacle([GO_TOOLS["kwok"]], project.places)
    assert message == (None if enough else f"Go {version} on PATH is too old: install Go 1.97 or newer")


def test_a_long_command_is_watched(tmp_path: Path) -> None:
    ticks: list[int] = []
    assert run(["/bin/sh", "-c", "sleep 1.2; echo done"], tmp_path, lambda: ticks.append(1), {"PATH": "/usr/bin:/bin"})
    assert ticks == [1]


def test_only_the_end_of_a_long_output_is_told(tmp_path: Path) -> None:
    script = 'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i"; done; kill -9 $$'
    with pytest.raises(CommandError) as error:
        run(["/bin/sh", "-c", script], tmp_path, no_tick, {})
    lines = str(error.value).splitlines()
    assert (lines[0], lines[-2], lines[-1]) == ("line 26", "line 40", "sh was ended by signal 9")


@pytest.fixture
def archive(project: Project) -> Archive:
    """The archive as a small zip that a fake Maven copies."""
    fetched = project.root / f"elasticsearch-{ELASTICSEARCH.version}.zip"
    with zipfile.ZipFile(fetched, "w") as file:
        for name, mode in (("bin/elasticsearch", 0o755), ("config/elasticsearch.yml", 0o644)):
            member = zipfile.ZipInfo(f"elasticsearch-{ELASTICSEARCH.version}/{name}")
            member.external_attr = (stat.S_IFREG | mode) << 16
            file.writestr(member, "text")
    project.program(
        "mvn",
        f'echo "$*" >> {project.log}\n'
        f'for o; do case "$o" in -DoutputDirectory=*) /bin/cp {fetched} "${{o#*=}}" ;; esac; done\n',
    )
    return replace(ELASTICSEARCH, sha256=sha256(fetched.read_bytes()).hexdigest())


def test_an_archive(project: Project, archive: Archive) -> None:
    left = project.places.made / "elasticsearch" / "of-an-older-one"
    left.mkdir(parents=True)
    unpack(archive, project.places, no_tick)
    program = find_made(archive, project.places)
    assert program
    assert program.stat().st_mode & 0o777 == 0o755
    assert (program.parents[1] / "config" / "elasticsearch.yml").stat().st_mode & 0o777 == 0o644
    assert not left.exists()
    (command,) = project.commands("dependency:copy")
    assert "-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:9.5.0:zip" in command
    assert "://" not in command


def test_an_archive_with_another_digest_is_not_unpacked(project: Project, archive: Archive) -> None:
    with pytest.raises(CommandError, match="but must have"):
        unpack(replace(archive, sha256="0" * 64), project.places, no_tick)
    assert list(project.places.made.iterdir()) == []
