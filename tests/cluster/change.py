"""Mutations: a copy of plain data with one place changed."""

import copy
from typing import Any

GONE = object()


def changed(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at a dotted path, or without it when the value is ``GONE``; numbers count in lists."""
    made = copy.deepcopy(data)
    place, *rest = (int(part) if part.isdigit() else part for part in reversed(path.split("|")))
    inner: Any = made
    for part in reversed(rest):
        inner = inner[part]
    if value is GONE:
        del inner[place]
    else:
        inner[place] = value
    return made


def named(manifests: Any, kind: str, name: str) -> Any:
    """The one object of a kind and name."""
    (found,) = (made for made in manifests if (made["kind"], made["metadata"]["name"]) == (kind, name))
    return found
