"""Options of the test run, what of it may run side by side, and what goes first meanwhile."""

import os
from pathlib import PurePosixPath

import pytest
from xdist import is_xdist_worker  # type: ignore[import-untyped]
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = frozenset({"cluster", "elastic", "engine", "live", "services", "traces"})
"""Folders whose tests share servers that take seconds to start: one worker does all of a folder."""
APART = frozenset({"test_collector_limits.py", "test_engine_rule_mutations.py"})
"""Files there whose tests share nothing: each fills the time in which others wait."""
TIMED = "test_cluster_live_alarms.py"
"""A file there that has its own servers, and measures how late mails are."""

# The tools live for seconds, and a collection of what they leave behind is a tenth of their time.
os.environ.setdefault("GOGC", "400")


class ByServer(LoadScopeScheduling):  # type: ignore[misc]
    """What shares a server goes to one worker, in its order; other files go as wholes."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        if file.name in APART:
            return nodeid
        return str(file.parent if file.parent.name in TOGETHER and file.name != TIMED else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer:
    """The scheduler of a run with ``-n``; the way that xdist offers for other groups than its own."""
    return ByServer(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is timed begins at once, and what shares nothing fills the end."""
    items.sort(key=lambda item: 0 if item.path.name == TIMED else 2 if item.path.name in APART else 1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Beside a timed test, others have what it leaves of the processor: they and all that they start."""
    beside = is_xdist_worker(item) and item.session.items[0].path.name == TIMED != item.path.name
    if beside and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files anew instead of comparing")
