"""The download of all charts into a directory that can be a mirror."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.charts import Chart, directory_entry
from preview import charts_command
from preview.__main__ import main
from preview.chart_store import digest
from preview.charts_command import charts
from tests.needs import need
from tests.preview.chart_server import repository
from tests.preview.shop_chart import NAME, VERSION, make


@pytest.fixture
def pin(tmp_path: Path) -> Iterator[Chart]:
    """A chart that a repository on this machine has."""
    need("helm")
    package = make(tmp_path).package(tmp_path / "served")
    with repository(package, NAME, VERSION) as url:
        yield Chart(NAME, VERSION, url)


def test_what_is_downloaded_is_a_mirror(pin: Chart, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock, target = tmp_path / "lock.json", tmp_path / "mirror"
    assert charts(target, record=False, pins=[pin], lock=lock) == 0
    package = directory_entry(pin, target)
    assert capsys.readouterr().out == f"[1/1] {NAME} {VERSION}: downloaded, {digest(package)}\n"
    assert not lock.exists()
    assert charts(target, record=True, pins=[pin], lock=lock) == 0
    assert capsys.readouterr().out.startswith(f"[1/1] {NAME} {VERSION}: there, sha256:")
    assert json.loads(lock.read_text()) == {f"{NAME}-{VERSION}": digest(package)}


def test_a_chart_that_changed_under_its_version_is_refused(
    pin: Chart, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, target = tmp_path / "lock.json", tmp_path / "mirror"
    text = json.dumps({f"{NAME}-{VERSION}": "sha256:0"})
    lock.write_text(text)
    assert charts(target, record=True, pins=[pin], lock=lock) == 1
    captured = capsys.readouterr()
    assert "but sha256:0 is recorded" in captured.err
    assert captured.out == ""
    assert lock.read_text() == text
    assert list(target.iterdir()) == []


def test_a_package_that_is_not_the_recorded_one_is_downloaded_again(pin: Chart, tmp_path: Path) -> None:
    lock, target = tmp_path / "lock.json", tmp_path / "mirror"
    assert charts(target, record=True, pins=[pin], lock=lock) == 0
    package = directory_entry(pin, target)
    good = package.read_bytes()
    package.write_bytes(b"spoilt")
    assert charts(target, record=False, pins=[pin], lock=lock) == 0
    assert package.read_bytes() == good


def test_a_repository_that_does_not_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("helm")
    pins = [Chart("a", "1.0.0", "http://127.0.0.1:9"), Chart("b", "1.0.0", "http://127.0.0.1:9")]
    assert charts(tmp_path / "mirror", record=True, pins=pins, lock=tmp_path / "lock.json") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["[1/2] a 1.0.0", "[2/2] b 1.0.0"]
    assert not (tmp_path / "lock.json").exists()


def test_without_helm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(charts_command, "find_helm", lambda: None)
    assert main(["charts"]) == 2
    assert capsys.readouterr().err == 'helm is not at hand: make tools TOOLS="helm"\n'
