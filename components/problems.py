"""Pydantic's errors in our words: a line each, with the setting's path, what is wrong and what to write instead."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .model import descriptions

_KINDS = {
    "missing": "is missing; {description}",
    "int_type": "must be a whole number; write one without quotes",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be text; put it in quotes",
    "list_type": "must be a list; write one item a line, each after a hyphen",
    "dict_type": "must be a map of keys and values",
    "model_type": "must be a map of keys and values",
    "literal_error": "must be {expected}",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have an item; write at least {min_length}",
    "string_pattern_mismatch": "has the wrong form; {description}",
}


def explain(error: ValidationError, model: type[BaseModel], root: str) -> list[str]:
    """The lines of an error of ``model``, each beginning with a path below ``root``; sorted."""
    return sorted(line for detail in error.errors(include_url=False) for line in _lines(detail, model, root))


def _lines(detail: ErrorDetails, model: type[BaseModel], root: str) -> Iterator[str]:
    path = ".".join([root, *(str(part) for part in detail["loc"])])
    if detail["type"] == "value_error":
        for text in str(detail["ctx"]["error"]).split("\n"):
            # A rule between fields names the field that has to change.
            field = re.match(r"[a-zA-Z][\w.]*: ", text)
            yield f"{path}.{text}" if field else f"{path}: {text}"
        return
    owner = _owner(model, detail["loc"][:-1])
    if detail["type"] == "extra_forbidden":
        yield f"{path}: is not a setting; {_advice(str(detail['loc'][-1]), owner)}"
        return
    description = _description(owner, detail["loc"][-1] if detail["loc"] else "")
    template = _KINDS.get(detail["type"], detail["msg"])
    yield f"{path}: {template.format(**{**detail.get('ctx', {}), 'description': description})}"


def _owner(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that a location lies in, or None inside lists and maps."""
    current: Any = model
    for part in loc:
        fields = {field.alias or name: field for name, field in current.model_fields.items()}
        if part not in fields:
            return None
        models = [t for t in _types(fields[str(part)].annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        if not models:
            return None
        current = models[0]
    return current  # type: ignore[no-any-return]


def _types(annotation: Any) -> list[Any]:
    return [annotation, *getattr(annotation, "__args__", ())]


def _advice(key: str, owner: type[BaseModel] | None) -> str:
    known = [field.alias or name for name, field in owner.model_fields.items()] if owner else []
    near = get_close_matches(key, known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"remove it, or write one of {', '.join(known)}"


def _description(owner: type[BaseModel] | None, key: int | str) -> str:
    for name, field in (owner.model_fields if owner else {}).items():
        if owner and key in (field.alias, name):
            return f"write it: {descriptions(owner)[name]}"
    return "write it"
