"""What people want to see of a run, at its end: also when several workers did it, whose output nobody sees."""

import pytest

PANELS, MAILS = "panels", "mails"
"""The names: dashboards with what each query gave, and failures with the time to their mails."""


def show(terminal: pytest.TerminalReporter, name: str) -> None:
    """Print what tests recorded under a name, in the order of the tests."""
    reports = [report for found in terminal.stats.values() for report in found if getattr(report, "when", "") == "call"]
    for report in sorted(reports, key=lambda made: str(made.nodeid)):
        for key, text in report.user_properties:
            if key == name:
                terminal.write_line(f"\n{text}")
