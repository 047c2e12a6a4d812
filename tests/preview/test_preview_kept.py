"""What Helm printed is used again only while all that it follows from is as it was."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from preview.chart_store import CACHE
from preview.helm import Job
from preview.kept import fingerprint, kept
from tests.preview.shop_chart import Shop, make


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The project with the chart, rendered once."""
    shop = make(tmp_path)
    shop.render()
    return shop


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that Helm is run."""
    lines: list[str] = []
    run = Job._run

    def counted(job: Job, arguments: list[str], values: str, zone: str) -> bytes:
        lines.append(zone)
        return run(job, arguments, values, zone)

    monkeypatch.setattr(Job, "_run", counted)
    return lines


def test_a_second_run_needs_no_helm_and_says_the_same(shop: Shop, runs: list[str]) -> None:
    files = shop.files()
    assert runs == []
    shutil.rmtree(shop.root / CACHE)
    assert shop.files() == files
    assert runs


def test_a_template_that_is_added_taken_away_or_changed(shop: Shop, runs: list[str]) -> None:
    more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"
    assert "configmap-more.yaml" in shop.add("templates/more.yaml", more).files()
    assert len(runs) == 2
    assert "a: b" in shop.add("templates/more.yaml", f"{more}data: {{a: b}}\n").files()["configmap-more.yaml"]
    (shop.chart / "templates" / "more.yaml").unlink()
    assert "configmap-more.yaml" not in shop.files()


def test_values_namespace_and_name(shop: Shop, runs: list[str]) -> None:
    assert "replicas: 5" in shop.with_values(replicas=5).files()["deployment-web.yaml"]
    shop.inputs["namespace"] = "other"
    assert "namespace: other" in shop.files()["deployment-web.yaml"]
    assert len(runs) == 4


def test_an_error_is_not_kept(shop: Shop, runs: list[str]) -> None:
    shop.with_values(replicas=0)
    assert [list(shop.render().failed), list(shop.render().failed)] == [["web"], ["web"]]
    assert len(runs) == 2


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "below"
    assert [kept(path, ["a"], partial(bytes, word)) for word in (b"x", b"y")] == [b"x", b"y"]


def test_a_spoilt_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    for content in (b"", b"\n", b"nonsense"):
        path.write_bytes(content)
        assert kept(path, ["a"], lambda: b"right\n\nlines") == b"right\n\nlines"
    assert kept(path, ["a"], lambda: pytest.fail("made again")) == b"right\n\nlines"


def test_the_fingerprint_of_a_directory_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    seen = [fingerprint(tmp_path)]
    (tmp_path / "a").write_text("12")
    seen.append(fingerprint(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.append(fingerprint(tmp_path))
    assert len(set(seen)) == 3
    assert fingerprint(tmp_path) == seen[-1]
