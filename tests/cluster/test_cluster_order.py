"""The order of things: what an operator needs is there before it starts."""

import pytest

from preview.plan import Plan
from tests.cluster import crds
from tests.cluster.chart_objects import MONITORING, make
from tests.cluster.control_plane import ControlPlane
from tests.cluster.network import Program
from tests.cluster.operators import EARLY
from tests.cluster.stack_objects import STACKS, stack_objects
from tests.needs import need
from tests.waiting import wait

RELEASE = "kubernetes:helm.sh/v3:Release::"


def before(plan: Plan, key: str) -> set[str]:
    """All resources that are there before one."""
    known = {resource.key: resource for resource in plan.resources}
    found: set[str] = set()
    open_ = [key]
    while open_:
        resource = known[open_.pop()]
        new = {*resource.dependencies, resource.parent} - {"", *found}
        found |= new
        open_ += new
    return found


def out_of_order(plan: Plan) -> list[str]:
    """Custom objects and releases that may be made before the CRDs and the operator that they need."""
    crd, operator = f"{RELEASE}prometheus-operator-crds", f"{RELEASE}prometheus"
    complaints = [] if crd in before(plan, operator) else ["prometheus: may start before its CRDs"]
    return complaints + [
        f"{item.title}: may come before its CRDs or its operator"
        for item in plan.objects
        if item.custom and not {crd, operator} <= before(plan, item.resource.key)
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_the_plan_makes_the_crds_before_the_operator_and_its_objects(stack: str) -> None:
    assert out_of_order(stack_objects(stack).plan) == []


@pytest.mark.parametrize("stack", STACKS)
def test_an_operator_that_does_not_wait_for_its_crds_is_seen(stack: str) -> None:
    plan = stack_objects(stack).plan
    free = [
        type(resource)(**{**vars(resource), "dependencies": ()}) if resource.key == f"{RELEASE}prometheus" else resource
        for resource in plan.resources
    ]
    mutant = Plan(plan.project, plan.stack, tuple(free), plan.outputs, plan.log)
    assert "prometheus: may start before its CRDs" in out_of_order(mutant)


def test_an_operator_that_starts_before_a_crd_stays_without_it(plane: ControlPlane, operator: Program) -> None:
    """That is what the order is for: it runs, it is healthy, and it does nothing."""
    need("prometheus-operator")
    assert plane.early
    assert crds.missing(plane.api, "prometheus-operator") == []
    for space in (EARLY, "in-time"):
        plane.api.apply(make("v1", "Namespace", space, ""))
        plane.api.apply(make(MONITORING, "Prometheus", "small", space, spec={"replicas": 0}))
    wait("the operator that waited", lambda: plane.api.get("apps/v1", "StatefulSet", "prometheus-small", "in-time"))
    assert plane.api.get("apps/v1", "StatefulSet", "prometheus-small", EARLY) is None
    assert plane.early.code is None
    assert operator.code is None
    assert 'resource \\"prometheuses\\"' in plane.early.said()
