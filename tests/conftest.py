"""Options of the test run, and which tests share a worker of it."""

from pathlib import Path

import pytest

TOGETHER = {"cluster", "elastic", "services"}
"""Directories whose tests share a server: one worker runs all of them, so that it is started once."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files anew instead of comparing")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in its own.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group what pytest-xdist hands to its workers: by directory, or by file."""
    for item in items:
        path = Path(item.path)
        group = next((name for name in path.parts if name in TOGETHER), path.stem)
        item.add_marker(pytest.mark.xdist_group(group))
