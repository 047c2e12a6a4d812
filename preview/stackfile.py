"""The configuration of a stack as the Pulumi command line would hand it to the program, secrets as placeholders."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview.yamlfile import InputError, read

STAND_IN = "GENERATED-"
"""How every text begins that stands for a secret in the preview."""


@dataclass(frozen=True)
class Stack:
    """A stack: its project, and its configuration in the form that the SDK takes."""

    root: Path
    project: str
    name: str
    config: dict[str, str]
    secret_keys: tuple[str, ...]


def find_root(start: Path) -> Path:
    """The project's directory: the nearest one at or above ``start`` with a Pulumi.yaml."""
    for directory in (start, *start.parents):
        if (directory / "Pulumi.yaml").is_file():
            return directory
    raise InputError(f"{start}: no Pulumi.yaml here or above; change to the project's directory")


def stack_names(root: Path) -> list[str]:
    """The stacks that have a configuration file."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))


def load(root: Path, name: str) -> Stack:
    """Read Pulumi.yaml and the stack's file; raises ``InputError`` with one line when either is no good."""
    known = stack_names(root)
    if name not in known:
        advice = f"there are: {', '.join(known)}" if known else "there is none; write Pulumi.dev.yaml"
        raise InputError(f"Pulumi.{name}.yaml: no such stack; {advice}")
    project = _mapping(read(root / "Pulumi.yaml"), "Pulumi.yaml", "")
    label = project.get("name")
    if not isinstance(label, str):
        raise InputError("Pulumi.yaml: name is missing; write the project's name")
    merged, secret_keys = _project_config(project, label)
    given = _stack_config(root, name, label)
    for key in [key for key, value in merged.items() if value is None and key not in given]:
        raise InputError(f"Pulumi.{name}.yaml: {key} is missing; Pulumi.yaml declares it without a default")
    merged |= given
    secret_keys |= {key for key, value in merged.items() if _has_secure(value)}
    config = {key: _text(_placeholders(value, key.partition(":")[2])) for key, value in merged.items()}
    return Stack(root, label, name, config, tuple(sorted(secret_keys)))


def _project_config(project: dict[str, Any], label: str) -> tuple[dict[str, Any], set[str]]:
    """The defaults in Pulumi.yaml (None where the stack has to give a value), and the keys declared as secret."""
    values, secret_keys = {}, set()
    for key, declared in _mapping(project.get("config"), "Pulumi.yaml", "config").items():
        full = key if ":" in key else f"{label}:{key}"
        if not isinstance(declared, dict):
            values[full] = declared
            continue
        values[full] = declared.get("value", declared.get("default"))
        if declared.get("secret"):
            secret_keys.add(full)
    return values, secret_keys


def _stack_config(root: Path, name: str, label: str) -> dict[str, Any]:
    """The ``config`` of a stack file, every key with its namespace."""
    file = f"Pulumi.{name}.yaml"
    config = _mapping(_mapping(read(root / file), file, "").get("config"), file, "config")
    return {key if ":" in key else f"{label}:{key}": value for key, value in config.items()}


def _mapping(value: Any, file: str, place: str) -> dict[str, Any]:
    """The value, which must be a mapping or nothing."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{file}: {place or 'the file'} is no mapping; write keys and values")
    return value


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _has_secure(value: Any) -> bool:
    """Whether a leaf is encrypted: one makes the whole top-level key secret, as in the engine."""
    if _is_secure(value):
        return True
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_has_secure(child) for child in children)


def _placeholders(value: Any, place: str) -> Any:
    """The value with every encrypted leaf replaced: the preview has no key, and needs none."""
    if _is_secure(value):
        return f"{STAND_IN}{place}"
    if isinstance(value, dict):
        return {key: _placeholders(child, f"{place}.{key}") for key, child in value.items()}
    if isinstance(value, list):
        return [_placeholders(child, f"{place}.{number}") for number, child in enumerate(value)]
    return value


def _text(value: Any) -> str:
    """A value as the engine hands it over: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
