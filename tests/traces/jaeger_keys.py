"""The keys that the deployed version of Jaeger takes, which is newer than the one that can be built."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

RECORDED: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def unknown(config: Any, keys: Any = RECORDED["keys"], path: str = "") -> Iterator[str]:
    """The keys of a configuration that this version refuses, each with where it stands."""
    if isinstance(config, list):
        for item in config:
            yield from unknown(item, keys["[]"] if isinstance(keys, dict) and "[]" in keys else keys, path)
    elif isinstance(config, dict) and keys is not None:
        for key, value in config.items():
            # What stands behind the slash is a name of ours.
            known = next((name for name in (key, key.partition("/")[0], "*") if name in keys), None)
            if known is None:
                yield f"{path}{key}"
            else:
                yield from unknown(value, keys[known], f"{path}{key}.")
