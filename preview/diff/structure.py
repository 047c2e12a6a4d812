"""Texts that hold a structure: JSON or YAML inside a ConfigMap, a Secret or the values of a release."""

import json
import re
from contextlib import suppress
from typing import Any

import yaml

from preview.yamlfile import parse_trusted

_YAML_LINE = re.compile(r"(?:- |[\w\"'./-]+:(?: |$))")
# Aliases could make a small text a large or an endless structure.
_ANCHOR = re.compile(r"(?:^|[\s\[{,])&\w", re.MULTILINE)


def structure(text: str) -> dict[Any, Any] | list[Any] | None:
    """The mapping or list that a text is; None for any other text."""
    start = text.lstrip()
    data: Any = None
    if start[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            data = json.loads(text)
    elif "\n" in text and not _ANCHOR.search(text) and _YAML_LINE.match(_first_line(start)):
        # A date that does not exist is a ValueError, a list as a key a TypeError.
        with suppress(yaml.YAMLError, ValueError, TypeError, RecursionError):
            data = parse_trusted(text)
    return data if isinstance(data, (dict, list)) else None


def _first_line(text: str) -> str:
    """The first line that is neither empty, a comment nor the begin of a document."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(("#", "---"))), "")


def opened(value: Any) -> Any:
    """A value with every text that holds a structure in it replaced by the structure."""
    if isinstance(value, str):
        inner = structure(value)
        return value if inner is None else opened(inner)
    if isinstance(value, dict):
        return {key: opened(child) for key, child in value.items()}
    return [opened(child) for child in value] if isinstance(value, list) else value
