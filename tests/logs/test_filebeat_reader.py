"""The reader joins parts and lines as Filebeat does, and refuses inputs that it does not know."""

from typing import Any

import pytest

from logs import filebeat
from tests.logs.event import UnsupportedError
from tests.logs.filebeat_reader import events

(PROVIDER,) = filebeat.inputs("valeo-neuroerp")["filebeat.autodiscover"]["providers"]
((CONFIG,),) = (template["config"] for template in PROVIDER["templates"])


def cri(*lines: str, tag: str = "F") -> bytes:
    return "".join(f"2026-11-24T02:17:30.123456789Z stdout {tag} {line}\n" for line in lines).encode()


def messages(raw: bytes, **changes: Any) -> list[str]:
    return [event["message"] for event in events(raw, {**CONFIG, **changes})]


def test_parts_are_joined_before_lines() -> None:
    raw = cri("2026-11-24 one ", tag="P") + cri("line") + cri("behind ", tag="P") + cri("it")
    assert messages(raw) == ["2026-11-24 one line\nbehind it"]


def test_what_begins_with_neither_date_nor_json_belongs_to_the_line_before() -> None:
    raw = cri("first", "second", "2026-11-24T00:00:00Z x", "", " y", '{"a":1}', "z")
    assert messages(raw) == ["first\nsecond", "2026-11-24T00:00:00Z x\n\n y", '{"a":1}\nz']


def test_events_have_what_the_input_adds() -> None:
    (event,) = events(cri("2026-11-24 x", "y"), CONFIG)
    assert event["@timestamp"] == "2026-11-24T02:17:30.123Z"
    assert event["labels"] == {"log_type": "application"}
    offset = len(cri("2026-11-24 x"))
    assert event["log"] == {"file": {"path": "/var/log/containers/api.log"}, "offset": offset, "flags": ["multiline"]}
    assert event["event"] == {"original": "2026-11-24 x\ny"}


def test_offset_and_stream_are_those_of_the_last_line() -> None:
    first, second = cri("2026-11-24 x"), cri("y").replace(b"stdout", b"stderr")
    found = events(first + second + cri("{"), CONFIG)
    assert [event["log"]["offset"] for event in found] == [len(first), len(first + second)]
    assert [event["stream"] for event in found] == ["stderr", "stdout"]


def test_an_empty_line_is_an_event_without_a_message() -> None:
    found = events(cri("", "2026-11-24 x"), CONFIG)
    assert [event.get("message") for event in found] == [None, "2026-11-24 x"]
    assert [event["tags"] for event in found] == [["beats_input_raw_event"], ["beats_input_codec_plain_applied"]]
    assert "event" not in found[0]


def test_nothing_stands_before_the_first_text() -> None:
    assert messages(cri("", "", "x")) == ["x"]


def test_carriage_returns_before_the_end_of_a_line_are_left_out() -> None:
    assert messages(cri("{\r", "\rx\r\r")) == ["{\n\rx\r"]


@pytest.mark.parametrize(("lines", "flags"), [(500, ["multiline"]), (501, ["truncated", "multiline"])])
def test_lines_after_the_limit_are_left_out(lines: int, flags: list[str]) -> None:
    (event,) = events(cri("{", *["x"] * (lines - 1)), CONFIG)
    assert event["message"].count("\n") == 499
    assert event["log"]["flags"] == flags


def test_long_messages_are_cut_even_within_a_character() -> None:
    raw = cri("{" + "ü" * 10, "ü" * 10, "ü" * 10, tag="P") + cri("ü" * 10)
    (event,) = events(raw, {**CONFIG, "message_max_bytes": 70})
    assert event["message"] == "{" + "ü" * 34 + "\ufffd"
    assert event["log"]["flags"] == ["truncated"]


def test_bytes_that_are_no_text_are_replaced_one_by_one() -> None:
    assert messages(b"2026-11-24T02:17:30.123456789Z stderr F {\xff\xf0\x9f \xc3\xbc\n") == ["{\ufffd\ufffd\ufffd ü"]


@pytest.mark.parametrize(
    "changes",
    [
        {"encoding": "latin1"},
        {"parsers": [{"ndjson": {}}]},
        {"parsers": list(reversed(CONFIG["parsers"]))},
        {"parsers": [{"container": {"stream": "stdout", "format": "auto"}}, CONFIG["parsers"][1]]},
        {"parsers": [CONFIG["parsers"][0], {"multiline": {**CONFIG["parsers"][1]["multiline"], "match": "before"}}]},
        {"processors": [{"drop_event": {}}]},
    ],
)
def test_other_inputs_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        messages(cri("{"), **changes)


@pytest.mark.parametrize(
    "raw",
    [
        b"no container's line\n",
        b'{"log":"docker"}\n',
        cri("cut", tag="P"),
        b"yesterday stdout F x\n",
        cri("no such second").replace(b":30.", b":60."),
    ],
)
def test_other_files_are_refused(raw: bytes) -> None:
    with pytest.raises(UnsupportedError):
        messages(raw)
