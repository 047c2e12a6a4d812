"""Settings to begin from: the two stack files, and a way to change one key."""

import copy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
REMOVED = "<removed>"


def platform(stack: str) -> dict[str, Any]:
    """The `platform` object of a stack file."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return dict(config["neuroerp-observability:platform"])


def changed(raw: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the key at a dotted path set, or without it when the value is ``REMOVED``."""
    made = copy.deepcopy(raw)
    *sections, key = path.split(".")
    section = made
    for name in sections:
        section = section.setdefault(name, {})
    if value == REMOVED:
        section.pop(key, None)
    else:
        section[key] = value
    return made
