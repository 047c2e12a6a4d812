"""Holds the plugins of a pipeline against their documented options, recorded in `logstash_plugins.json`."""

import json
from pathlib import Path
from typing import Any

from tests.logs.logstash_config import Plugin, plugins

_RECORD = json.loads(Path(__file__).with_name("logstash_plugins.json").read_text(encoding="utf-8"))
_SORTS: dict[str, tuple[type, ...]] = {
    "string": (str, int, float),
    "password": (str,),
    "path": (str,),
    "uri": (str,),
    "number": (int, float),
    "boolean": (bool,),
    # A single value stands for a list of one.
    "array": (list, str),
    "hash": (dict,),
    "codec": (str, Plugin),
}


def option_faults(text: str) -> list[str]:
    """Plugins and options that Logstash does not know, values of a wrong sort, and options that are missing."""
    return [fault for plugin in plugins(text) for fault in _faults(plugin)]


def _faults(plugin: Plugin) -> list[str]:
    name = f"{plugin.section}/{plugin.name}"
    known = _RECORD["plugins"].get(name)
    if known is None:
        return [f"unknown plugin {name}"]
    options = {**_RECORD["common"][plugin.section], **known["options"]}
    found = [f"{name} needs {option}" for option in known["required"] if option not in plugin.settings]
    for option, value in plugin.settings.items():
        if option not in options:
            found.append(f"{name} has no option {option}")
        elif not _fits(value, options[option]):
            found.append(f"{name}: {option} must be {options[option]}, not {value!r}")
    return found


def _fits(value: Any, sort: str | list[str]) -> bool:
    if isinstance(sort, list):
        return value in sort
    if sort.endswith("[]"):
        return all(_fits(item, sort[:-2]) for item in (value if isinstance(value, list) else [value]))
    # True and false are numbers for Python.
    return isinstance(value, _SORTS[sort]) and isinstance(value, bool) <= (sort == "boolean")
