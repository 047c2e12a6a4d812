"""The evaluator does what Logstash does in the forms that it knows, and refuses all others."""

import json
from typing import Any

import pytest

from tests.logs.conditions import holds
from tests.logs.engines import Engines
from tests.logs.evaluator import Pipeline, Written
from tests.logs.event import Event, UnsupportedError
from tests.logs.iso8601 import instant
from tests.logs.logstash_config import parse
from tests.logs.ruby_regex import translate

OUTPUT = """
output {
  elasticsearch {
    id => "out" index => "${STREAM}-%{[a]}" action => "create" data_stream => "false" bulk_path => "/_bulk"
  }
}
"""
DATE = 'date { match => ["b", "ISO8601"] timezone => "UTC" target => "c" tag_on_failure => ["f"] }'
JSON = 'json { source => "b" target => "c" tag_on_failure => ["f"] }'
LOOK_UP = 'translate { source => "b" target => "b" override => true dictionary => { "x" => "y" } }'


def run(filters: str, **fields: Any) -> list[Written]:
    """What a pipeline with these filters, none of which needs an engine, makes of one event."""
    text = f"input {{ beats {{ port => 1 }} }} filter {{ {filters} }} {OUTPUT}"
    return Pipeline(text, {"STREAM": "s"}, Engines()).run([{"a": "x", **fields}])


def fields(filters: str, **given: Any) -> dict[str, Any]:
    (written,) = run(filters, **given)
    return written.document


def condition(text: str, **given: Any) -> bool:
    (branch,) = parse(f"filter {{ if {text} {{ }} }}")["filter"]
    return holds(branch.arms[0][0], Event(given))


def test_outputs_fill_in_names_and_leave_the_metadata_out() -> None:
    (written,) = run('mutate { replace => { "[@metadata][m]" => "1" } }')
    assert written == Written("out", "s-x", "/_bulk", {"a": "x"})
    (written,) = run('mutate { remove_field => ["a"] }')
    assert written.index == "s-%{[a]}"


def test_a_dropped_event_ends() -> None:
    assert run('if [a] == "x" { drop { } } mutate { replace => { "a" => "y" } }') == []


def test_branches_are_asked_in_their_order_when_their_turn_comes() -> None:
    text = """
    mutate { replace => { "b" => "1" } }
    if ![b] { mutate { replace => { "c" => "if" } } }
    else if [a] == "x" { mutate { replace => { "c" => "else if" } } }
    else { mutate { replace => { "c" => "else" } } }
    """
    assert fields(text)["c"] == "else if"


@pytest.mark.parametrize(
    ("text", "given", "outcome"),
    [
        ("[f]", {"f": 0}, True),
        ("[f]", {"f": ""}, False),
        ("[f]", {"f": "false"}, False),
        ("[f]", {"f": False}, False),
        ("[f]", {"f": None}, False),
        ("[f]", {"f": []}, True),
        ("![f][g]", {"f": {"g": "x"}}, False),
        ("![f][g]", {"f": "x"}, True),
        ("[f][g]", {"f": [{"g": 1}]}, False),
        ("[f] =~ /^b$/", {"f": "a\nb\nc"}, True),
        ("[f] =~ /\\Ab\\z/", {"f": "b\n"}, False),
        ("[f] =~ /\\d/", {"f": "٣"}, False),
        ("[f] =~ /x/", {"f": ["x"]}, False),
        ("[f] !~ /x/", {}, True),
        ('"a" in [f]', {"f": ["a", "b"]}, True),
        ('"a" in [f]', {"f": "bar"}, True),
        ('"a" in [f]', {"f": {"a": 1}}, False),
        ('"a" not in [f]', {}, True),
        ('[f] == "1"', {"f": 1}, False),
        ('[f] != "1"', {}, True),
        ('([f] or [g]) and !([h] == "x")', {"g": "1"}, True),
    ],
)
def test_conditions(text: str, given: dict[str, Any], outcome: bool) -> None:
    assert condition(text, **given) is outcome


@pytest.mark.parametrize(
    "text",
    ["[f] > 3", "[f] in [g]", "[f] == [g]", '"x" == "x"', "[f] xor [g]", "[f] == 1", "[f][0]", "[f] =~ /(?<=x)y/"],
)
def test_unknown_conditions_are_refused(text: str) -> None:
    with pytest.raises(UnsupportedError):
        condition(text, f=["x"], g="x")


@pytest.mark.parametrize(
    ("filters", "given", "found"),
    [
        ('mutate { rename => { "[b][c]" => "[d][e]" } }', {"b": {"c": 1}}, {"b": {}, "d": {"e": 1}}),
        ('mutate { rename => { "b" => "d" } }', {"b": None, "d": 2}, {"d": None}),
        ('mutate { rename => { "b" => "d" } }', {"d": 2}, {"d": 2}),
        ('mutate { rename => { "[b][c]" => "d" } }', {"b": ["c"]}, {"b": ["c"]}),
        # The operations have an order of their own: replace before uppercase before copy.
        (
            'mutate { copy => { "b" => "c" } uppercase => ["b"] replace => { "b" => "t-%{a}" } }',
            {},
            {"b": "T-X", "c": "T-X"},
        ),
        ('mutate { gsub => ["b", "^(\\d+) ", "\\1T"] }', {"b": "12 x"}, {"b": "12Tx"}),
        ('mutate { lowercase => ["b", "c"] }', {"b": "ÄX", "c": 1}, {"b": "äx", "c": 1}),
        (
            'mutate { add_field => { "b" => "1" } add_tag => ["t"] remove_field => ["c"] }',
            {"c": 1},
            {"b": "1", "tags": ["t"]},
        ),
        (LOOK_UP, {"b": "x"}, {"b": "y"}),
        (LOOK_UP, {"b": "z"}, {"b": "z"}),
        (JSON, {"b": ' {"k":1,"k":2} '}, {"b": ' {"k":1,"k":2} ', "c": {"k": 2}}),
        (JSON, {"b": "{} x"}, {"b": "{} x", "tags": ["f"]}),
        (JSON, {"b": "[Infinity]"}, {"b": "[Infinity]", "tags": ["f"]}),
        (DATE, {"b": None}, {"b": None}),
        (DATE, {"b": 17}, {"b": 17, "tags": ["f"]}),
        (DATE, {"b": ["2026-11-24"]}, {"b": ["2026-11-24"], "tags": ["f"]}),
    ],
)
def test_filters(filters: str, given: dict[str, Any], found: dict[str, Any]) -> None:
    assert fields(filters, **given) == {"a": "x", **found}


@pytest.mark.parametrize(
    ("filters", "given"),
    [
        ('dissect { mapping => { "a" => "b" } }', {}),
        ('mutate { strip => ["a"] }', {}),
        ('mutate { rename => { "b" => "d" "c" => "d" } }', {"b": 1}),
        ('mutate { rename => { "b" => "c" "c" => "d" } }', {"b": 1}),
        ('mutate { remove_tag => ["a"] }', {}),
        ('json { source => "a" target => "b" tag_on_failure => [] skip_on_invalid_json => true }', {}),
        (DATE.replace("ISO8601", "UNIX"), {"b": "1"}),
        (DATE.replace("UTC", "Europe/Berlin"), {"b": "1"}),
        (DATE, {"b": "2026-W12"}),
        (DATE, {"b": "0001-01-01T00:00:00+01:00"}),
        (JSON, {"b": "{} {}"}),
        (JSON, {"b": 1}),
        (JSON, {"b": '"\\ud800"'}),
        ('mutate { add_field => { "a" => "1" } }', {}),
        ('mutate { replace => { "b" => "%{+YYYY}" } }', {}),
        ('mutate { replace => { "b" => "%{c}" } }', {"c": {"d": 1}}),
        ('mutate { replace => { "[b][0]" => "1" } }', {"b": ["x"]}),
        ('mutate { uppercase => ["b"] }', {"b": ["x"]}),
        ('mutate { gsub => ["a", "(?i)x", "y"] }', {}),
        ('translate { source => "a" target => "b" dictionary => { } }', {}),
        ('translate { source => "b" target => "b" override => true dictionary => { } }', {"b": 1}),
        ('grok { match => { "b" => ["x"] } tag_on_failure => [] }', {}),
    ],
)
def test_unknown_filters_options_and_values_are_refused(filters: str, given: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        run(filters, **given)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"create"', '"index"'), ('data_stream => "false"', 'data_stream => "auto"'), ("elasticsearch {", "file {")],
)
def test_unknown_outputs_are_refused(old: str, new: str) -> None:
    with pytest.raises(UnsupportedError):
        Pipeline(f"filter {{ }} {OUTPUT.replace(old, new)}", {"STREAM": "s"}, Engines()).run([{"a": "x"}])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24T02:17:28.123Z", "2026-11-24T02:17:28.123Z"),
        ("2026-11-24T02:17:28,987654321+05:30", "2026-11-23T20:47:28.987Z"),
        ("2026-11-24T02:17:28-0800", "2026-11-24T10:17:28.000Z"),
        ("2026-11-24T02:17:28+01", "2026-11-24T01:17:28.000Z"),
        ("2026-1-4T2:7", "2026-01-04T02:07:00.000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"),
        ("2026-02-30T10:00:00Z", None),
        ("2026-11-24T02:17:60Z", None),
        ("2026-11-24T24:00:00Z", None),
        ("2026-11-24T02:17:28.1234567890Z", None),
        ("2026-11-24T02:17:28 Z", None),
        ("0026-11-24T00:00:00Z", "0026-11-24T00:00:00.000Z"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(text: str, time: str | None) -> None:
    assert instant(text) == time


@pytest.mark.parametrize("pattern", [r"\Ax\Z", r"\h", "[[:alpha:]]", "(?m:x)", "x++", r"\p{L}", "(?<n>x)"])
def test_other_regular_expressions_are_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedError):
        translate(pattern)


def test_an_event_keeps_its_values() -> None:
    event = Event({"b": {"c": [1]}})
    event.set("[b][d][e]", None)
    event.tag("x", "y", "x")
    assert event.includes("[b][d][e]")
    assert event.get("[b][d][e]") is None
    assert event.remove("[b][c]") == [1]
    assert not event.includes("[b][c]")
    assert json.loads(json.dumps(event.document)) == {"b": {"d": {"e": None}}, "tags": ["x", "y"]}
    with pytest.raises(UnsupportedError):
        event.set("[tags][x]", 1)
    with pytest.raises(UnsupportedError):
        event.get("[b")
