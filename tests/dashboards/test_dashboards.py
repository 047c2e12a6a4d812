"""The dashboards keep every rule of lint.py, show every panel they should, and come out the same each time."""

import ast
import json
import sys
from pathlib import Path

import pytest

import dashboards
from alerts import slos
from tests.dashboards import lint, schema, signals

ROOT = Path(__file__).parents[2]
TITLES = {
    "neuroerp-system-overview": [
        "Targets up",
        "Firing alerts",
        "External probe",
        "Health checks",
        "Failed health checks",
        "Probe time / age of checks",
        "Time of health checks (p95)",
        "Requests of users",
        "Response time (p95)",
        "CPU Usage",
        "Memory Usage",
        "Open files",
        "CPU of limit",
        "Memory of limit",
        "Node CPU / memory",
        "Node disk",
        "Node network",
        "Pod restarts",
        "Redis memory",
        "Redis hit ratio",
        "Redis clients",
    ],
    "neuroerp-api-performance": [
        "Response Time",
        "Latency percentiles",
        "Error Rate",
        "Requests by endpoint",
        "Slowest endpoints (p95)",
        "Failing endpoints",
        "Errors by class",
        *(
            title
            for name, slo in slos.load().items()
            for title in (f"Error budget left: {name} ({slo.window})", f"Burn rate: {name}")
        ),
    ],
    "neuroerp-performance": [
        "API Response Time",
        "Error Rate",
        "Requests per Second",
        "System Load",
        "System load, absolute",
        "Application saturation",
        "Requests in progress",
        "Slow requests (>500 ms)",
    ],
    "neuroerp-business": [
        "Active Users",
        "Active users vs last week",
        "Revenue",
        "Revenue in range",
        "Refunds in range",
        "Revenue by product",
        "Transactions",
        "Transaction failure ratio",
        "Business Errors",
    ],
    "neuroerp-observability-platform": [
        "Logstash events",
        "Logstash queue / DLQ",
        "Unparsed lines",
        "Elasticsearch status",
        "Elasticsearch disk free / heap",
        "Elasticsearch indexing",
        "Spans accepted / refused",
        "Jaeger storage writes",
        "Jaeger query p99",
        "Collector spans",
        "Traces kept",
        "Collector queue",
        "Prometheus ingestion / series",
        "Targets down",
        "Notifications",
        "Firing alerts",
        "Lost telemetry",
        "Rules failed / late",
        "Configurations taken",
        "Losses of Prometheus",
        "Elasticsearch faults",
        "Logstash down / losses",
        "Jaeger queue / failed reads",
        "Recent errors",
    ],
}
BOARDS: dict[str, lint.Json] = {uid: json.loads(text) for uid, text in dashboards.render().items()}
RULES = [
    lint.promql,
    lint.windows,
    lint.undefined_variables,
    lint.unused_variables,
    lint.filters,
    lint.ids,
    lint.grid,
    lint.gaps,
    lint.kinds,
    lint.sources,
    lint.texts,
    lint.legends,
    lint.heatmaps,
    lint.thresholds,
    lint.annotations,
    lint.settings,
    schema.problems,
    signals.asked,
    signals.bare_counters,
    signals.log_fields_of,
]


@pytest.mark.parametrize("uid", TITLES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: lint.Rule, uid: str) -> None:
    assert rule(BOARDS[uid]) == []


@pytest.mark.parametrize("uid", TITLES)
def test_panels_are_those_of_the_reference(uid: str) -> None:
    assert lint.titles(BOARDS[uid], TITLES[uid]) == []


def test_uids_come_from_the_module_names() -> None:
    modules = [module.__name__.rpartition(".")[2] for module in dashboards.MODULES]
    assert lint.wrong_uids(dict(zip(modules, BOARDS.values(), strict=True))) == []
    assert list(BOARDS) == [board["uid"] for board in BOARDS.values()] == list(TITLES)


def test_exemplars_are_asked_for_where_a_trace_explains_the_value() -> None:
    asked = {
        panel["title"]
        for board in BOARDS.values()
        for panel in lint.panels(board)
        if panel["targets"][0].get("exemplar")
    }
    assert asked == {"Response Time", "Latency percentiles", "API Response Time"}


def test_time_ranges() -> None:
    ranges = {uid: board["time"]["from"] for uid, board in BOARDS.items()}
    assert ranges == {uid: "now-7d" if uid == "neuroerp-business" else "now-1h" for uid in TITLES}


def test_revenue_is_never_added_over_currencies() -> None:
    revenue = [expr for _, expr in lint.queries(BOARDS["neuroerp-business"]) if "increase(business_revenue" in expr]
    assert len(revenue) == 3
    assert all("by (currency)" in expr or "by (product, currency)" in expr for expr in revenue)


def test_output_is_stable_bare_and_small() -> None:
    texts = dashboards.render()
    assert texts == dashboards.render()
    for text in texts.values():
        assert text == json.dumps(json.loads(text), sort_keys=True, indent=2)
        assert "dashboard" not in json.loads(text)
        assert len(text.encode()) < 100_000  # a ConfigMap holds 1 MiB, and etcd counts more than this text


def test_only_one_module_knows_the_sdk_and_none_imports_anything_heavier() -> None:
    foreign: dict[str, set[str]] = {}
    for path in (ROOT / "dashboards").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            packages = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
            if packages:
                foreign.setdefault(path.name, set()).update(packages)
    sdk = {name: {"grafana_foundation_sdk"} for name in ("grafana.py", "panels.py")}
    # The panels of objectives are made of the objectives, as their rules are.
    assert foreign == {**sdk, "api_performance.py": {"alerts"}}


def test_each_objective_has_its_panels_and_another_one_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = dict(slos.load())
    more = {**shown, "another": shown["availability"].model_copy(update={"objective": 99.5})}
    monkeypatch.setattr(slos, "load", lambda: more)
    board = json.loads(dashboards.render()["neuroerp-api-performance"])
    made = [panel for panel in lint.panels(board) if panel["title"].startswith(("Error budget left", "Burn rate"))]
    assert [panel["title"] for panel in made] == [
        title
        for name, slo in more.items()
        for title in (f"Error budget left: {name} ({slo.window})", f"Burn rate: {name}")
    ]
    assert 'slo="another"' in made[-2]["targets"][0]["expr"]
    assert [target["expr"].rpartition(" / ")[2] for target in made[-1]["targets"]] == ["0.005", "0.005"]
    assert [*lint.grid(board), *lint.ids(board), *lint.gaps(board)] == []
