"""What rules know beside a change, and how they write."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from preview.diff.fields import MISSING
from preview.diff.matching import Change
from preview.diff.risk import Finding
from preview.diff.tree import Item, Tree

_LONGEST = 120


@dataclass(frozen=True)
class Context:
    """The whole environment, before and after."""

    before: Tree
    after: Tree
    values_only: frozenset[str] = frozenset()
    """Releases that are compared by their values, since their charts are not rendered."""


Rule = Callable[[Change, Context], Iterator[Finding]]


def code(value: Any) -> str:
    """A value as code in a sentence, on one line and of a length that one reads."""
    text = "nothing" if value is MISSING or value is None else str(value)
    # A Boolean as it stands in YAML.
    text = text.lower() if isinstance(value, bool) else text
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split()).replace("`", "'")
    return f"`{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}`"


def listed(values: list[str], most: int = 4) -> str:
    """Some values as code, one after another."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(code, values[:most])) + more


def of_release(item: Item) -> str:
    """Which release an object is in, at the end of a sentence about it."""
    return f" in release {code(item.owner)}" if item.owner else ""
