"""Options of the test run, and what of it may run side by side."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = frozenset({"cluster", "elastic", "engine", "live", "services", "traces"})
"""Folders whose tests share servers that take seconds to start: one worker does all of a folder."""
APART = "test_engine_rule_mutations.py"
"""Tests that share nothing: they fill the time in which others wait."""


class ByServer(LoadScopeScheduling):  # type: ignore[misc]
    """What shares a server goes to one worker, in its order; other files go as wholes."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        if file.name == APART:
            return nodeid
        return str(file.parent if file.parent.name in TOGETHER else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer:
    """The scheduler of a run with ``-n``; the way that xdist offers for other groups than its own."""
    return ByServer(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files anew instead of comparing")
