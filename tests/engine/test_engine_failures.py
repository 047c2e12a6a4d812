"""What goes wrong in the middle leaves a stack that the next run finishes."""

import signal
from dataclasses import dataclass
from functools import partial

import pytest

from tests.engine.checks import harmful
from tests.engine.harness import Process, Stack
from tests.engine.lives import Lives
from tests.engine.outcome import Run, short
from tests.engine.world import REFUSED, UNREACHABLE, Gate, fail

UP, STOPPED, CHANGED, KILLED = 0, 1, 7, 8
ELASTICSEARCH = "Release::elasticsearch"
RESTLESS = """
import time
name = f"clock-{time.time_ns()}"
k8s.core.v1.ConfigMap(name, metadata={"name": name}, data={}, opts=explicit)
"""


@dataclass(frozen=True)
class Attempt:
    """A run, what it made, and what it left undecided in the state."""

    run: Run
    made: set[str]
    pending: list[str]


def attempt(stack: Stack, gate: Gate | None = None, signals: int = 0) -> Attempt:
    """Bring a stack up, and interrupt it when it reaches the gate."""
    before = len(stack.world.calls)
    run = stack.up(during=partial(interrupt, gate, signals) if gate else lambda _: None)
    made = {call.key for call in stack.world.calls[before:] if call.what == "create done"}
    pending = [short(operation["resource"]["urn"]) for operation in stack.checkpoint().get("pending_operations", [])]
    return Attempt(run, made, pending)


def interrupt(gate: Gate, signals: int, process: Process) -> None:
    """Send SIGINT while a call is held, and the next one when the engine has asked the providers to stop."""
    assert gate.reached.wait(60)
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        assert gate.asked.wait(60)
    if not gate.heeds:
        process.wait(60)
        gate.drop()


@dataclass(frozen=True)
class Odyssey:
    """A stack that fails, is interrupted, is interrupted twice, and is finished at last."""

    stack: Stack
    failed: Attempt
    interrupted: Attempt
    killed: Attempt
    finished: Attempt


@pytest.fixture(scope="module")
def odyssey(lives: Lives) -> Odyssey:
    stack, gentle, stubborn = lives.new("dev"), Gate(), Gate(heeds=False)
    stack.world.faults = {("create", "Release::prometheus-operator-crds"): fail}
    failed = attempt(stack)
    stack.world.faults = {("create", "Release::elastic-operator"): gentle}
    interrupted = attempt(stack, gentle, 1)
    stack.world.faults = {("create", ELASTICSEARCH): stubborn}
    stack.checkpoints = True
    killed = attempt(stack, stubborn, 2)
    stack.world.faults, stack.checkpoints = {}, False
    return Odyssey(stack, failed, interrupted, killed, attempt(stack))


def test_a_create_that_fails_is_named_and_leaves_nothing_undecided(odyssey: Odyssey) -> None:
    assert odyssey.failed.run.code == STOPPED
    assert REFUSED in odyssey.failed.run.said("error")
    assert odyssey.failed.pending == []
    assert "Release::prometheus" not in odyssey.failed.made


def test_one_interruption_lets_running_calls_end_and_leaves_nothing_undecided(odyssey: Odyssey) -> None:
    assert odyssey.interrupted.run.code == STOPPED
    assert "^C received; cancelling" in odyssey.interrupted.run.text
    assert odyssey.interrupted.pending == []
    assert ELASTICSEARCH not in odyssey.interrupted.made


def test_a_second_interruption_leaves_only_the_call_that_it_cut_off_undecided(odyssey: Odyssey) -> None:
    assert odyssey.killed.run.code == KILLED
    assert odyssey.killed.pending == [ELASTICSEARCH]


def test_the_next_run_finishes_without_making_anything_twice_or_taking_anything_away(
    odyssey: Odyssey, lives: Lives
) -> None:
    assert odyssey.finished.run.code == UP, odyssey.finished.run.text
    assert odyssey.stack.world.made("delete") == odyssey.stack.world.made("update") == []
    assert sorted(odyssey.stack.world.made()) == sorted(lives.life("dev").stack.world.made())
    assert "1 pending operations" in odyssey.finished.run.said("warning")[0]


def test_a_killed_run_is_taken_up_by_the_documented_steps(lives: Lives) -> None:
    stack, gate = lives.new("dev"), Gate(heeds=False)
    stack.world.faults, stack.checkpoints = {("create", ELASTICSEARCH): gate}, True

    def kill(process: Process) -> None:
        assert gate.reached.wait(60)
        process.kill()
        gate.drop()

    assert stack.up(during=kill).code == -signal.SIGKILL
    stack.world.faults = {}
    assert "locked" in stack.up().text
    assert stack.command("cancel", "--yes").code == UP
    assert stack.refresh("--yes", "--skip-preview", "--clear-pending-creates").code == UP
    finished = attempt(stack)
    assert (finished.run.code, finished.pending) == (UP, []), finished.run.text
    assert sorted(stack.world.made()) == sorted(lives.life("dev").stack.world.made())


def test_a_refresh_decides_what_is_left(odyssey: Odyssey) -> None:
    run = odyssey.stack.refresh("--yes", "--skip-preview", "--clear-pending-creates", "--expect-no-changes")
    assert run.code == UP, run.text
    assert run.steps == []
    assert "pending_operations" not in odyssey.stack.checkpoint()


def test_a_program_that_names_things_anew_would_take_away_what_the_last_run_made(lives: Lives) -> None:
    stack = lives.new("dev").replaced(RESTLESS)
    assert stack.up().code == UP
    assert [step.partition(" ")[0] for step in harmful(stack.up())] == ["delete"]


def test_an_update_that_fails_is_done_by_the_next_run_alone(lives: Lives) -> None:
    stack = lives.there("dev").setting("platform.prometheus.retention", "5d")
    stack.world.unreachable = True
    run = stack.up()
    assert run.code == STOPPED
    assert UNREACHABLE in run.said("error")
    stack.world.unreachable = False
    run = stack.up()
    assert (run.code, run.steps) == (UP, ["update Release::prometheus"])


def test_a_removal_that_fails_is_finished_by_the_next_one(lives: Lives) -> None:
    stack = lives.there("dev")
    stack.world.faults = {("delete", "Release::elastic-operator"): fail}
    run = stack.destroy("--skip-preview")
    assert run.code == STOPPED
    assert REFUSED in run.said("error")
    kept = {identity.rpartition("/")[2] for identity in stack.world.objects}
    assert {"elastic-operator", "prometheus-operator-crds", "observability"} <= kept
    assert "elasticsearch" not in kept
    stack.world.faults = {}
    assert stack.destroy("--skip-preview").code == UP
    assert stack.world.objects == {}


def test_what_somebody_else_changed_or_removed_is_found_by_a_refresh(lives: Lives) -> None:
    stack = lives.there("dev")
    del stack.world.objects["kubernetes:helm.sh/v3:Release/observability/grafana"]
    for struct in stack.world.objects["kubernetes:helm.sh/v3:Release/observability/kibana"]:
        struct.fields["values"].struct_value.fields["count"].number_value = 7
    run = stack.refresh("--preview-only", "--expect-no-changes")
    assert run.code == CHANGED
    assert run.steps == ["delete Release::grafana", "update Release::kibana"]
