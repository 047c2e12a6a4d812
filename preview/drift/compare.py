"""The fields of an object that are not as they were asked for.

Only fields that were set count: the API server fills in its defaults, and controllers add what is theirs. What the
server writes otherwise than it was given, like ``0.5`` as ``500m``, is the same.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from components.model import amount
from preview.diff.fields import MISSING, Field, differences
from preview.diff.identity import identity
from preview.wire import MASKS

# Not a mask of the preview, which stands for any value.
SECRET, OTHER = "(secret)", "(another secret)"
# Not part of what is wanted: where the object is, and what the cluster says about it.
_LEFT_OUT = frozenset({"apiVersion", "kind", "status"})
# Maps that belong to one owner as a whole: a key more than was asked for is a change.
_WHOLE = {"ConfigMap": ("data", "binaryData"), "Secret": ("data",)}


def changed(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> list[Field]:
    """The fields of a live object that differ from what was asked for; no value of a Secret is in them."""
    whole = _WHOLE.get(str(wanted.get("kind")), ())
    if wanted.get("kind") == "Secret":
        wanted, live = _hidden(wanted, live)
    found: list[Field] = []
    for part, value in wanted.items():
        if part in _LEFT_OUT:
            continue
        given = value if part != "metadata" else {key: value.get(key) for key in ("labels", "annotations")}
        found += fields(given, live.get(part, MISSING), (part,), exact=part in whole)
    return found


def fields(wanted: Any, live: Any, path: tuple[str, ...] = (), *, exact: bool) -> list[Field]:
    """The fields that differ; ``exact`` counts those too that were not asked for."""
    return list(differences(*_comparable(wanted, live, exact), path))


def _comparable(wanted: Any, live: Any, exact: bool) -> tuple[Any, Any]:
    """Both without what does not count, so that all that still differs does."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        keys = [*wanted, *(key for key in live if exact and key not in wanted)]
        pairs = {key: _comparable(wanted.get(key, MISSING), live.get(key, MISSING), exact) for key in keys}
        one, other = ({key: pair[side] for key, pair in pairs.items() if pair[side] is not MISSING} for side in (0, 1))
        return one, other
    if isinstance(wanted, list) and isinstance(live, list):
        return _lists(wanted, live, exact)
    if not _same(wanted, live):
        return wanted, live
    return (MISSING, MISSING) if wanted is MISSING or live is MISSING else (live, live)


def _lists(wanted: list[Any], live: list[Any], exact: bool) -> tuple[list[Any], list[Any]]:
    """Elements by name, else by place; those that only one side has stay as they are."""
    named = identity(wanted, live)
    keys = ([named(item) for item in side] if named else list(range(len(side))) for side in (wanted, live))
    one, other = (dict(zip(names, side, strict=True)) for names, side in zip(keys, (wanted, live), strict=True))
    for name in one.keys() & other.keys():
        one[name], other[name] = _comparable(one[name], other[name], exact)
    return list(one.values()), list(other.values())


def _same(wanted: Any, live: Any) -> bool:
    """Whether two values mean the same to the API server."""
    if wanted is None:  # As if it were not there.
        return True
    if isinstance(wanted, str) and wanted in MASKS:
        return live is not MISSING
    if live is MISSING or live is None:
        return wanted is MISSING or _empty(wanted)
    if isinstance(wanted, bool) or isinstance(live, bool) or wanted is MISSING:
        return wanted is live
    if isinstance(wanted, (int, float)) and isinstance(live, (int, float)):
        return wanted == live
    return str(wanted) == str(live) or _quantity(wanted) == _quantity(live)


def _empty(value: Any) -> bool:
    """Whether the API server leaves a value out."""
    return all(map(_empty, value.values())) if isinstance(value, Mapping) else not value


def _quantity(value: Any) -> Any:
    """A quantity in its base unit; any other value as it is."""
    try:
        return amount(str(value))
    except ValueError:
        return value


def _hidden(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two Secrets without their values; those that differ are called by different names."""
    given, texts, have = wanted.get("data") or {}, wanted.get("stringData") or {}, live.get("data") or {}
    one, other = ({key: value for key, value in side.items() if key != "stringData"} for side in (wanted, live))
    if isinstance(given, str) or isinstance(texts, str):  # Masked as a whole: nothing is known of it.
        return {**one, "data": None}, other
    want = {**given, **{key: _encoded(value) for key, value in texts.items()}}
    other["data"] = {key: SECRET if want.get(key, value) in (value, *MASKS) else OTHER for key, value in have.items()}
    return {**one, "data": dict.fromkeys(want, SECRET)}, other


def _encoded(value: Any) -> str:
    text = str(value)
    return text if text in MASKS else b64encode(text.encode()).decode()


def lines(found: Iterable[Field]) -> Iterator[tuple[str, str, str]]:
    """Place, wanted and live value of each field, each in one line; of long texts the first line that differs."""
    for field in found:
        place, before, after = field.place, field.before, field.after
        if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
            pairs = enumerate(zip_longest(before.splitlines(), after.splitlines(), fillvalue=MISSING), 1)
            number, (before, after) = next((one for one in pairs if one[1][0] != one[1][1]), (0, (before, after)))
            place = f"{place} line {number}" if number else place
        yield place, shown(before), shown(after)


def shown(value: Any, longest: int = 100) -> str:
    """A value in one line of a length that one reads."""
    text = "nothing" if value is MISSING or value is None else str(value)
    text = text.lower() if isinstance(value, bool) else text
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
