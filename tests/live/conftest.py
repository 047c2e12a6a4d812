"""The end of a run shows each panel with what its queries gave."""

import pytest

from tests import printed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    printed.show(terminalreporter, printed.PANELS)
