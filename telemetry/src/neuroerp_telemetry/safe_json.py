"""Any object as JSON that the log pipeline and its index accept."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, time
from enum import Enum
from itertools import islice
from math import isfinite
from typing import Any

DEEPEST = 8
"""Levels of objects; the index refuses a document with more than 20."""
MOST_ITEMS = 100
LONGEST_TEXT = 8192
"""Characters of a value."""
MOST_VALUES = 500
"""Values of a whole object."""
_LARGEST_INT = 2**63
_CONTAINERS = (Mapping, list, tuple, set, frozenset)

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)


def text(value: object, limit: int = LONGEST_TEXT) -> str:
    """Text that can be written as UTF-8, cut at so many characters; never raises."""
    try:
        found = value if type(value) is str else str.__str__(value) if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - __repr__ of a stranger's class may raise anything
        found = f"<unprintable {type(value).__name__}>"
    if len(found) > limit:
        found = found[:limit] + "..."
    return found if found.isascii() else found.encode("utf-8", "backslashreplace").decode()


def encode(value: object) -> str:
    """JSON in one line, of what `Plain` or the formatter made."""
    return _ENCODER.encode(value)


class Plain:
    """Turns objects into dicts, lists, text and numbers, up to a number of values."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def __call__(self, value: object, depth: int = 0) -> Any:
        """The plain form of any object; never raises."""
        try:
            return self._plain(value, depth)
        except Exception:  # noqa: BLE001 - items() or __iter__ of a stranger's class may raise anything
            return f"<unprintable {type(value).__name__}>"

    def _plain(self, value: object, depth: int) -> Any:
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return text(value)
        if isinstance(value, int | float):
            return _number(value)
        if not isinstance(value, _CONTAINERS):
            return self._other(value, depth)
        if depth >= DEEPEST or self._left <= 0:
            return "..."
        return self.mapping(value, depth) if isinstance(value, Mapping) else self._list(value, depth)

    def _other(self, value: object, depth: int) -> Any:
        if isinstance(value, Enum) and depth < DEEPEST:
            return self(value.value, depth + 1)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, bytes | bytearray):
            return text(bytes(value[: LONGEST_TEXT + 1]).decode("utf-8", "backslashreplace"))
        return text(value) if type(value).__str__ is object.__str__ else text(str(value))

    def mapping(self, value: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
        """An object with keys that the index takes."""
        found: dict[str, Any] = {}
        for key, item in islice(value.items(), MOST_ITEMS):
            if self._left <= 0:
                break
            found[_key(key)] = self(item, depth + 1)
        return found

    def _list(self, value: Iterable[Any], depth: int) -> list[Any]:
        found = []
        for item in islice(value, MOST_ITEMS):
            if self._left <= 0:
                break
            found.append(self(item, depth + 1))
        return found


def _number(value: float) -> Any:
    if isinstance(value, float):
        number = float(value)
        return number if isfinite(number) else str(number)
    whole = int(value)
    # Longer ones are no numbers for the index, and the longest not even for str().
    return whole if -_LARGEST_INT <= whole < _LARGEST_INT else text(hex(whole))


def _key(key: object) -> str:
    """The index refuses keys that are empty, blank, hold NUL, or have nothing between two dots."""
    parts = text(key, 256).replace("\0", "").split(".")
    return ".".join(part for part in parts if part.strip()) or "_"
