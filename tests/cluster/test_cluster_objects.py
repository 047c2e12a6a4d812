"""Every object of both stacks on a real API server: strictly validated, in the order of the plan's dependencies."""

import time

import pytest

from tests.cluster.api import Manifest
from tests.cluster.change import GONE, changed, named
from tests.cluster.deployment import Deployment
from tests.cluster.object_checks import changed_by_applying, left_behind, refused, title
from tests.cluster.pod_checks import idle_budgets, without_pods
from tests.waiting import settled, wait

FOR_CHARTS = ("otlp", "otel-collector-jaeger")
PAUSE = 0.3
"""Seconds without a change after which nothing changes any more."""


def test_every_object_is_accepted_in_the_order_of_the_plan(deployment: Deployment) -> None:
    assert deployment.refused == []
    assert len(deployment.stack.manifests) > 40


def test_applying_everything_again_changes_nothing(deployment: Deployment) -> None:
    assert deployment.started() == []
    before = [_versions(deployment)]

    def at_rest() -> bool:
        before.append(_versions(deployment))
        return before[-1] == before[-2]

    time.sleep(PAUSE)
    wait("an end of changes", at_rest, pause=PAUSE)
    assert changed_by_applying(deployment.api, deployment.stack.manifests) == []


def _versions(deployment: Deployment) -> dict[str, str]:
    ours = {title(made) for made in deployment.stack.manifests}
    kinds = {(made["apiVersion"], made["kind"]) for made in deployment.stack.manifests}
    found = [made for kind in kinds for made in deployment.api.all(*kind)]
    return {title(made): made["metadata"]["resourceVersion"] for made in found if title(made) in ours}


def our_services(deployment: Deployment) -> list[Manifest]:
    """Services of ours for pods of ours; others are for pods of charts, which are not installed here."""
    services = [made for made in deployment.stack.manifests if made["kind"] == "Service"]
    return [made for made in services if made["metadata"]["name"] not in FOR_CHARTS]


def test_every_service_leads_to_a_pod(deployment: Deployment) -> None:
    services = our_services(deployment)
    assert len(services) == 4
    assert settled("endpoints", lambda: without_pods(deployment.api, services)) == []


def test_every_disruption_budget_of_a_login_sees_its_pods(deployment: Deployment) -> None:
    budgets = [made for made in deployment.stack.manifests if made["kind"] == "PodDisruptionBudget"]
    logins = [made for made in budgets if made["metadata"]["name"].endswith("-login")]
    assert len(logins) == {"dev": 0, "prod": 3}[deployment.stack.name]
    assert settled("budgets", lambda: idle_budgets(deployment.api, logins, 2)) == []


# A mutation each: kind, name, path, another value, and what the API server says.
WRONG = [
    ("Deployment", "prometheus-login", "spec|replica", 2, "replica: field not declared in schema"),
    ("Deployment", "prometheus-login", "spec|template|metadata|labels", {"a": "b"}, "does not match template"),
    ("Service", "prometheus-login", "spec|ports|0|port", 80000, "must be between 1 and 65535"),
    ("Ingress", "grafana", "spec|rules|0|host", "Grafana_1.example.com", "spec.rules[0].host"),
    ("Probe", "neuroerp-health", "spec|scrapeTimeouts", "3s", "scrapeTimeouts: field not declared in schema"),
    ("Probe", "neuroerp-health", "spec|interval", "30 s", "spec.interval"),
    ("ServiceMonitor", "valeo-neuroerp", "spec|selector", GONE, "spec.selector: Required value"),
    (
        "ServiceMonitor", "valeo-neuroerp", "spec|endpoints|0|relabelings|0|action", "labeldelete",
        'Unsupported value: "labeldelete"',
    ),
    (
        "ServiceMonitor", "valeo-neuroerp", "spec|endpoints|0|relabelings|1",
        {"target_label": "job", "replacement": "x"}, "target_label: field not declared in schema",
    ),
    ("PrometheusRule", "neuroerp-slo", "spec|groups|0|rules|0|labels", {"severity": 1}, "labels.severity"),
    ("PrometheusRule", "neuroerp-slo", "spec|groups|0|interval", "1min", "spec.groups[0].interval"),
    ("Namespace", "observability", "metadata|labels|pod-security.kubernetes.io/enforce", "strict", "must be one of"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "path", "value", "reason"), WRONG)
def test_an_object_with_a_mistake_is_refused(
    deployment: Deployment, kind: str, name: str, path: str, value: object, reason: str
) -> None:
    mistaken = changed(named(deployment.stack.manifests, kind, name), path, value)
    (complaint,) = refused(deployment.api, [mistaken], dry=True)
    assert reason in complaint


def test_an_object_before_its_namespace_is_refused(deployment: Deployment) -> None:
    early = changed(named(deployment.stack.manifests, "Secret", "ui-login"), "metadata|namespace", "later")
    (complaint,) = refused(deployment.api, [early], dry=True)
    assert 'namespaces "later" not found' in complaint


def test_a_change_by_a_second_apply_is_seen(deployment: Deployment) -> None:
    original = named(deployment.stack.manifests, "ConfigMap", "prometheus-login")
    try:
        (complaint,) = changed_by_applying(deployment.api, [changed(original, "data|sign_in.html", "other")])
    finally:
        deployment.api.apply(original)
    assert complaint == "ConfigMap observability/prometheus-login: applying it again changed it"


def test_a_service_with_a_wrong_selector_is_seen(deployment: Deployment) -> None:
    service = changed(our_services(deployment)[0], "metadata|name", "astray")
    selector = {**service["spec"]["selector"], "app.kubernetes.io/name": "oauth-proxy"}
    service = changed(service, "spec|selector", selector)
    deployment.api.apply(service)
    try:
        (complaint,) = without_pods(deployment.api, [service])
    finally:
        deployment.api.delete(service)
    assert complaint == "Service observability/astray: leads to no pod"


def test_what_is_left_behind_is_seen(deployment: Deployment) -> None:
    assert "Secret observability/ui-login" in left_behind(deployment.api, deployment.stack.platform)
