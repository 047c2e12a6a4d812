"""YAML read fast and strictly: a duplicate key is an error, and every error names its file and line. And written."""

from pathlib import Path
from typing import Any

import yaml

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class InputError(Exception):
    """What the user gave cannot be used; the message is one line and says what to change."""


class _StrictLoader(_Loader):  # type: ignore[misc]
    """A safe loader that refuses a mapping with the same key twice, of which YAML would keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = key_node.value
            line = key_node.start_mark.line + 1
            if key in lines and key != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands here and in line {lines[key]}; remove one", key_node.start_mark
                )
            lines[key] = line
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _value_token(loader: Any, node: Any) -> Any:
    """A bare ``=``, which YAML 1.1 reads as a type of its own that the safe loader has no constructor for."""
    return loader.construct_scalar(node)


class _TrustedLoader(_Loader):  # type: ignore[misc]
    """A safe loader for texts that others check."""


for _loader in (_StrictLoader, _TrustedLoader):
    _loader.add_constructor("tag:yaml.org,2002:value", _value_token)


def read(path: Path) -> Any:
    """The content of a YAML file; raises ``InputError`` with file and line when it is no good YAML."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str) -> Any:
    """The content of a YAML text, called ``name`` in errors."""
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"{name}{f':{mark.line + 1}' if mark else ''}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: {' '.join(str(error).split())}") from None


def parse_trusted(text: str) -> Any:
    """The content of a YAML text that others check, like a chart's values, without the cost of finding duplicates."""
    return yaml.load(text, _TrustedLoader)  # noqa: S506 - a safe loader


class _BlockDumper(_Dumper):  # type: ignore[misc]
    """Writes long texts as blocks, so that a diff shows the line that changed."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Repeat what stands twice: an alias would tie two parts of a file together."""
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_BlockDumper.add_representer(str, _text)


def dump(data: Any) -> str:
    """Data as YAML with sorted keys."""
    text: str = yaml.dump(data, Dumper=_BlockDumper, sort_keys=True, allow_unicode=True, width=120)
    return text
