"""Short helpers for messages: the nearest word, and a path as people write it."""

from collections.abc import Iterable

_PLAIN_EXTRAS = frozenset("-_/")


def hint(word: str, known: Iterable[str]) -> str:
    """``; did you mean x?`` when a known word is near, else nothing."""
    # Only a failing check needs it: importing difflib costs more than most checks.
    from difflib import get_close_matches  # noqa: PLC0415

    near = get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def dotted(path: Iterable[str | int]) -> str:
    """A path like ``a.b[0]."c.d"``: a key that holds a dot is in quotes."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            quoted = part if all(char.isalnum() or char in _PLAIN_EXTRAS for char in part) else f'"{part}"'
            text += f".{quoted}" if text else quoted
    return text
