"""Secret values, which must not stand in files, and what a chart makes up anew each time, which would differ."""

import hmac
import os
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

Place = tuple[str | int, ...]
Volatile = tuple[Place, str]
"""A place, and what is the same there in each rendering: the begin of a name."""
VOLATILE = "<random>"


def key(project: str) -> bytes:
    """Key of the hashes of secret values: PREVIEW_KEY, else one that anybody can work out from the project's name."""
    return os.environ.get("PREVIEW_KEY", f"preview of {project}").encode()


def differences(one: Any, other: Any, path: Place = ()) -> Iterator[Volatile]:
    """Where two renderings of an object differ; in a text of several lines, the numbers of those lines."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for name in one:
            yield from differences(one[name], other[name], (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from differences(mine, theirs, (*path, number))
    elif isinstance(one, str) and isinstance(other, str) and "\n" in one and one.count("\n") == other.count("\n"):
        yield from differences(one.split("\n"), other.split("\n"), path)
    elif one != other:
        same = _common(one, other) if isinstance(one, str) and isinstance(other, str) else ""
        # Up to a separator: what is random may begin alike by chance.
        yield path, same[: max(same.rfind("-"), same.rfind(".")) + 1]


def _common(one: str, other: str) -> str:
    """What two texts begin with alike."""
    size = next((number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[:size]


def masked(manifest: Mapping[str, Any], volatile: Iterable[Volatile], secret: bytes) -> dict[str, Any]:
    """The object with its volatile places named, and the values of a Secret as keyed hashes: a change shows, no value.

    What is neither is shared with the original.
    """
    result = dict(manifest)
    for place, begin in volatile:
        _replace(result, place, f"{begin}{VOLATILE}")
    if result.get("kind") == "Secret":
        metadata = result["metadata"]
        name = f"{metadata.get('namespace', '')}/{metadata['name']}"
        for part in ("data", "stringData"):
            if isinstance(result.get(part), Mapping):
                result[part] = {
                    entry: value
                    if VOLATILE in str(value)
                    else _hashed(value, part == "data", f"{name}/{entry}", secret)
                    for entry, value in result[part].items()
                }
    return result


def _replace(data: Any, place: Place, text: str) -> None:
    """Put a text at a place, copying what is on the way; the last step may be a line of a text."""
    first, rest = place[0], place[1:]
    value = data[first]
    if not rest:
        data[first] = text
    elif isinstance(value, str):
        lines = value.split("\n")
        lines[int(rest[0])] = text
        data[first] = "\n".join(lines)
    else:
        data[first] = dict(value) if isinstance(value, Mapping) else list(value)
        _replace(data[first], rest, text)


def _hashed(value: Any, encoded: bool, name: str, secret: bytes) -> str:
    """The hash of a value; the name in it keeps equal values of two Secrets from showing that they are equal."""
    content = str(value).encode()
    if encoded:
        with suppress(Error):  # The check against the API says so.
            content = b64decode(content, validate=True)
    return f"<secret {hmac.new(secret, name.encode() + bytes(1) + content, 'sha256').hexdigest()[:16]}>"
