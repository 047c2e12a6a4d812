"""Both real stacks hold the policy, and a change for the worse is seen."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from components.charts import CHARTS
from policy.context import Context, derive, matches, standards
from policy.engine import evaluate, judge
from policy.exceptions import load, stale
from policy.preview_check import check_policy, split
from preview.checks import Context as PreviewContext
from preview.parts import Resource
from preview.plan import Plan, build
from preview.run import Recording, run
from tests.components.test_stacks import GIVEN, ROOT, STACKS


@cache
def recording(stack: str, *, known: bool = True) -> Recording:
    return run(ROOT, stack, known=known, secrets=GIVEN if known else None)


@cache
def plan(stack: str, *, known: bool = True) -> Plan:
    return build(recording(stack, known=known))


def stack_context(stack: str) -> Context:
    return derive(split(plan(stack))[0], production=stack == "prod")


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_the_plan_holds_the_policy(stack: str, known: bool) -> None:
    objects, releases = split(plan(stack, known=known))
    assert len(objects) > 40
    # kube-prometheus-stack is there twice, and the Collector in production alone.
    assert len(releases) == len(CHARTS) + (1 if stack == "prod" else 0)
    assert [str(finding) for finding in evaluate(objects, releases, stack_context(stack), load())] == []


def test_no_exception_for_objects_of_the_program_is_stale() -> None:
    own = [exception for exception in load() if not exception.release]
    found = [finding for stack in STACKS for finding in judge(*split(plan(stack)), stack_context(stack))]
    assert stale(own, found) == []


def test_what_a_plan_says_of_its_namespaces_is_known() -> None:
    levels = {"observability": "restricted", "observability-agents": "privileged"}
    assert stack_context("prod").levels == levels


def test_every_login_is_led_to() -> None:
    backends = [
        path["backend"]["service"]["name"]
        for manifest in split(plan("prod"))[0]
        if manifest["kind"] == "Ingress"
        for rule in manifest["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    assert [pattern for pattern in standards().logins if not any(matches(name, [pattern]) for name in backends)] == []


def check(stack: str, of_plan: Plan) -> list[str]:
    return check_policy(of_plan, PreviewContext(recording(stack)))


@pytest.mark.parametrize("stack", STACKS)
def test_the_check_of_the_preview_holds(stack: str) -> None:
    assert check(stack, plan(stack)) == []


def worse(stack: str, kind: str, name: str, *path: str, value: Any) -> Plan:
    """The plan with one input of a resource replaced."""

    def change(resource: Resource) -> Resource:
        if (resource.kind, resource.name) != (kind, name):
            return resource
        return replace(resource, inputs=set_at(resource.inputs, path, value))

    return replace(plan(stack), resources=tuple(change(resource) for resource in plan(stack).resources))


def set_at(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    if isinstance(tree, list):
        return [set_at(item, tuple(rest), value) if str(n) == first else item for n, item in enumerate(tree)]
    return {**tree, first: set_at(tree.get(first), tuple(rest), value)}


POD = ("spec", "template", "spec")
LOGIN = ("Deployment", "prometheus-login")
WORSE = [
    (*LOGIN, (*POD, "automountServiceAccountToken"), True, "gets a token for the Kubernetes API"),
    (*LOGIN, (*POD, "containers", "0", "image"), "quay.io/oauth2-proxy/oauth2-proxy:latest", "name a version of it"),
    (*LOGIN, (*POD, "containers", "0", "livenessProbe"), None, "container oauth2-proxy has no livenessProbe"),
    (*LOGIN, (*POD, "securityContext"), None, "container oauth2-proxy may run as root"),
    (
        "Job",
        "elasticsearch-bootstrap",
        (*POD, "containers", "0", "resources"),
        {},
        "container bootstrap requests no cpu",
    ),
    ("Namespace", "namespaces-platform", ("metadata", "labels"), {}, "enforces no level"),
    ("Ingress", "exposure-grafana", ("spec", "tls"), [], "serves grafana.observability.valeo-neuroerp.com without TLS"),
    ("Service", "prometheus-login", ("spec", "type"), "LoadBalancer", "is of type LoadBalancer"),
    ("Release", "grafana", ("version",), None, "takes version whatever is newest of grafana"),
]


@pytest.mark.parametrize(("kind", "name", "path", "value", "reason"), WORSE, ids=lambda value: str(value)[:40])
def test_the_check_of_the_preview_sees_a_change_for_the_worse(
    kind: str, name: str, path: tuple[str, ...], value: Any, reason: str
) -> None:
    reasons = check("prod", worse("prod", kind, name, *path, value=value))
    assert [line for line in reasons if reason in line], reasons


def test_agents_cannot_move_to_the_platforms_namespace() -> None:
    """A release in it may, since only its rendered pods tell; a Namespace that lets them in is seen."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    (reason,) = check("prod", worse("prod", "Namespace", "namespaces-platform", "metadata", "labels", value=labels))
    assert reason.startswith("Namespace observability: enforces privileged")


def test_development_needs_no_certificates_but_logins() -> None:
    assert check("dev", worse("dev", "Ingress", "exposure-grafana", "spec", "tls", value=[])) == []
    rules = [
        {"host": "a.example.com", "http": {"paths": [{"backend": {"service": {"name": "prometheus-prometheus"}}}]}}
    ]
    (reason,) = check("dev", worse("dev", "Ingress", "exposure-grafana", "spec", "rules", value=rules))
    assert "leads to prometheus-prometheus, which asks for no login" in reason
