"""Pins: one place, each with a marker that Renovate's rules read; and the four places that charts can come from."""

import json
import re
from pathlib import Path

import pytest

from components import charts
from components.charts import CHARTS, GRAFANA, ChartNotFoundError, source

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "components/charts.py").read_text()


def found_by_renovate(text: str) -> dict[str, str]:
    """What the expressions of renovate.json find, by package; they are JavaScript's, with another group syntax."""
    managers = json.loads((ROOT / "renovate.json").read_text())["customManagers"]
    patterns = [re.compile(p.replace("(?<", "(?P<")) for manager in managers for p in manager["matchStrings"]]
    return {m["depName"]: m["currentValue"] for pattern in patterns for m in pattern.finditer(text)}


def test_renovate_finds_every_pin() -> None:
    pinned = (charts.OAUTH2_PROXY_IMAGE, charts.LOGSTASH_EXPORTER_IMAGE, charts.PYTHON_IMAGE)
    images = {image.rpartition(":")[0]: image.rpartition(":")[2] for image in pinned}
    expected = {chart.name: chart.version for chart in CHARTS} | images
    expected["docker.elastic.co/elasticsearch/elasticsearch"] = charts.ELASTIC_STACK_VERSION
    assert found_by_renovate(TEXT) == expected


def test_a_pin_without_a_marker_is_missed() -> None:
    broken = TEXT.replace("# renovate: datasource=helm depName=jaeger", "# datasource=helm depName=jaeger")
    assert "jaeger" not in found_by_renovate(broken)


def test_markers_name_the_repository_of_their_chart() -> None:
    markers = dict(re.findall(r"depName=(\S+) registryUrl=(\S+)", TEXT))
    assert markers == {chart.name: chart.repository for chart in CHARTS}


def test_no_other_module_names_a_version() -> None:
    versions = [chart.version for chart in CHARTS] + [charts.ELASTIC_STACK_VERSION]
    modules = [path for path in (ROOT / "components").glob("*.py") if path.name != "charts.py"]
    named = [(path.name, version) for path in modules for version in versions if f'"{version}"' in path.read_text()]
    assert named == []


def test_without_a_mirror_charts_come_from_their_own_repository() -> None:
    assert source(GRAFANA, None) == {
        "chart": "grafana",
        "version": "12.11.1",
        "repository_opts": {"repo": charts.GRAFANA_COMMUNITY},
    }


def test_a_repository_or_a_registry_can_stand_in_for_all() -> None:
    http = {"chart": "grafana", "version": "12.11.1", "repository_opts": {"repo": "https://charts.example.com"}}
    assert source(GRAFANA, "https://charts.example.com") == http
    assert source(GRAFANA, "oci://registry.example.com/charts/") == {
        "chart": "oci://registry.example.com/charts/grafana",
        "version": "12.11.1",
    }


def test_a_directory_can_hold_packaged_or_unpacked_charts(tmp_path: Path) -> None:
    unpacked = tmp_path / "grafana"
    unpacked.mkdir()
    (unpacked / "Chart.yaml").write_text("version: 12.11.1")
    assert source(GRAFANA, str(tmp_path)) == {"chart": str(unpacked), "version": "12.11.1"}
    packaged = tmp_path / "grafana-12.11.1.tgz"
    packaged.touch()
    assert source(GRAFANA, str(tmp_path)) == {"chart": str(packaged), "version": "12.11.1"}


def test_a_directory_without_the_chart_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(
        ChartNotFoundError, match=r"platform.charts.mirror: .* neither grafana-12.11.1.tgz nor .*helm pull grafana"
    ):
        source(GRAFANA, str(tmp_path))


def test_a_directory_with_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "grafana").mkdir()
    (tmp_path / "grafana/Chart.yaml").write_text("version: 11.0.0")
    with pytest.raises(ChartNotFoundError, match=r"is version 11.0.0; put 12.11.1 there"):
        source(GRAFANA, str(tmp_path))
