"""Each way in which the application, the rules and the dashboards can drift apart is noticed, shown by a mutation."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from neuroerp_telemetry.contract import APP_METRICS, LOG_FIELDS, LogField, Metric

from tests.contract import content, log_fields, matrix, signals, uses
from tests.contract.signals import Signals
from tests.contract.uses import Use

LATENCY = "http_request_duration_seconds"


def exported(change: Metric | None = None, without: str = "") -> Signals:
    """What there is to use when the application exports something else."""
    own = {name: metric for name, metric in APP_METRICS.items() if name != without}
    if change:
        own[change.name] = change
    return content.known(signals.of_contract(own.values()))


def changed(name: str, /, **change: Any) -> Metric:
    return replace(APP_METRICS[name], **change)


def relabelled(name: str, old: str, new: str) -> Metric:
    labels = APP_METRICS[name].labels
    return changed(name, labels=tuple(replace(each, name=new) if each.name == old else each for each in labels))


def faults(asked: Iterable[Use], known: Signals) -> list[str]:
    return uses.problems(asked, known)


def with_rule(expr: str, **more: Any) -> list[Use]:
    rule = {"alert": "New", "expr": expr, "labels": {"severity": "warning"}, **more}
    return list(uses.of_rules({"new.rules.yaml": yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]})}))


def with_panel(**target: str) -> list[Use]:
    """A dashboard whose first panel asks for something else."""
    board = json.loads(content.BOARDS["neuroerp-business"])
    panel = next(panel for panel in board["panels"] if panel["type"] != "row")
    panel["title"] = "Changed"
    panel["targets"] = [{**panel["targets"][0], **target}]
    return list(uses.of_boards({"neuroerp-business": json.dumps(board)}))


def test_nothing_drifts_today() -> None:
    """So that each fault below comes from its mutation."""
    assert faults([*content.rule_uses(), *content.board_uses(), *content.test_uses()], exported()) == []


@pytest.mark.parametrize("name", ["http_requests_total", "health_check_status", "business_transactions_total"])
def test_drift_a_renamed_metric(name: str) -> None:
    renamed = exported(changed(name, name=f"renamed_{name}"), without=name)
    for asked in (content.rule_uses(), content.board_uses(), content.test_uses()):
        assert any(f"nobody exports {name}" in fault for fault in faults(asked, renamed))
    assert f"renamed_{name}" in matrix.unused(matrix.series_rows(renamed, content.rule_uses() + content.board_uses()))


def test_drift_a_renamed_recording() -> None:
    name = "namespace_service:http_requests:error_ratio_rate5m"
    rules = [replace(use, records="renamed") if use.records == name else use for use in content.rule_uses()]
    known = content.known(rules=rules)
    assert any(f"nobody exports {name}" in fault for fault in faults(content.rule_uses(), known))
    assert "renamed" in matrix.unused(matrix.series_rows(known, rules))


def test_drift_a_renamed_metric_of_an_exporter() -> None:
    asked = with_rule("node_memory_Available_bytes < 1")
    assert faults(asked, exported()) == ["new.rules.yaml New: nobody exports node_memory_Available_bytes"]


@pytest.mark.parametrize(
    ("name", "old"),
    [("http_requests_total", "endpoint"), ("business_transactions_total", "type"), ("health_check_status", "check")],
)
def test_drift_a_changed_label(name: str, old: str) -> None:
    known = exported(relabelled(name, old, "other_label"))
    for asked in (content.rule_uses(), content.board_uses()):
        assert any(f"{name} has no label {old}" in fault for fault in faults(asked, known))


def test_drift_a_changed_value_of_a_label() -> None:
    labels = APP_METRICS["business_transactions_total"].labels
    revalued = tuple(replace(each, values=("ok", "nok")) if each.name == "status" else each for each in labels)
    known = exported(changed("business_transactions_total", labels=revalued))
    assert any("never has status=failed" in found for found in faults(content.rule_uses(), known))


def test_drift_a_label_that_a_legend_or_an_annotation_shows() -> None:
    panel = with_panel(expr="sum by (currency) (business_revenue_total)", legendFormat="{{product}}")
    assert faults(panel, exported()) == ["neuroerp-business Changed: shows product, gone"]
    alert = with_rule("sum(up) == 0", annotations={"summary": "{{ $labels.pod }} of {{ $labels.severity }}"})
    assert faults(alert, exported()) == ["new.rules.yaml New: shows pod, gone"]


def test_drift_a_removed_bucket() -> None:
    without = tuple(bound for bound in APP_METRICS[LATENCY].buckets if bound != 0.5)
    known = exported(changed(LATENCY, buckets=without))
    for asked in (content.rule_uses(), content.test_uses()):
        assert any(f"{LATENCY}_bucket has no bucket 0.5" in fault for fault in faults(asked, known))


NEW = LogField("tenant", "keyword", "Tenant.", "tenant")


@pytest.mark.parametrize(
    ("fields", "pipeline", "template", "fault"),
    [
        ((*LOG_FIELDS, NEW), content.PIPELINE, content.TEMPLATE, "the pipeline makes None of tenant"),
        ((*LOG_FIELDS, NEW), content.PIPELINE, content.TEMPLATE, "the index has tenant as None"),
        (LOG_FIELDS[:-1], content.PIPELINE, content.TEMPLATE, "nothing writes context"),
        (
            LOG_FIELDS,
            content.PIPELINE.replace("[j][logger]", "[j][name]"),
            content.TEMPLATE,
            "the pipeline makes None of logger, not log.logger",
        ),
        (LOG_FIELDS, content.PIPELINE, content.TEMPLATE.replace('"flattened"', '"object"'), "has context as object"),
        (
            LOG_FIELDS,
            content.PIPELINE,
            content.TEMPLATE.replace('"trace_id": {"type"', '"traceid": {"type"'),
            "nothing writes traceid",
        ),
    ],
)
def test_drift_a_new_log_field(fields: tuple[LogField, ...], pipeline: str, template: str, fault: str) -> None:
    assert any(fault in found for found in log_fields.problems(fields, pipeline, template))


def test_drift_a_log_field_that_is_searched_in() -> None:
    boards = {"business": content.BOARDS["neuroerp-business"].replace("context.code", "error.code")}
    assert log_fields.search_problems(boards, LOG_FIELDS, content.TEMPLATE) == ["nothing writes error.code"]
    logs = content.BOARDS["neuroerp-observability-platform"].replace('"query": "level:', '"query": "severity:')
    assert log_fields.search_problems({"platform": logs}, LOG_FIELDS, content.TEMPLATE) == ["nothing writes severity"]
    fields = tuple(field for field in LOG_FIELDS if field.name != "trace_id")
    assert "nothing writes trace_id" in log_fields.search_problems(content.BOARDS, fields, content.TEMPLATE)


def test_drift_a_panel_on_a_dead_metric() -> None:
    panel = with_panel(expr="sum(rate(orders_placed_total[$__rate_interval]))", legendFormat="")
    assert faults(panel, exported()) == ["neuroerp-business Changed: nobody exports orders_placed_total"]


def test_drift_a_metric_that_loses_its_last_panel() -> None:
    """The other direction: what is emitted and no longer looked at."""
    left = [use for use in (*content.rule_uses(), *content.board_uses()) if "app_saturation_ratio" not in use.expr]
    assert "app_saturation_ratio" in matrix.unused(matrix.series_rows(exported(), left))


def test_drift_rate_of_a_gauge() -> None:
    assert faults(with_rule("rate(active_users[5m]) > 0"), exported()) == [
        "new.rules.yaml New: rate() of the gauge active_users"
    ]
    known = exported(changed("http_requests_total", type="gauge"))
    for asked in (content.rule_uses(), content.board_uses()):
        assert any("rate() of the gauge http_requests_total" in fault for fault in faults(asked, known))
