"""The live run asks for every rule that a scenario of the demo names, and for none in which time did not run faster."""

import re

import pytest

from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from tests.cluster.alarm import FAILURES, SILENCED
from tests.cluster.alarm_said import SAID


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_recording_rule_that_a_scenario_names_is_asked(name: str) -> None:
    named = {rule for rule in SCENARIOS[name].rules if rule[0].islower()}
    assert named == set(re.findall(r"\w+:\w+:\w+", " ".join(SAID.get(name, []))))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_alert_that_a_scenario_names_is_expected(name: str) -> None:
    named = {rule for rule in SCENARIOS[name].rules if rule[0].isupper()}
    expected = {wanted.alert for wanted in FAILURES if wanted.service == name}
    assert named <= expected | {alert for service, alert in SILENCED if service == name}
