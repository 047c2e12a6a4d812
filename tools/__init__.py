"""Pinned tools for tests and local runs: ``find`` gives one that is there, ``python -m tools`` makes them."""

from pathlib import Path

from .model import Places
from .state import find_made, find_on_path
from .table import TOOLS, UnknownToolError, select

__all__ = ["HERE", "UnknownToolError", "find"]

HERE = Places(Path(__file__).resolve().parents[1])


def find(name: str, places: Places = HERE) -> Path | None:
    """The tool as an absolute path: from .tools if it is up to date, else of the right version on PATH, else None."""
    tool = next((tool for tool in TOOLS if tool.name == name), None)
    if tool is None:
        select((name,))  # Raises with the list of names, except for the name of a family.
        raise UnknownToolError(f"{name} is a family of tools, not a tool")
    return find_made(tool, places) or find_on_path(tool, places)
