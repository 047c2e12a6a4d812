"""Everything that the repository asks of the application is in the contract; each check is shown to fail."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from neuroerp_telemetry.contract import LOG_FIELDS, METRICS, LogField, Metric

import dashboards
from tests.telemetry import contract_use

ROOT = Path(__file__).parents[2]
RULES = {path.name: path.read_text() for path in sorted((ROOT / "alerts").glob("*.rules.yaml"))}
BOARDS = dashboards.render(dashboards.Links(kibana="https://kibana.example", jaeger="https://jaeger.example"))
PIPELINE = (ROOT / "logs/pipeline/main.conf").read_text()
TEMPLATE = (ROOT / "logs/elasticsearch/component-template.json").read_text()

Metrics = dict[str, Metric]


def rules(metrics: Metrics = METRICS) -> list[str]:
    return contract_use.problems(contract_use.rule_expressions(RULES), metrics)


def boards(metrics: Metrics = METRICS) -> list[str]:
    return contract_use.problems(contract_use.dashboard_expressions(BOARDS), metrics)


def test_rules() -> None:
    assert len(RULES) >= 5
    assert rules() == []


def test_dashboards() -> None:
    assert len(BOARDS) >= 4
    assert boards() == []
    assert contract_use.shown_labels(BOARDS, METRICS) == []


def test_rules_record_what_the_contract_says() -> None:
    recorded = {where.split()[1] for where, _ in contract_use.rule_expressions(RULES) if ":" in where.split()[1]}
    assert {name for name in recorded if METRICS[name].owner != "recording-rule"} == set()


def test_logs() -> None:
    assert contract_use.log_problems(LOG_FIELDS, PIPELINE, TEMPLATE) == []
    assert contract_use.searched_fields(BOARDS) >= {"level", "context.code", "kubernetes.pod.name"}
    assert contract_use.search_problems(BOARDS, LOG_FIELDS, TEMPLATE) == []


def changed(name: str, **change: object) -> Metrics:
    return {**METRICS, name: replace(METRICS[name], **change)}  # type: ignore[arg-type]


def renamed(name: str) -> Metrics:
    return {other: metric for other, metric in METRICS.items() if other != name}


def relabelled(name: str, old: str, new: str) -> Metrics:
    labels = tuple(replace(label, name=new) if label.name == old else label for label in METRICS[name].labels)
    return changed(name, labels=labels)


def revalued(name: str, label: str, *values: str) -> Metrics:
    labels = tuple(replace(each, values=values) if each.name == label else each for each in METRICS[name].labels)
    return changed(name, labels=labels)


LATENCY = "http_request_duration_seconds"
WITHOUT_HALF = tuple(bound for bound in METRICS[LATENCY].buckets if bound != 0.5)


@pytest.mark.parametrize(
    ("check", "metrics", "message"),
    [
        (rules, renamed("http_requests_total"), "nobody exports http_requests_total"),
        (boards, renamed("http_requests_total"), "nobody exports http_requests_total"),
        (boards, renamed("health_check_status"), "nobody exports health_check_status"),
        (rules, relabelled("http_requests_total", "endpoint", "path"), "http_requests_total has no label endpoint"),
        (boards, relabelled("http_requests_total", "endpoint", "path"), "http_requests_total has no label endpoint"),
        (boards, relabelled("business_errors_total", "code", "number"), "has no label code to group by"),
        (rules, relabelled("business_transactions_total", "type", "kind"), "has no label type to group by"),
        (rules, revalued("business_transactions_total", "status", "ok", "nok"), "never has status=failed"),
        (rules, changed(LATENCY, buckets=WITHOUT_HALF), "http_request_duration_seconds_bucket has no bucket 0.5"),
        (rules, changed("business_revenue_total", type="gauge"), "increase() of the gauge business_revenue_total"),
        (boards, changed("http_request_errors_total", type="gauge"), "rate() of the gauge http_request_errors_total"),
    ],
)
def test_a_change_of_the_contract_is_noticed(
    check: Callable[[Metrics], list[str]], metrics: Metrics, message: str
) -> None:
    assert any(message in problem for problem in check(metrics)), check(metrics)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ("sum(rate(jvm_threads_total[5m]))", "nobody exports jvm_threads_total"),
        ("rate(active_users[5m])", "rate() of the gauge active_users"),
        ("increase(http_requests_in_progress[5m])", "increase() of the gauge http_requests_in_progress"),
        ("delta(http_requests_total[5m])", "delta() of the counter http_requests_total"),
        ("sum by (user) (rate(http_requests_total[5m]))", "no label user to group by"),
        ("sum by (le) (rate(http_request_duration_seconds_count[5m]))", "no label le to group by"),
        ('http_requests_total{tenant="x1"}', "http_requests_total has no label tenant"),
        ('app_saturation_ratio{resource="disk"}', "never has resource=disk"),
        ('http_request_duration_seconds_bucket{le="0.45"}', "has no bucket 0.45"),
        ("http_request_duration_seconds", "nobody exports http_request_duration_seconds"),
    ],
)
def test_a_wrong_expression_is_noticed(expr: str, message: str) -> None:
    (problem,) = contract_use.problems([("somewhere", expr)], METRICS)
    assert message in problem


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (namespace, service) (rate(http_requests_total{job="valeo-neuroerp",status=~"5.."}[5m]))',
        'http_request_duration_seconds_bucket{le="0.50"}',
        "max_over_time(rate(http_requests_total[5m])[1h:])",
        'health_check_status{check="erp-core",critical="true"} == 0',
    ],
)
def test_a_right_expression_is_not(expr: str) -> None:
    assert contract_use.problems([("somewhere", expr)], METRICS) == []


NEW = LogField("tenant", "keyword", "Tenant.", "tenant")


@pytest.mark.parametrize(
    ("fields", "pipeline", "template", "message"),
    [
        ((*LOG_FIELDS, NEW), PIPELINE, TEMPLATE, "the pipeline makes None of tenant"),
        ((*LOG_FIELDS, NEW), PIPELINE, TEMPLATE, "the index has tenant as None"),
        (LOG_FIELDS[:-1], PIPELINE, TEMPLATE, "nothing writes context"),
        (LOG_FIELDS, PIPELINE.replace("[j][logger]", "[j][name]"), TEMPLATE, "None of logger, not log.logger"),
        (LOG_FIELDS, PIPELINE, TEMPLATE.replace('"flattened"', '"object"'), "has context as object, not flattened"),
        (LOG_FIELDS, PIPELINE, TEMPLATE.replace('"trace_id": {"type"', '"traceid": {"type"'), "nothing writes traceid"),
    ],
)
def test_a_change_of_the_log_fields_is_noticed(
    fields: tuple[LogField, ...], pipeline: str, template: str, message: str
) -> None:
    assert any(message in problem for problem in contract_use.log_problems(fields, pipeline, template))


def test_a_search_in_a_field_that_nothing_writes_is_noticed() -> None:
    board = {"x": BOARDS["neuroerp-business"].replace("context.code", "error.code")}
    assert contract_use.search_problems(board, LOG_FIELDS, TEMPLATE) == ["nothing writes error.code"]


def test_a_legend_with_a_label_that_nothing_has_is_noticed() -> None:
    assert contract_use.shown_labels({"x": '"{{path}} {{ endpoint }}"'}, METRICS) == ["path"]
