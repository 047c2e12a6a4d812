"""Tools that a test needs: it is skipped without them, but fails in CI, where nothing may be left out."""

import os
from pathlib import Path

import pytest

from tools import find


def need(*names: str) -> dict[str, Path]:
    """The programs by name; how to get the missing ones is the reason of the skip."""
    found = {name: find(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        reason = f'needs {", ".join(missing)}: make tools TOOLS="{" ".join(missing)}"'
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return {name: path for name, path in found.items() if path}
