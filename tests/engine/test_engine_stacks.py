"""Both stacks on the real engine, from the first preview to the end."""

import time
from functools import partial

import pytest

from preview.plan import build
from preview.run import run as offline
from tests.components.test_stacks import ORDER
from tests.engine.checks import broken_promises, out_of_order
from tests.engine.flat import flat
from tests.engine.lives import STACKS, Lives, dawdle
from tests.engine.outcome import Run

NAMESPACES = {"namespaces-platform", "namespaces-agents"}
SURPRISES = """
if pulumi.runtime.is_dry_run():
    random.RandomPassword("only-shown", length=8, opts=explicit)
known_late = random.RandomPassword("known-late", length=8, opts=explicit)
known_late.result.apply(lambda _: random.RandomPassword("only-made", length=8, opts=explicit))
"""
RESTLESS = """
import time
k8s.core.v1.ConfigMap("clock", metadata={"name": "clock"}, data={"now": str(time.time())}, opts=explicit)
"""
STRAY = 'random.RandomPassword("stray", length=8)'


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_comes_up_as_its_preview_says(lives: Lives, name: str) -> None:
    life = lives.life(name)
    assert (life.preview.code, life.up.code) == (0, 0), life.up.text
    assert life.preview.counts == life.up.counts
    assert broken_promises(life.preview, life.up) == []


def test_what_only_the_preview_or_only_the_real_run_makes_is_noticed(lives: Lives) -> None:
    stack = lives.new("dev").replaced(SURPRISES)
    promises = broken_promises(stack.preview(), stack.up())
    assert promises == [
        "announced only: create RandomPassword::only-shown",
        "done only: create RandomPassword::only-made",
    ]


@pytest.mark.parametrize("name", STACKS)
def test_the_preview_without_an_engine_shows_the_same_resources(lives: Lives, name: str) -> None:
    life = lives.life(name)
    resources = build(offline(life.stack.project, name)).resources
    planned = [f"create {resource.type.rpartition(':')[2]}::{resource.name}" for resource in resources]
    assert sorted([*planned, f"create Stack::neuroerp-observability-{name}"]) == life.preview.steps
    assert life.preview.counts == {"create": len(resources) + 1}


def test_the_flat_program_of_the_benchmark_asks_for_the_same_resources(lives: Lives) -> None:
    assert flat(lives.new("dev")).preview().steps == lives.life("dev").preview.steps


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_that_is_there_needs_no_changes(lives: Lives, name: str) -> None:
    life = lives.life(name)
    assert life.again.code == 0, life.again.text
    assert life.again.counts == {"same": life.up.counts["create"]}


def test_a_program_that_never_asks_for_the_same_twice_is_noticed(lives: Lives) -> None:
    stack = lives.new("dev").replaced(RESTLESS)
    assert stack.up().code == 0
    again = stack.preview("--expect-no-changes")
    assert (again.code, again.steps) == (7, ["update ConfigMap::clock"])


@pytest.mark.parametrize("name", STACKS)
def test_what_needs_another_is_created_after_it(lives: Lives, name: str) -> None:
    assert out_of_order(lives.life(name).stack.world.calls, ORDER) == []


def test_a_dependency_that_is_left_out_is_noticed(lives: Lives) -> None:
    stack = lives.new("dev")
    for late in ("Job::elasticsearch-bootstrap", "Secret::elasticsearch-user-logstash"):
        stack.world.faults["create", late] = partial(time.sleep, 0.7)
    stack.rewritten('{"NEUROERP_ENV": s.environment}}, after(bootstrap))', '{"NEUROERP_ENV": s.environment}}, after())')
    stack.rewritten("depends_on=[roles, *users, *more]", "depends_on=[roles, *more]", "components/elasticsearch.py")
    assert stack.up().code == 0
    assert out_of_order(stack.world.calls, ORDER) == [
        "create: Release::logstash began before Job::elasticsearch-bootstrap was done",
        "create: Release::elasticsearch began before Secret::elasticsearch-user-logstash was done",
    ]


def test_development_goes_away_as_a_whole_in_the_reverse_order(lives: Lives) -> None:
    stack = dawdle(lives.there("dev"))
    run = stack.destroy("--skip-preview")
    assert run.code == 0, run.text
    assert run.counts == {"delete": lives.life("dev").up.counts["create"]}
    assert out_of_order(stack.world.calls, ORDER, "delete") == []
    assert stack.world.objects == {}
    assert stack.checkpoint().get("resources", []) == []


def refusals(run: Run) -> set[str]:
    """The names of the resources that an operation stopped at because they are protected."""
    found = [message.replace("\n", " ") for message in run.said("error") if "protect" in message]
    return {message.partition('"')[2].partition('"')[0].rpartition("::")[2] for message in found}


def test_production_is_not_deleted_by_accident(lives: Lives) -> None:
    stack = lives.there("prod")
    run = stack.destroy()
    assert run.code == 1
    assert refusals(run) == NAMESPACES
    assert stack.world.calls == []


def test_a_rename_of_a_namespace_of_production_is_refused(lives: Lives) -> None:
    run = lives.there("prod").setting("platform.namespaces.agents", "elsewhere").preview()
    assert run.code == 1
    assert refusals(run) == {"namespaces-agents"}


def test_production_keeps_its_namespaces_until_their_protection_is_taken_away(lives: Lives) -> None:
    stack = lives.there("prod")
    assert stack.destroy("--skip-preview", "--exclude-protected").code == 0
    assert {identity.rpartition("/")[2] for identity in stack.world.objects} == {
        "observability",
        "observability-agents",
    }
    assert stack.command("state", "unprotect", "--all", "--yes").code == 0
    assert stack.destroy("--skip-preview").code == 0
    assert stack.world.objects == {}
    assert out_of_order(stack.world.calls, ORDER, "delete") == []


@pytest.mark.parametrize("name", STACKS)
def test_a_resource_without_an_explicit_provider_is_refused(lives: Lives, name: str) -> None:
    run = lives.new(name).replaced(STRAY).preview()
    assert run.code == 1
    [message] = run.said("error")
    assert message.startswith("Default provider for 'random' disabled.")
    assert "RandomPassword::stray' must use an explicit provider." in message


def test_without_the_key_in_the_stack_file_it_would_pass(lives: Lives) -> None:
    stack = (
        lives.new("dev").replaced(STRAY).rewritten('  pulumi:disable-default-providers: ["*"]\n', "", "Pulumi.dev.yaml")
    )
    assert "create RandomPassword::stray" in stack.preview().steps
