"""Helm values against the charts: paths, the allow-list, schemas, and where a chart's files are found."""

import json
from pathlib import Path

import pytest

from preview.checks.values import check_value_paths, check_value_schemas, stale_patterns
from tests.preview.preview_project import CHART, Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replicaz": 1}, "replicaz is no value of the chart; did you mean replicas?"),
        ({"folder": "/x"}, "folder is no value of the chart; did you mean sidecar.dashboards.folder?"),
        (
            {"sidecar": {"dashboards": {"foldr": 1}}},
            "sidecar.dashboards.foldr is no value of the chart; did you mean folder?",
        ),
        ({"zzz.ini": {}}, '"zzz.ini" is no value of the chart'),
        ({"persistence": {"annotations": {"a": "b"}}}, "persistence.annotations is empty in the chart"),
        ({"image": "example:1"}, "image is a mapping in the chart"),
        ({"replicas": {"min": 1}}, "replicas is empty in the chart"),
    ],
)
def test_a_value_that_the_chart_does_not_take_is_told(project: Project, values: dict[str, object], said: str) -> None:
    (reason,) = project.with_values(repr(values)).reasons(check_value_paths)
    assert reason.startswith(f"metrics (grafana): {said}")


@pytest.mark.parametrize(
    "values",
    [
        {"persistence": {"storageClassName": "x"}},
        {"image": None},
        {"image": {}},
        {"pipelines": [{"any": 1}]},
        {"resources": {"any": {"thing": 1}}},
        {},
    ],
)
def test_what_the_chart_takes_is_accepted(project: Project, values: dict[str, object]) -> None:
    assert project.with_values(repr(values)).reasons(check_value_paths) == []


def test_an_unknown_value_may_stand_for_a_mapping(project: Project) -> None:
    assert project.with_values('{"image": password.id}').reasons(check_value_paths) == []


def test_entries_of_the_allow_list_that_nobody_needs_are_stale(project: Project) -> None:
    with (project.root / "free_form.yaml").open("a") as file:
        file.write('  - "persistence.*"\n  - image.never\nother: [a]\n')
    plan, context = project.planned()
    assert check_value_paths(plan, context) == []
    assert stale_patterns(context) == ["grafana: image.never", "grafana: persistence.*", "other: a"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"a.ini": {"x": {"any": 1}}, "admin": {"newKey": 1}, "image": {"b": {"c": 1}}}, None),
        ({"a.ini": 1}, '"a.ini" is no value of the chart'),
        ({"a.ini": {}}, '"a.ini" is no value of the chart'),
        ({"admin": {"oldKey": 1}}, "admin.oldKey is no value of the chart"),
        ({"image": {"b": {"cc": 1}}}, "image.b.cc is no value of the chart"),
    ],
)
def test_patterns_match_whole_paths_segment_by_segment(
    project: Project, values: dict[str, object], said: str | None
) -> None:
    (project.root / "free_form.yaml").write_text('grafana: [\'"a.ini".*\', "admin.new*", "image.b.c"]\n')
    reasons = project.with_values(repr(values)).reasons(check_value_paths)
    assert [reason.partition("; ")[0] for reason in reasons] == ([f"metrics (grafana): {said}"] if said else [])


def test_a_pattern_may_say_which_type_of_kubernetes_the_value_has(project: Project) -> None:
    (project.root / "free_form.yaml").write_text("grafana: [{resources: ResourceRequirements}]\n")
    values = {"resources": {"request": {"cpu": 1}, "limits": {"memory": "1Gi"}}}
    (reason,) = project.with_values(repr(values)).reasons(check_value_paths)
    assert reason == "metrics (grafana): resources.request is unknown; did you mean requests?"


def test_values_are_held_against_the_schema_of_the_chart(project: Project) -> None:
    schema = {
        "type": "object",
        "properties": {"replicas": {"type": "integer", "maximum": 1}, "admin": {"additionalProperties": False}},
    }
    (project.root / CHART / "values.schema.json").write_text(json.dumps(schema))
    assert sorted(project.reasons(check_value_schemas)) == [
        "metrics (grafana): admin.existingSecret: is unknown",
        "metrics (grafana): admin.passwordKey: is unknown",
        "metrics (grafana): admin.userKey: is unknown",
        "metrics (grafana): replicas: 2 is greater than the maximum of 1",
    ]
    (project.root / CHART / "values.schema.json").write_text('{"type": "object"}')
    assert project.reasons(check_value_schemas) == []


def test_masked_values_may_be_of_any_type(project: Project) -> None:
    (project.root / CHART / "values.schema.json").write_text('{"properties": {"replicas": {"type": "integer"}}}')
    assert project.with_values('{"replicas": password.id}').reasons(check_value_schemas) == []
