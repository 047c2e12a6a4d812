"""The filters of the pipelines, evaluated as Logstash does; what is not needed here is refused, not guessed."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.logs.engines import Engines
from tests.logs.event import Event, UnsupportedError
from tests.logs.iso8601 import instant
from tests.logs.ruby_regex import translate

Settings = dict[str, Any]


def mutate(settings: Settings, event: Event, _: Engines) -> bool:
    """The operations in the order in which the plugin has them, whatever order they are written in."""
    renamed = settings.get("rename", {})
    # Logstash reads the entries of such an option in an order of its own (it puts them into Java's HashMap).
    if len({*renamed, *renamed.values()}) < 2 * len(renamed):
        raise UnsupportedError("renames of which one changes what another finds")
    for old, new in renamed.items():
        if event.includes(old):
            event.set(new, event.remove(old))
    for field, text in settings.get("replace", {}).items():
        event.set(field, event.text(text))
    _gsub(settings.get("gsub", []), event)
    for field in settings.get("uppercase", []):
        _change_case(field, event, str.upper)
    for field in settings.get("lowercase", []):
        _change_case(field, event, str.lower)
    for source, target in settings.get("copy", {}).items():
        if (value := event.get(source)) is not None:
            event.set(target, deepcopy(value))
    return True


def _gsub(entries: list[str], event: Event) -> None:
    for field, pattern, replacement in zip(entries[::3], entries[1::3], entries[2::3], strict=True):
        if isinstance(value := event.get(field), str):
            event.set(field, translate(pattern).sub(event.text(replacement), value))


def _change_case(field: str, event: Event, change: Callable[[str], str]) -> None:
    value = event.get(field)
    if isinstance(value, list):
        raise UnsupportedError(f"upper or lower case of the list {field}")
    if isinstance(value, str):
        event.set(field, change(value))


def drop(_: Settings, event: Event, __: Engines) -> bool:
    """The event ends here."""
    event.data.clear()
    return False


def json_filter(settings: Settings, event: Event, _: Engines) -> bool:
    """The plugin reads all that the text has, with Jackson: standard JSON only, and of equal keys the last."""
    source = event.get(settings["source"])
    if not isinstance(source, str):
        raise UnsupportedError("JSON in what is no text")
    try:
        value, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(
            source, len(source) - len(source.lstrip(" \t\r\n"))
        )
        rest = source[end:].strip(" \t\r\n")
        if rest:
            json.loads(rest, parse_constant=_refuse)
            raise UnsupportedError("two JSON values in one text")
    except ValueError:
        event.tag(*settings["tag_on_failure"])
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UnsupportedError("half a character in JSON") from None
    event.set(settings["target"], value)
    return True


def _refuse(word: str) -> Any:
    raise ValueError(word)


def grok(settings: Settings, event: Event, engines: Engines) -> bool:
    """The patterns of one field in turn, until one matches."""
    ((field, patterns),) = settings["match"].items()
    text = event.get(field)
    if not isinstance(text, str):
        raise UnsupportedError("grok of what is no text")
    for pattern in patterns:
        references: dict[str, str] = {}
        captures = engines.grok(settings.get("pattern_definitions", {}), _dotted(pattern, references), text)
        if captures is not None:
            for name, value in captures.items():
                _capture(event, references.get(name, name), value, settings.get("overwrite", []))
            return True
    event.tag(*settings["tag_on_failure"])
    return False


def _dotted(pattern: str, references: dict[str, str]) -> str:
    """The pattern with names as Elasticsearch's engine takes them, `a.b` for `[a][b]`; notes which is which."""

    def name(match: re.Match[str]) -> str:
        dotted = match[2][1:-1].replace("][", ".")
        references[dotted] = match[2]
        return f"{match[1]}{dotted}"

    return re.sub(r"(%\{\w+:)((?:\[[^\[\]]+\])+)", name, pattern)


def _capture(event: Event, field: str, value: Any, overwrite: list[str]) -> None:
    # The plugin leaves empty captures out.
    if value == "":
        return
    if field not in overwrite and event.get(field) is not None:
        raise UnsupportedError(f"a capture beside an older value of {field}")
    event.set(field, value)


def date(settings: Settings, event: Event, _: Engines) -> bool:
    """Times as texts; anything else is no time for the format ISO8601."""
    field, *formats = settings["match"]
    if (formats, settings["timezone"]) != (["ISO8601"], "UTC"):
        raise UnsupportedError(f"the time formats {formats} in {settings['timezone']}")
    value = event.get(field)
    if value is None:
        return False
    time = instant(value) if isinstance(value, str) else None
    if time is None:
        event.tag(*settings["tag_on_failure"])
        return False
    event.set(settings["target"], time)
    return True


def translate_filter(settings: Settings, event: Event, _: Engines) -> bool:
    """In place: a value that the dictionary lacks stays."""
    if settings["source"] != settings["target"] or settings.get("override") is not True:
        raise UnsupportedError("a translation into another field")
    value = event.get(settings["source"])
    if value is not None:
        if not isinstance(value, str):
            raise UnsupportedError("a translation of what is no text")
        event.set(settings["target"], settings["dictionary"].get(value, value))
    return True


def ruby(settings: Settings, event: Event, engines: Engines) -> bool:
    """The code runs in Ruby."""
    event.data = engines.ruby(settings["code"], event.data)
    return True


FILTERS: dict[str, tuple[Callable[[Settings, Event, Engines], bool], set[str]]] = {
    "mutate": (mutate, {"rename", "replace", "gsub", "uppercase", "lowercase", "copy"}),
    "drop": (drop, set()),
    "json": (json_filter, {"source", "target", "tag_on_failure"}),
    "grok": (grok, {"match", "pattern_definitions", "overwrite", "tag_on_failure", "timeout_millis"}),
    "date": (date, {"match", "timezone", "target", "tag_on_failure"}),
    "translate": (translate_filter, {"source", "target", "override", "dictionary"}),
    "ruby": (ruby, {"code"}),
}
"""Filter -> its function, and the options that it knows. The function tells whether it did its work."""
COMMON = {"id", "add_field", "add_tag", "remove_field"}


def apply(name: str, settings: Settings, event: Event, engines: Engines) -> None:
    """Let a filter work on an event."""
    if name not in FILTERS:
        raise UnsupportedError(f"the filter {name}")
    function, known = FILTERS[name]
    if unknown := set(settings) - known - COMMON:
        raise UnsupportedError(f"the options {sorted(unknown)} of {name}")
    if function(settings, event, engines):
        for field, text in settings.get("add_field", {}).items():
            if event.includes(field):
                raise UnsupportedError(f"add_field to {field}, which is there already")
            event.set(field, event.text(text))
        event.tag(*settings.get("add_tag", []))
        for field in settings.get("remove_field", []):
            event.remove(field)
