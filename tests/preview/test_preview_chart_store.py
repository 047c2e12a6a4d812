"""Where charts to render come from, and what happens where there are none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.charts import GRAFANA, Chart
from preview import chart_store, render
from preview.__main__ import main
from preview.chart_store import CACHE, PullError, digest, pull
from tests.needs import need
from tests.preview.chart_server import registry, repository
from tests.preview.preview_project import Project
from tests.preview.preview_project import make as make_project
from tests.preview.shop_chart import NAME, VERSION, Shop, make

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The project with the chart, which its release does not name as a path."""
    shop = make(tmp_path)
    shop.inputs |= {"chart": NAME, "repositoryOpts": {"repo": NOWHERE}}
    return shop


def test_a_mirror_directory_unpacked_or_packed(shop: Shop, tmp_path: Path) -> None:
    shop.mirror = tmp_path / "charts"
    before = shop.files()
    shop.package(tmp_path / "packed")
    shop.mirror = tmp_path / "packed"
    assert shop.files() == before


def test_a_mirror_with_another_version(shop: Shop, tmp_path: Path) -> None:
    shop.mirror = tmp_path / "charts"
    shop.change("Chart.yaml", f"version: {VERSION}", "version: 9.9.9")
    rendered = shop.render()
    assert rendered.note.startswith(f"CHARTS_MIRROR: {shop.mirror}/shop is version 9.9.9")
    assert (rendered.objects, list(rendered.missing)) == ((), ["web"])


def test_a_chart_repository_is_asked_only_when_the_network_is_wanted(shop: Shop, tmp_path: Path) -> None:
    package = shop.package(tmp_path / "served")
    with repository(package, NAME, VERSION) as url:
        shop.inputs["repositoryOpts"] = {"repo": url}
        assert "is not at hand" in shop.render().note
        shop.network = True
        files = shop.files()
    # Now it is in the cache, and the network is not needed any more.
    shop.network = False
    assert shop.files() == files
    assert (tmp_path / CACHE / package.name).read_bytes() == package.read_bytes()


def test_a_registry(shop: Shop, tmp_path: Path) -> None:
    package = shop.package(tmp_path / "served")
    shop.network = True
    with registry(package, NAME, VERSION) as folder:
        shop.inputs["chart"] = f"{folder}/{NAME}"
        del shop.inputs["repositoryOpts"]
        assert "deployment-web.yaml" in shop.files()


def test_a_repository_that_does_not_answer_is_told_in_one_line(shop: Shop) -> None:
    shop.network = True
    note = shop.render().note
    assert note.startswith(f"chart shop {VERSION}: ")
    assert "is not a valid chart repository or cannot be reached" in note
    assert "\n" not in note


def test_a_chart_that_is_not_the_recorded_one_is_refused(shop: Shop, tmp_path: Path) -> None:
    helm = need("helm")["helm"]
    package = shop.package(tmp_path / "served")
    with repository(package, NAME, VERSION) as url:
        chart = Chart(NAME, VERSION, url)
        good = {f"{NAME}-{VERSION}": digest(package)}
        assert pull(helm, chart, tmp_path / "there", locked=good).is_file()
        bad = dict.fromkeys(good, "sha256:0")
        with pytest.raises(PullError, match=r"its digest is sha256:\w+, but sha256:0 is recorded"):
            pull(helm, chart, tmp_path / "not", locked=bad)
    assert list((tmp_path / "not").iterdir()) == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The small project as the current directory."""
    project = make_project(tmp_path / "small")
    monkeypatch.chdir(project.root)
    monkeypatch.setattr("preview.checks.HERE", project.root)
    monkeypatch.setenv("CHART_VALUES", "charts")
    for name in ("CI", "CHARTS_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    return project


def mirrored(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let CHARTS_MIRROR have a chart that renders."""
    need("helm")
    mirror = project.root / "mirror"
    chart = mirror / GRAFANA.name
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {GRAFANA.name}\nversion: {GRAFANA.version}\n")
    (chart / "templates" / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rendered}\n")
    monkeypatch.setenv("CHARTS_MIRROR", str(mirror))


def test_the_command_renders_what_is_at_hand(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirrored(project, monkeypatch)
    assert main(["--require-manifests"]) == 0
    assert "1 objects rendered from the charts of 1 releases" in capsys.readouterr().out
    assert (project.root / "build/dev/manifests/metrics/configmap-rendered.yaml").is_file()
    assert main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["manifests"] == {
        "objects": {"metrics": 1},
        "missing": {},
        "failed": {},
    }


@pytest.mark.parametrize("ci", ["", "true"])
def test_without_charts_one_line_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(chart_store, "pull", lambda *_: pytest.fail("the network is asked"))
    monkeypatch.setattr(render, "find_helm", lambda: Path("/no/helm"))
    assert main([]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"manifests: chart grafana {GRAFANA.version} is not at hand: run python -m preview charts, or add" in out
    assert "11 checks of rendered charts (not run: no chart was rendered)" in out
    assert not (project.root / "build" / ".charts").exists()


def test_without_helm_one_line_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(render, "find_helm", lambda: None)
    assert main([]) == 0
    assert 'manifests: helm is not at hand: make tools TOOLS="helm"' in capsys.readouterr().out
    assert main(["--require-manifests"]) == 1
    assert capsys.readouterr().err.endswith('--require-manifests: helm is not at hand: make tools TOOLS="helm"\n')
    assert (project.root / "build" / "dev" / "plan.json").is_file()


@pytest.mark.usefixtures("project")
def test_a_chart_that_must_be_rendered_and_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> Path:
        raise PullError("no such host")

    monkeypatch.setattr(chart_store, "pull", refuse)
    monkeypatch.setattr(render, "find_helm", lambda: Path("/no/helm"))
    for option, status in (("--manifests", 0), ("--require-manifests", 1)):
        assert main([option]) == status
        assert f"grafana {GRAFANA.version}: no such host" in " ".join(capsys.readouterr().out.split())


def test_a_chart_that_does_not_render_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirrored(project, monkeypatch)
    (project.root / "mirror" / "grafana" / "templates" / "a.yaml").write_text('{{ fail "set a host" }}')
    assert main([]) == 1
    assert "set a host" in capsys.readouterr().out


def test_a_stack_of_the_commands_name_is_no_longer_reached_but_help_is(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("charts", "images"):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        assert caught.value.code == 0
        assert f"python -m preview {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["charts"], ["images"]])
def test_help_of_each_command_imports_nothing_heavy(command: list[str]) -> None:
    code = f"import sys, preview.__main__ as m\ntry: m.main({[*command, '--help']})\nexcept SystemExit: pass"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert not {"pulumi", "rich", "yaml", "jsonschema"} & set(done.stdout.splitlines()[-1].split())
