"""Elastic's grok engine and Ruby answer as the evaluator relies on."""

import pytest

from tests.logs.engines import Engines
from tests.logs.event import UnsupportedError


def test_grok_knows_the_patterns_for_ecs_and_own_ones(engines: Engines) -> None:
    pattern = r"\A%{LOGLEVEL:level} %{OWN:own.name} %{INT:line:int}%{DATA:nothing}\z"
    assert engines.grok({"OWN": "(?m:a.b)"}, pattern, "WARN a\nb 42") == {
        "level": "WARN",
        "own.name": "a\nb",
        "line": 42,
        "nothing": "",
    }
    assert engines.grok({"OWN": "c"}, pattern, "WARN a\nb 42") is None
    assert engines.grok({}, "%{COMMONAPACHELOG}", "no such line") is None


def test_grok_takes_any_text(engines: Engines) -> None:
    text = "ü💥\u202e\x00\t\r\n" * 1000
    assert engines.grok({}, r"\A(?<all>(?m:.*))\z", text) == {"all": text}


def test_a_number_that_java_cannot_hold_is_refused_and_the_next_text_is_not(engines: Engines) -> None:
    with pytest.raises(UnsupportedError, match="a number in '99999999999'"):
        engines.grok({}, "%{INT:line:int}", "99999999999")
    assert engines.grok({}, "%{INT:line:int}", "7") == {"line": 7}


def test_ruby_changes_the_event(engines: Engines) -> None:
    code = """
      event.set("[b][c]", event.get("a").upcase)
      event.remove("a")
      event.tag("t")
      event.tag("t")
      event.set("[@metadata][json]", event.to_json)
      event.set("names", event.to_hash.keys)
    """
    assert engines.ruby(code, {"a": "ü", "@metadata": {"m": 1}}) == {
        "@metadata": {"m": 1, "json": '{"b":{"c":"Ü"},"tags":["t"]}'},
        "b": {"c": "Ü"},
        "tags": ["t"],
        "names": ["b", "tags"],
    }


@pytest.mark.parametrize("code", ["raise 'x'", "event.unknown", "event.get('a').upcase", "JSON.parse('{')"])
def test_an_exception_of_ruby_is_a_tag(code: str, engines: Engines) -> None:
    assert engines.ruby(code, {"b": 1}) == {"b": 1, "tags": ["_rubyexception"]}


def test_code_that_is_no_ruby_is_told(engines: Engines) -> None:
    broken = Engines()
    with pytest.raises(RuntimeError, match="ended with exit code 1"):
        broken.ruby("if", {})
    assert engines.ruby("", {"b": 1}) == {"b": 1}
