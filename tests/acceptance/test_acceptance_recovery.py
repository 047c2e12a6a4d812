"""An `up` that is interrupted once, twice, or killed, and the documented way back (docs/operations.md)."""

import subprocess
from collections.abc import Sequence
from signal import SIGINT, SIGKILL, Signals

import pytest

from tests.acceptance.life import Stack, kubectl, listed

BUSY = "Release grafana updating"
HISTORY = ("secrets", "-n", "observability", "-l", "owner=helm,name=grafana")
FITS, FITS_NOWHERE = "200Mi", "900Gi"


def ask_for(stack: Stack, memory: str) -> None:
    """Give Grafana this much memory. With more than any node has, its update goes on until somebody ends it."""
    stack.change("grafana.resources", {"cpu": "100m", "memory": memory})


def recover(stack: Stack) -> None:
    """The last steps of every way back."""
    stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    ask_for(stack, FITS)
    stack.up()
    assert stack.unchanged() == ""
    ready = "jsonpath={.status.readyReplicas}"
    assert kubectl("get", "deployment", "-n", "observability", "grafana", "-o", ready) == "1"


@pytest.mark.parametrize(("signals", "code"), [((SIGINT,), 1), ((SIGINT, SIGINT), 8)], ids=["once", "twice"])
def test_an_interrupted_update_is_taken_up_by_the_next_one(stack: Stack, signals: Sequence[Signals], code: int) -> None:
    ask_for(stack, FITS_NOWHERE)
    assert stack.interrupted(signals, BUSY) == code
    recover(stack)


def test_a_killed_update_is_recovered_by_the_documented_steps(stack: Stack) -> None:
    ask_for(stack, FITS_NOWHERE)
    assert stack.interrupted((SIGKILL,), BUSY) == -SIGKILL
    assert "locked" in stack.pulumi("up", "--yes", "--skip-preview", code=None)
    stack.pulumi("cancel", "--yes")
    revisions = [item["metadata"]["labels"] for item in listed(*HISTORY)]
    assert [labels for labels in revisions if labels["status"] == "pending-upgrade"]
    good = max(int(labels["version"]) for labels in revisions if labels["status"] == "deployed")
    subprocess.run(["helm", "rollback", "grafana", str(good), "-n", "observability"], check=True, capture_output=True)
    recover(stack)
