"""Label values stay within the contract's vocabulary, whatever comes in."""

import re
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from .contract import LONGEST_LABEL_VALUE, OTHER, Label


class LabelError(ValueError):
    """A value outside of a label's vocabulary, where strict labels are on."""


def clean(value: object) -> str:
    """Any object as text that an exposition can hold; never raises."""
    try:
        text = value if type(value) is str else str(value)
        return text if text.isascii() else text.encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001 - __str__ of a stranger's class may raise anything
        return ""


class Vocabulary:
    """The values that a label has taken or may take."""

    def __init__(self, label: Label, configured: Iterable[str] = ()) -> None:
        self.label = label
        self.known: tuple[str, ...] = tuple(dict.fromkeys((*label.values, *configured)))
        """Values to make series for at the start."""
        self._pattern = re.compile(label.pattern) if label.pattern else None
        self._admitted = {*self.known, *((OTHER,) if label.unknown == "other" else ())}
        self._room = label.limit
        self._lock = Lock()

    def admit(self, value: object) -> str | None:
        """The value itself when it belongs to the vocabulary or there is room for it; else nothing."""
        text = clean(value)
        if text in self._admitted:
            return text
        if not self._room or not 0 < len(text) <= LONGEST_LABEL_VALUE:
            return None
        if self._pattern and not self._pattern.fullmatch(text):
            return None
        with self._lock:
            if text not in self._admitted:
                if not self._room:
                    return None
                self._room -= 1
                self._admitted.add(text)
        return text


class Fold:
    """Brings the label values of one metric into their vocabularies."""

    def __init__(self, metric: str, vocabularies: Iterable[Vocabulary], overflow: Callable[[], Any]) -> None:
        self._metric = metric
        self._vocabularies = tuple(vocabularies)
        self._overflow = overflow

    def __call__(self, values: tuple[object, ...], *, strict: bool = False) -> tuple[str, ...] | None:
        """Values for the series, or nothing when the sample is refused; each value outside is counted.

        Raises LabelError when strict, or when the number of values is wrong.
        """
        if len(values) != len(self._vocabularies):
            names = ", ".join(vocabulary.label.name for vocabulary in self._vocabularies)
            raise LabelError(f"{self._metric} takes the labels {names}, got {len(values)} values")
        folded: list[str] = []
        refused = False
        for vocabulary, value in zip(self._vocabularies, values, strict=True):
            admitted = vocabulary.admit(value)
            if admitted is None:
                self._overflow()
                if strict:
                    raise LabelError(f"{self._metric}: {clean(value)[:80]!r} is no known {vocabulary.label.name}")
                refused = refused or vocabulary.label.unknown == "refuse"
                admitted = OTHER
            folded.append(admitted)
        return None if refused else tuple(folded)
