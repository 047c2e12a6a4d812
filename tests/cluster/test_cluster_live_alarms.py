"""Each failure of the demo leads to the right mail, and to another one when it is over: the whole chain runs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

import pytest

from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from tests import printed
from tests.cluster.alarm import (
    ALL,
    DOWN,
    END,
    FAILURES,
    NIGHT,
    SALES,
    SILENCED,
    Course,
    Expected,
    late,
    table,
    told,
    wrong,
)
from tests.cluster.alarm_chain import AFTER_PROMETHEUS, Seen
from tests.cluster.alarm_fast import MUTANTS, MUTATED
from tests.cluster.alarm_mesh import Told, repeated
from tests.cluster.alarm_run import TOOLS, Run
from tests.cluster.alarm_said import SAID
from tests.needs import need

EVERY = [*FAILURES, END]
MEMORY, ROOM = Path("/dev/shm"), 2**30  # noqa: S108 - a folder of its own is made there
"""Where files are in memory, and the bytes that the servers of the run have more than enough of."""


def title(wanted: object) -> str | None:
    return f"{wanted.service}-{wanted.alert}" if isinstance(wanted, Expected) else None


@pytest.fixture(scope="module")
def seen() -> Seen:
    # Not pytest's own folder: the path of a socket is short. In memory, for to write on a busy disk may take a second.
    memory = MEMORY if MEMORY.is_dir() and disk_usage(MEMORY).free > ROOM else None
    with TemporaryDirectory(prefix="alarms-", dir=memory) as folder:
        return Run().watch(Path(folder), need(*TOOLS))


@pytest.fixture
def course(seen: Seen) -> Course:
    return seen.course


def test_every_service_fails_and_is_well_again(course: Course, record_property: Callable[[str, object], None]) -> None:
    record_property(printed.MAILS, table(course))
    assert set(course.began) == set(course.ended) == {*SCENARIOS, DOWN, ALL}


@pytest.mark.parametrize("wanted", EVERY, ids=title)
def test_a_failure_is_told_to_the_right_people(course: Course, wanted: Expected) -> None:
    assert wrong(course, wanted, "FIRING") == []


@pytest.mark.parametrize("wanted", EVERY, ids=title)
def test_its_end_is_told_to_the_same_people(course: Course, wanted: Expected) -> None:
    assert wrong(course, wanted, "RESOLVED") == []


@pytest.mark.parametrize("wanted", EVERY, ids=title)
def test_the_mail_comes_within_the_configured_waits(course: Course, wanted: Expected) -> None:
    assert late(course, wanted) == []


def test_a_mail_that_comes_later_is_seen(course: Course) -> None:
    first = FAILURES[0]
    earlier = {**course.began, first.service: course.began[first.service] - course.most(first)}
    (complaint,) = late(replace(course, began=earlier), first)
    assert complaint.endswith(f"not within {course.most(first):.1f} s")
    assert course.most(first) == pytest.approx(2 + first.seen + 5 + 10 / 60 + 2)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mistake_in_a_rule_a_route_or_a_template_is_seen(course: Course, mutant: str) -> None:
    (right,) = (made for made in FAILURES if (made.service, made.alert) == ("errors", MUTATED))
    assert wrong(course, right, "FIRING") == []
    found = wrong(replace(course, rules={mutant: course.rules[MUTATED]}), replace(right, alert=mutant), "FIRING")
    wanted = f"went to {SALES}, not to {NIGHT}" if mutant == "WrongRoute" else f"errors: no FIRING {mutant}"
    assert found[0] == wanted


@pytest.mark.parametrize("lost", ["high-error-rate.md", "neuroerp-production/", "#/silences", "/d/neuroerp"])
def test_a_mail_that_says_less_is_seen(course: Course, lost: str) -> None:
    first = FAILURES[0]
    mails = [
        {**mail, "bodies": {kind: text.replace(lost, "") for kind, text in mail["bodies"].items()}}
        for mail in course.mails
    ]
    found = wrong(replace(course, mails=mails), first, "FIRING")
    assert {complaint.partition(":")[0] for complaint in found} == {"text/plain", "text/html"}


def test_what_follows_from_a_failure_is_not_told(seen: Seen) -> None:
    assert seen.inhibited >= SILENCED
    assert told(seen.course, SILENCED) == []


def test_what_is_told_in_spite_of_it_is_seen(course: Course) -> None:
    (subject,) = told(course, {(DOWN, "EndpointProbeFailed")})[:1]
    assert "EndpointProbeFailed" in subject


def test_nobody_is_woken_for_services_that_are_well(course: Course) -> None:
    """Other tests keep the machine busy meanwhile, so that answers may really be slow."""
    before = min(course.began.values())
    subjects = [mail["Subject"] for mail in course.mails if before <= mail["at"] < course.began["all"]]
    woken = [subject for subject in subjects if re.search("CRITICAL.*/(normal|burst)$", subject)]
    assert [subject for subject in woken if "LatencyBudgetBurnFast" not in subject] == []


def test_every_recording_rule_sees_its_scenario(seen: Seen) -> None:
    assert set(seen.unsaid) >= set(SAID)
    assert [f"{name}: {said}" for name, found in seen.unsaid.items() for said in found] == []


def test_the_applications_own_label_endpoint_survives(seen: Seen) -> None:
    assert [found for found in seen.labels if "exported_endpoint" in found] == []
    assert {found["endpoint"] for found in seen.labels} >= {"/api/v1/orders", "/api/v1/invoices/{number}/payment"}


def test_the_dead_mans_switch_is_called_until_prometheus_ends(seen: Seen) -> None:
    assert len(seen.beats) >= 15
    assert {beat["path"] for beat in seen.beats} == {"/ping"}
    assert {name for beat in seen.beats for name in beat["alerts"]} == {"Watchdog"}
    assert seen.last_beat <= AFTER_PROMETHEUS + 2


def test_every_mail_comes_once_from_three_alertmanagers_and_two_prometheus(course: Course) -> None:
    """Also when all of the application ends, at which time one of the three has ended, too."""
    begin = min(course.began.values())
    ends = tuple(f" {wanted.alert} {course.where(wanted)}" for wanted in EVERY)
    mails = [mail for mail in course.mails if mail["at"] >= begin and mail["Subject"].endswith(ends)]
    assert len(mails) >= 2 * len(EVERY)
    assert repeated(mails) == []


def test_without_their_mesh_each_alertmanager_tells(seen: Seen) -> None:
    assert seen.told == Told(together=1, apart=3)


def test_a_mail_that_comes_twice_is_seen(course: Course) -> None:
    first = course.mail(FAILURES[0], "FIRING")
    assert first
    again = {**first, "bodies": {"text/plain": first["bodies"]["text/plain"].replace("UTC (", "UTC (1.")}}
    assert repeated([first, {**again, "at": first["at"] + 1}]) == [f"twice to {NIGHT} after 1.0 s: {first['Subject']}"]
    assert repeated([first, {**again, "at": first["at"] + 5}]) == []
