"""Exceptions: what they excuse, when they are stale, and which are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from policy.engine import evaluate, judge, remaining
from policy.exceptions import Allowed, ExceptionsError, load, stale
from policy.findings import Finding
from policy.manifests import placed
from tests.policy.cases import changed, context

FINDING = Finding("login", "Ingress", "platform", "jaeger", "leads to jaeger", "")
ALLOWED = Allowed("login", "Ingress", "jaeger", "shown to nobody", "platform")


def test_an_exception_excuses_its_finding_and_no_other() -> None:
    assert ALLOWED.covers(FINDING)
    others = [
        replace(FINDING, rule="ingress-tls"),
        replace(FINDING, kind="HTTPRoute"),
        replace(FINDING, name="jaeger-2"),
        replace(FINDING, release="jaeger"),
    ]
    assert [finding for finding in others if ALLOWED.covers(finding)] == []


@pytest.mark.parametrize(
    ("field", "pattern", "excused"),
    [
        ("name", "jae*", True),
        ("name", "*-jaeger", False),
        ("kind", "*", True),
        ("namespace", "plat*", True),
        ("namespace", "other", False),
        ("about", "leads to *", True),
        ("about", "* without TLS*", False),
    ],
)
def test_fields_are_patterns(field: str, pattern: str, excused: bool) -> None:
    assert replace(ALLOWED, **{field: pattern}).covers(FINDING) is excused


def test_an_exception_of_a_release_is_for_the_objects_of_its_chart_alone() -> None:
    service = changed("service", {"spec|type": "NodePort"})
    of_chart = placed(service, "metrics", "platform")
    allowed = Allowed("inside-services", "Service", "web", "behind a firewall", "platform", release="metrics")
    found = evaluate([service, of_chart], [], context(), [allowed])
    assert [(finding.name, finding.release) for finding in found] == [("web", "")]
    assert str(judge([of_chart], [], context())[0]).startswith("Service platform/web (release metrics): is of type")


def test_an_exception_that_excuses_nothing_is_stale() -> None:
    gone = replace(ALLOWED, name="zipkin", about="leads to *")
    assert stale([ALLOWED], [FINDING]) == []
    assert stale([ALLOWED, gone], [FINDING]) == [
        "login for Ingress */zipkin (leads to *) excuses nothing any more; remove it"
    ]
    assert stale([ALLOWED], []) == ["login for Ingress */jaeger excuses nothing any more; remove it"]


def test_two_exceptions_for_one_finding_are_both_used() -> None:
    wide = replace(ALLOWED, name="*")
    assert remaining([FINDING], [ALLOWED, wide]) == []
    assert stale([ALLOWED, wide], [FINDING]) == []


COMPLETE = "- {rule: login, kind: Ingress, name: jaeger, reason: shown to nobody, owner: platform}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (COMPLETE.replace("reason: shown to nobody", "reason: ''"), "exception 1 has no reason; write it"),
        (COMPLETE.replace(", owner: platform", ""), "exception 1 has no owner; write it"),
        (
            COMPLETE.replace("rule: login", "rule: logn"),
            "exception 1 names no rule (logn); write one of namespace-level",
        ),
        (COMPLETE.replace("owner:", "onwer:"), "exception 1 has onwer, which is no field; write one of rule, kind"),
        (f"{COMPLETE}\n- login", "exception 2 is no mapping; write rule, kind, name, reason and owner"),
    ],
)
def test_an_exception_that_is_not_complete_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "exceptions.yaml"
    file.write_text(text)
    with pytest.raises(ExceptionsError) as error:
        load(file)
    assert str(error.value).startswith(problem)


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.yaml"
    file.write_text(COMPLETE)
    assert load(file) == (ALLOWED,)
    file.write_text("")
    assert load(file) == ()


def test_those_of_this_project_are_complete_and_different() -> None:
    allowed = load()
    assert len(set(allowed)) == len(allowed)
    assert [exception.title for exception in allowed if len(exception.reason) < 20] == []
