"""What stands on the wire between program and engine, as plain data: secrets masked, unknown values named."""

from collections.abc import Iterator
from typing import Any

SECRET, COMPUTED = "<secret>", "<computed>"
MASKS = frozenset({SECRET, COMPUTED})

# Fixed by Pulumi's protocol: the key that marks a special object, its values, and the text of an unknown value.
SIGNATURE = "4dabf18193072939515e22adb298388d"
ENVELOPE = "1b47061264138c4ac30d75fd1eb44270"
ASSET_SIGNATURES = {"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"}
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def plain(struct: Any, secret: bool = False) -> dict[str, Any]:
    """A protobuf Struct as a dictionary with sorted keys: the wire keeps no order, and the files need one."""
    return {key: _plain(struct.fields[key], secret) for key in sorted(struct.fields)}


def _plain(value: Any, secret: bool) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _special(value.struct_value, secret)
    if kind == "list_value":
        return [_plain(item, secret) for item in value.list_value.values]
    if kind in (None, "null_value"):
        return None
    return SECRET if secret else _scalar(getattr(value, kind))


def _scalar(value: str | float | bool) -> str | float | bool:
    """A text, number or truth; the wire has no whole numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return COMPUTED if value == UNKNOWN else value


def _special(struct: Any, secret: bool) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature == ENVELOPE:
        return _plain(struct.fields["value"], True)
    if signature == RESOURCE_SIGNATURE:
        return struct.fields["urn"].string_value
    result = plain(struct, secret)
    if signature in ASSET_SIGNATURES:
        del result[SIGNATURE]
    return result


def open_texts(struct: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of every string outside a secret envelope, keys of mappings included."""
    if SIGNATURE in struct.fields and struct.fields[SIGNATURE].string_value == ENVELOPE:
        return
    for key, value in struct.fields.items():
        place = f"{path}.{key}" if path else key
        yield place, key
        yield from _open_texts(value, place)


def _open_texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        yield path, value.string_value
    elif kind == "struct_value":
        yield from open_texts(value.struct_value, path)
    elif kind == "list_value":
        for number, item in enumerate(value.list_value.values):
            yield from _open_texts(item, f"{path}[{number}]")
