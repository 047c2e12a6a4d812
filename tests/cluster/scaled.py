"""Time runs sixty times as fast: copies of rules, probes and routes in which a minute is a second."""

import re
from typing import Any

FACTOR = 60
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+)(ms|[smhdw])")
_IN_EXPRESSION = re.compile(r"(\[|:|\boffset )((?:\d+(?:ms|[smhdw]))+)(?=[]:\s)]|$)")
_HOUR = re.compile(r"(?<=\* )3600\b")
"""What makes the number of an hour's events of a rate, beside a range of that hour."""
_HISTORY = re.compile(r"(?<=\[1h\] offset )1d\b")
"""How long ago a service has to have been there to have a history: no test lasts a day, not even a short one."""
_AGES = {"neuroerp:threshold:check_age_seconds": 12}
"""Recorded thresholds that are seconds without a health check, and by how much they get smaller.

The demo's visitors ask five times as often as a kubelet does, and results are kept for some seconds."""
_KEYS = {
    "for", "keep_firing_for", "interval",
    "resolve_timeout", "group_wait", "group_interval", "repeat_interval",
}  # fmt: skip


def seconds(duration: str) -> float:
    """Length of a duration."""
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration))


def scaled(data: Any) -> Any:
    """A copy of rules or routes in which all durations are shorter; names of records stay."""
    if isinstance(data, list):
        return [scaled(item) for item in data]
    if not isinstance(data, dict):
        return data
    made = {key: _value(key, value) for key, value in data.items()}
    if made.get("record") in _AGES:
        made["expr"] = f"{made['expr']} / {_AGES[made['record']]}"
    return made


def _value(key: str, value: Any) -> Any:
    if key in _KEYS and isinstance(value, str):
        return _shorter(value)
    if key == "expr":
        recent = _HISTORY.sub("15m", value)
        shorter = _IN_EXPRESSION.sub(lambda found: found[1] + _shorter(found[2]), recent)
        return _HOUR.sub(str(3600 // FACTOR), shorter)
    return scaled(value)


def _shorter(duration: str) -> str:
    return f"{round(seconds(duration) * 1000 / FACTOR)}ms"
