"""Where the files of a chart are found: unpacked, packaged, with subcharts inside or beside it."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from components.charts import GRAFANA
from preview.chart_files import merge
from preview.checks import NotRunError
from preview.checks.values import check_value_paths, check_value_schemas
from tests.preview.preview_project import CHART, Project, make

UMBRELLA = f"name: grafana\nversion: {GRAFANA.version}\ndependencies: [{{name: part, alias: piece}}, {{name: other}}]\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


def package(project: Project) -> Path:
    """The chart as an archive, instead of the directory."""
    archive = project.root / "mirror" / f"grafana-{GRAFANA.version}.tgz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(project.root / CHART, arcname="grafana")
    project.change("    host:", "    mirror: mirror\n    host:", "Pulumi.dev.yaml")
    return archive


def test_values_of_a_subchart_are_looked_up_there(project: Project) -> None:
    chart = project.root / CHART
    (chart / "Chart.yaml").write_text(UMBRELLA)
    for name, text in (("part", "size: 1\nmap: {inner: 1}\n"), ("other", "x: 1\n")):
        (chart / "charts" / name).mkdir(parents=True)
        (chart / "charts" / name / "Chart.yaml").write_text(f"name: {name}\nversion: 1.0.0\n")
        (chart / "charts" / name / "values.yaml").write_text(text)
    values = {"piece": {"size": 2, "map": {"inner": 1}}, "other": {"y": 1}}
    project.with_values(repr(values))
    (expected,) = project.reasons(check_value_paths)
    assert expected.startswith("metrics (grafana): other.y is no value of the chart")
    package(project)
    assert project.reasons(check_value_paths) == [expected]


def test_subcharts_beside_an_unpacked_chart_are_found(project: Project) -> None:
    (project.root / CHART / "Chart.yaml").write_text(UMBRELLA)
    (project.root / "charts" / "part").mkdir()
    (project.root / "charts" / "part" / "Chart.yaml").write_text("name: part\nversion: 1.0.0\n")
    (project.root / "charts" / "part" / "values.yaml").write_text("size: 1\n")
    values = {"piece": {"size": 2}, "other": {"x": 1}}
    (reason,) = project.with_values(repr(values)).reasons(check_value_paths)
    assert reason == (
        "metrics (grafana): other cannot be checked: "
        "the values of its subchart other are not at hand; add charts/other to it"
    )
    with (project.root / CHART / "values.yaml").open("a") as file:
        file.write("other: {x: 0}\n")
    assert project.reasons(check_value_paths) == [], "the parent's own values say that it is there"


def test_packaged_subcharts_are_read(project: Project) -> None:
    chart = project.root / CHART
    (chart / "Chart.yaml").write_text(UMBRELLA)
    part = project.root / "part"
    part.mkdir()
    (part / "Chart.yaml").write_text("name: part\nversion: 1.0.0\n")
    (part / "values.yaml").write_text("size: 1\n")
    (chart / "charts").mkdir()
    with tarfile.open(chart / "charts" / "part-1.0.0.tgz", "w:gz") as tar:
        tar.add(part, arcname="part")
    expected = ["metrics (grafana): piece.sise is no value of the chart; did you mean size?"]
    assert project.with_values('{"piece": {"sise": 2}}').reasons(check_value_paths) == expected
    package(project)
    assert project.reasons(check_value_paths) == expected


def test_charts_of_a_mirror_directory_are_used(project: Project) -> None:
    package(project)
    plan, context = project.planned()
    assert check_value_paths(plan, replace(context, chart_values=None)) == []
    assert plan.releases[0].chart == "grafana"


def test_without_charts_the_check_is_not_run(project: Project) -> None:
    plan, context = project.planned()
    for check in (check_value_paths, check_value_schemas):
        with pytest.raises(NotRunError, match=r"set CHART_VALUES .* or platform\.charts\.mirror"):
            check(plan, replace(context, chart_values=None))


def test_a_chart_that_is_missing_or_of_another_version_is_told(project: Project) -> None:
    plan, context = project.planned()
    (reason,) = check_value_paths(plan, replace(context, chart_values=project.root))
    assert "has no grafana/values.yaml" in reason
    (project.root / CHART / "Chart.yaml").write_text("name: grafana\nversion: 0.1.0\n")
    assert check_value_paths(plan, context) == [
        f"metrics: the values at hand are of version 0.1.0; put {GRAFANA.version} there"
    ]


def test_values_of_a_subchart_are_held_against_its_schema(project: Project) -> None:
    chart = project.root / CHART
    (chart / "Chart.yaml").write_text(UMBRELLA)
    part = chart / "charts" / "part"
    part.mkdir(parents=True)
    (part / "Chart.yaml").write_text("name: part\nversion: 1.0.0\n")
    (part / "values.yaml").write_text("size: 1\n")
    (part / "values.schema.json").write_text('{"properties": {"size": {"type": "integer"}}}')
    (reason,) = project.with_values('{"piece": {"size": "big"}}').reasons(check_value_schemas)
    assert reason == "metrics (grafana): piece.size: 'big' is not of type 'integer'"


def test_merging_is_helms() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": [1], "c": 3}
    assert merge(base, {"a": {"x": None, "z": 3}, "b": [2], "d": {}}) == {
        "a": {"y": 2, "z": 3},
        "b": [2],
        "c": 3,
        "d": {},
    }
    assert base["a"] == {"x": 1, "y": 2}
