"""Whether a dashboard has the form that Grafana's SDK describes: nothing unknown, all of the right type."""

import enum
import json
import types
import typing
import warnings
from collections.abc import Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as sdk

plugins.register_default_plugins()
UNION = (typing.Union, types.UnionType)


def problems(dashboard: dict[str, Any]) -> list[str]:
    """What the SDK cannot read, forgets when it writes the dashboard again, or has as another type."""
    try:
        read = sdk.Dashboard.from_json(dashboard)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"the SDK cannot read it: {error!r}"]
    written = json.loads(json.dumps(read, cls=JSONEncoder))
    return [*_lost(dashboard, written, ""), *_wrong(read, sdk.Dashboard, "")]


def _lost(before: Any, after: Any, where: str) -> Iterator[str]:
    """What is not there any more; that the SDK adds its defaults is no fault."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if value is not None:
                yield from _lost(value, after.get(key), f"{where}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _lost(one, other, f"{where}[{number}]")
    elif before != after:
        yield f"{where}: {before!r} is nothing that the SDK knows"


def _wrong(value: Any, hint: Any, where: str) -> Iterator[str]:
    """Where a value is not of the type that the SDK's class says."""
    if typing.get_origin(hint) in UNION:
        tries = [list(_wrong(value, choice, where)) for choice in typing.get_args(hint)]
        if all(tries):
            yield tries[0][0]
    elif typing.get_origin(hint) is list and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _wrong(item, typing.get_args(hint)[0], f"{where}[{number}]")
    elif hasattr(type(value), "from_json") and hint in (type(value), object, Any):
        for name, kind in _hints(type(value)).items():
            yield from _wrong(getattr(value, name), kind, f"{where}.{name}")
    elif isinstance(value, dict) and hasattr(hint, "from_json"):  # the SDK left it as it was
        yield from _wrong(hint.from_json(value), hint, where)
    elif not _is(value, hint):
        yield f"{where}: {value!r} is no {getattr(hint, '__name__', hint)}"


def _is(value: Any, hint: Any) -> bool:
    if hint in (Any, object) or typing.get_origin(hint) is dict:
        return True
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    if isinstance(hint, enum.EnumType):
        return value in list(hint)
    if hint in (int, float):
        return not isinstance(value, bool) and isinstance(value, int if hint is int else (int, float))
    return isinstance(value, hint) if isinstance(hint, type) else hasattr(type(value), "from_json")


def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)
