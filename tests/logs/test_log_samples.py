"""What the pipelines make of lines that real senders write."""

import json
import logging
import sys

import pytest
from neuroerp_telemetry.logs import JsonFormatter
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span

from tests.logs.engines import Engines
from tests.logs.event import UnsupportedError
from tests.logs.sample_lines import (
    CONTENT,
    FOLDER,
    NAMES,
    essence,
    expected,
    pipeline,
    received,
    sample,
    write_expected,
)


@pytest.mark.parametrize("name", NAMES)
def test_samples_become_what_is_expected(name: str, engines: Engines, request: pytest.FixtureRequest) -> None:
    found = [essence(written) for written in pipeline("main", engines).run(sample(name))]
    if request.config.getoption("--update-golden"):
        write_expected(name, found)
    assert found == [{key: item[key] for key in ("stream", "document")} for item in expected(name)]


MAIN = CONTENT.pipelines["main"]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("(?m:.*)", ".*", "python-traceback"),
        ("(?:19|20)\\d\\d-", "\\d\\d(?:\\d\\d)?-", "reference-two-digit-year"),
        ("[0-9a-fA-F]{32}|0", "[0-9a-fA-F]{32}", "reference-text"),
        ('overwrite => ["message"]', 'overwrite => ["level"]', "reference-text"),
        ('event.set("service", service["name"]) if service.is_a?(Hash)', "", "nested-ecs"),
        ("unless context.nil? || context.is_a?(Hash)", "if false", "wrong-types"),
        ("when BigDecimal", "when Symbol", "decimals"),
        ('"[error][stack_trace]"].each do', "].each do", "wrong-types"),
        ("JSON.parse(line)", "JSON.parse(nil)", "crash-after-json"),
        ('"[@metadata][j][error.stack_trace]"', '"[@metadata][j][error.stack]"', "java-stack-trace"),
        ('"[@metadata][j][log][level]" => "level"', '"[@metadata][j][log][level]" => "[log][level]"', "nested-ecs"),
        ('"[@metadata][j][message]" => "message"', '"[@metadata][j][msg]" => "message"', "duplicate-keys"),
        ("> 131072", "> 1310720", "reference-more-text"),
        ('uppercase => ["level"]', 'uppercase => ["levels"]', "levels-json"),
        ('"SEVERE" => "ERROR"', '"SEVERE" => "WARN"', "levels-text"),
        ('lowercase => ["trace_id", "span_id"]', 'lowercase => ["span_id"]', "traces"),
        ("{32}\\z/", "{1,32}\\z/", "traces"),
        ('"\\1T"]', '"\\1 "]', "reference-text"),
        ('if "_grokparsefailure" in [tags] or', "if", "binary-alone"),
        ("if [message] =~ /\\A\\s*\\z/", "if [message] =~ /\\A\\z/", "blank-lines"),
        (' or (![message] and [labels][log_type] == "application")', "", "blank-first"),
        ("[app_kubernetes_io/name]", "[app]", "reference-text"),
        ('if [labels][log_type] == "application"', "if [message] =~ /./", "infra-plain"),
        ('remove_field => ["[event][original]"]', 'remove_field => ["[event][nothing]"]', "reference-json"),
    ],
)
def test_samples_notice_faults_of_the_pipeline(old: str, new: str, name: str, engines: Engines) -> None:
    assert old in MAIN
    found: object
    try:
        found = [essence(written) for written in pipeline("main", engines, MAIN.replace(old, new)).run(sample(name))]
    except (UnsupportedError, AssertionError, KeyError) as error:
        found = error
    assert found != [{key: item[key] for key in ("stream", "document")} for item in expected(name)]


def test_every_sample_has_its_expected_file_and_the_other_way_round() -> None:
    assert sorted(path.name.removesuffix(".expected.json") for path in FOLDER.glob("*.json")) == NAMES


def test_no_line_with_content_is_lost() -> None:
    for name in NAMES:
        events = [event for event in sample(name) if event.get("message", "").strip()]
        assert len(events) == len(expected(name)), name


def test_the_pipeline_reads_all_that_the_telemetry_package_writes(engines: Engines) -> None:
    try:
        raise ValueError("no stock")  # noqa: TRY301 - a traceback is what is wanted
    except ValueError:
        record = logging.LogRecord("erp.orders", logging.WARNING, "orders.py", 42, "order %s", (4711,), sys.exc_info())
    record.order_id, record.context = 4711, {"user": {"id": 9}}
    trace = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, is_remote=False)
    with use_span(NonRecordingSpan(trace)):
        line = JsonFormatter("neuroerp-worker").format(record)
    (written,) = pipeline("main", engines).run(received([line.encode()]))
    found = essence(written)
    assert found["stream"] == "app"
    document = found["document"]
    assert document.pop("@timestamp").startswith(json.loads(line)["timestamp"][:23])
    assert document["error"].pop("stack_trace").endswith("ValueError: no stock")
    assert document == {
        "message": "order 4711",
        "event": {},
        "level": "WARN",
        "service": "neuroerp-worker",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "log": {"logger": "erp.orders"},
        "error": {"type": "ValueError", "message": "no stock"},
        "context": {"user": {"id": 9}, "order_id": 4711},
    }
