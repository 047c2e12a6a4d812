"""What the elements of a list are called, so that they can be matched by name."""

import json
from collections.abc import Callable, Mapping
from typing import Any

# In this order: the first that tells all elements apart counts.
_KEYS = (
    ("name",), ("job_name",), ("uid",), ("pipeline.id",), ("title",), ("type", "title"), ("id",),
    ("refId",), ("key",), ("secretName",), ("mountPath",), ("topologyKey",), ("host",), ("path",), ("containerPort",),
    ("port",), ("kind",), ("kind", "namespace", "name"), ("alert", "labels"), ("record", "labels"),
)  # fmt: skip
_SCALAR = (str, int, float, bool)


def canonical(value: Any) -> str:
    """A text that two values share only if they are the same, whatever the order of their keys."""
    if isinstance(value, Mapping):
        pairs = sorted((canonical(key), canonical(child)) for key, child in value.items())
        return f"{{{','.join(f'{key}:{child}' for key, child in pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def identity(before: list[Any], after: list[Any]) -> Callable[[Any], str] | None:
    """What names every element of both lists, each list's without a repetition; None when nothing does."""
    both = [*before, *after]
    if not both:
        return None
    candidates: list[Callable[[Any], str]] = []
    if all(isinstance(item, _SCALAR) for item in both):
        candidates = [_scalar]
    elif all(isinstance(item, Mapping) for item in both):
        candidates = [_of_rule, *(_of_keys(keys) for keys in _KEYS if _named(both, keys[0]))]
    for identify in candidates:
        if all(_unique([identify(item) for item in items]) for items in (before, after)):
            return identify
    return None


def label(name: str) -> str:
    """How a path calls an element of that identity."""
    return " ".join(str(part) for part in json.loads(name) if part not in (None, ""))


def _named(items: list[Any], key: str) -> bool:
    return all(isinstance(item.get(key), _SCALAR) for item in items)


def _unique(names: list[str]) -> bool:
    return "" not in names and len(set(names)) == len(names)


def _of_keys(keys: tuple[str, ...]) -> Callable[[Any], str]:
    def identify(item: Any) -> str:
        return json.dumps([_part(item.get(key)) for key in keys])

    return identify


def _part(value: Any) -> Any:
    """A value that names something; of labels, all of them."""
    return ",".join(f"{k}={v}" for k, v in sorted(value.items())) if isinstance(value, Mapping) else value


def _of_rule(item: Any) -> str:
    """A rule of Prometheus, which either alerts or records; empty for anything else."""
    name = item.get("alert") or item.get("record")
    return json.dumps([name]) if isinstance(name, str) else ""


def _scalar(item: Any) -> str:
    """A scalar by itself, and an argument like --retention=15d by its flag."""
    if isinstance(item, str) and item.startswith("-") and "=" in item:
        return json.dumps([item.partition("=")[0], ""])
    return json.dumps([item])
