"""An event of Logstash: fields, metadata, references to both, and texts with fields in them."""

import json
import re
from typing import Any


class UnsupportedError(Exception):
    """The evaluator does not know what Logstash would do, so it does nothing."""


_REFERENCE = re.compile(r"(?:\[[^\[\]]+\])+")
_FIELD = re.compile(r"%\{([^}]*)\}")


def names(reference: str) -> list[str]:
    """`[a][b]` and `a` as lists of names."""
    if _REFERENCE.fullmatch(reference):
        return reference[1:-1].split("][")
    if set("[]{}%") & set(reference):
        raise UnsupportedError(f"the field reference {reference}")
    return [reference]


def _number(name: str) -> bool:
    return name.lstrip("-").isdecimal()


class Event:
    """Fields by reference; `data` holds them all, the metadata under its name."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = {"@metadata": {}, **data}

    def _holder(self, path: list[str]) -> Any:
        target: Any = self.data
        for name in path:
            if isinstance(target, list) and _number(name):
                raise UnsupportedError(f"an element of a list: {path}")
            target = target.get(name) if isinstance(target, dict) else None
        return target

    def includes(self, reference: str) -> bool:
        """Whether the field is there, with a null too."""
        *path, key = names(reference)
        holder = self._holder(path)
        if isinstance(holder, list) and _number(key):
            raise UnsupportedError(f"an element of a list: {reference}")
        return isinstance(holder, dict) and key in holder

    def get(self, reference: str) -> Any:
        """The value; None when it is not there."""
        *path, key = names(reference)
        return self._holder(path)[key] if self.includes(reference) else None

    def set(self, reference: str, value: Any) -> None:
        """Set the value, and make the objects on the way to it."""
        *path, key = names(reference)
        target: Any = self.data
        for name in path:
            if target.get(name) is None:
                target[name] = {}
            target = target[name]
            if not isinstance(target, dict):
                raise UnsupportedError(f"a field of what is no object: {reference}")
        target[key] = value

    def remove(self, reference: str) -> Any:
        """Take the value away; None when it is not there."""
        *path, key = names(reference)
        return self._holder(path).pop(key) if self.includes(reference) else None

    def text(self, template: str) -> str:
        """The template with each `%{field}` replaced by its value; one that is not there stays as it is."""

        def value(match: re.Match[str]) -> str:
            if match[1].startswith(("+", "{")):
                raise UnsupportedError(f"a date in a text: {match[0]}")
            found = self.get(match[1])
            if found is None:
                return match[0]
            if not isinstance(found, str):
                raise UnsupportedError(f"{match[1]} in a text: {json.dumps(found)}")
            return found

        return _FIELD.sub(value, template)

    def tag(self, *tags: str) -> None:
        """Add tags that it does not have."""
        have = self.data.get("tags", [])
        if new := [tag for tag in dict.fromkeys(tags) if tag not in have]:
            self.data["tags"] = [*have, *new]

    @property
    def document(self) -> dict[str, Any]:
        """What an output sends: all but the metadata."""
        return {name: value for name, value in self.data.items() if name != "@metadata"}
