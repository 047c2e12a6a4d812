"""The changed fields between two structures; lists of named things are matched by name, not by position."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from preview.diff.identity import canonical, identity, label
from preview.diff.structure import structure


class Missing(Enum):
    """Stands for a field that is not there."""

    MISSING = "missing"


MISSING = Missing.MISSING


class Element(str):
    """A part of a path: an element of a list, by its name or its number."""

    __slots__ = ()


Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Field:
    """A field that differs."""

    path: Path
    before: Any
    after: Any
    order: bool = False
    """Whether it is a list with the same elements in another order."""

    def under(self, *begin: str) -> bool:
        """Whether it is at or below a place; ``*`` there is any one part."""
        parts = self.path[: len(begin)]
        return len(parts) == len(begin) and all(want in ("*", part) for want, part in zip(begin, parts, strict=True))

    @property
    def place(self) -> str:
        """Its path as one text, like ``spec.containers[web].image``."""
        text = ""
        for part in self.path:
            if isinstance(part, Element):
                text += f"[{part}]"
            elif "." in part or not part:
                text += f'["{part}"]'
            else:
                text += f".{part}" if text else part
        return f"{text} (order)" if self.order else text


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Field]:
    """Every field that differs, in a stable order; what is the same in both is none."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=lambda key: (str(key), repr(key))):
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), (*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif isinstance(before, str) and isinstance(after, str):
        if before != after:
            yield from _texts(before, after, path)
    # By form, too: 1 is neither true nor 1.0 for who reads it, but Python finds them equal.
    elif canonical(before) != canonical(after):
        yield Field(path, before, after)


def _texts(before: str, after: str, path: Path) -> Iterator[Field]:
    """The fields inside two structures; the texts themselves where they are none, or differ only in form."""
    old, new = structure(before), structure(after)
    inner = list(differences(old, new, path)) if old is not None and type(old) is type(new) else []
    yield from inner or [Field(path, before, after)]


def _lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Field]:
    identify = identity(before, after)
    if identify is None:
        yield from _aligned(before, after, path)
        return
    old, new = _by_name(before, identify), _by_name(after, identify)
    for name in [*old, *(name for name in new if name not in old)]:
        yield from differences(old.get(name, MISSING), new.get(name, MISSING), (*path, Element(label(name))))
    kept_old, kept_new = [name for name in old if name in new], [name for name in new if name in old]
    if kept_old != kept_new:
        yield Field(path, [label(name) for name in kept_old], [label(name) for name in kept_new], order=True)


def _by_name(items: list[Any], identify: Callable[[Any], str]) -> dict[str, Any]:
    return {identify(item): item for item in items}


def _aligned(before: list[Any], after: list[Any], path: Path) -> Iterator[Field]:
    """Elements without names, so aligned that one put in between does not change all that follow."""
    old, new = [canonical(item) for item in before], [canonical(item) for item in after]
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for step in range(max(i_end - i, j_end - j)):
            one = before[i + step] if i + step < i_end else MISSING
            other = after[j + step] if j + step < j_end else MISSING
            number = i + step if other is MISSING else j + step
            yield from differences(one, other, (*path, Element(str(number))))
