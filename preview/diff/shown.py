"""Changed fields as lines of a diff."""

import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

from preview.diff.fields import MISSING, Field
from preview.yamlfile import dump

# What stands for a secret is a keyed hash. It says that a value changes, and nobody has to read more than that.
_HASH = re.compile(r"<secret [0-9a-f]{16}>")
_OLD_SECRET, _NEW_SECRET = "<secret>", "<another secret>"
_CONTEXT = 2


def masked(value: Any, text: str) -> Any:
    """A value without the hashes of secrets."""
    if isinstance(value, str):
        return _HASH.sub(text, value)
    if isinstance(value, dict):
        return {key: masked(child, text) for key, child in value.items()}
    return [masked(child, text) for child in value] if isinstance(value, list) else value


def sides(field: Field) -> tuple[Any, Any]:
    """What stands in a field before and after, secrets masked."""
    return masked(field.before, _OLD_SECRET), masked(field.after, _NEW_SECRET)


def diff_lines(field: Field) -> Iterator[str]:
    """A field as lines that begin with a space, ``-`` or ``+``: its place, and what goes and comes."""
    yield f"  {_printable(field.place)}"
    old, new = ([] if value is MISSING else _lines(value) for value in sides(field))
    if len(old) > 1 and len(new) > 1:
        yield from list(unified_diff(old, new, lineterm="", n=_CONTEXT))[2:]
        return
    yield from (f"- {line}" for line in old)
    yield from (f"+ {line}" for line in new)


def _lines(value: Any) -> list[str]:
    """A value as YAML writes it; a text as it is."""
    text = value if isinstance(value, str) else dump(value).removesuffix("...\n").rstrip("\n")
    return [_printable(line) for line in text.split("\n")]


def _printable(text: str) -> str:
    """A text without what a terminal or a page would act upon, like a sign that turns the direction of writing."""
    return "".join(char if char.isprintable() or char == "\t" else f"\\u{ord(char):04x}" for char in text)
