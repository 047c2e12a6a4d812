"""Spans have one address, and what stands behind it is Jaeger, or a Collector before it."""

from typing import Any

import pytest

from components.collector import CollectorSettings, _values
from preview.plan import Plan
from tests.components.test_stacks import plan, precedes
from tests.components.test_variants import objects, release
from tests.components.test_variants import plan as changed

JAEGER = {
    "app.kubernetes.io/name": "jaeger",
    "app.kubernetes.io/instance": "jaeger",
    "app.kubernetes.io/component": "all-in-one",
}
COLLECTOR = {"app.kubernetes.io/name": "opentelemetry-collector", "app.kubernetes.io/instance": "otel-collector"}


def service(of: Plan, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = objects(of, "Service")[name].manifest["spec"]
    return spec


@pytest.mark.parametrize(("stack", "pods"), [("dev", JAEGER), ("prod", COLLECTOR)])
def test_the_address_is_the_same_with_and_without_a_collector(stack: str, pods: dict[str, str]) -> None:
    found = service(plan(stack), "otlp")
    assert found["selector"] == pods
    assert {port["name"]: port["port"] for port in found["ports"]} == {"otlp-grpc": 4317, "otlp-http": 4318}


def test_without_it_there_is_nothing_of_it() -> None:
    assert [item.name for item in plan("dev").objects if "otel-collector" in item.name] == []
    assert "otel-collector" not in {item.name for item in plan("dev").releases}


def test_the_collector_reaches_every_pod_of_jaeger() -> None:
    found = service(plan("prod"), "otel-collector-jaeger")
    assert (found["clusterIP"], found["selector"]) == ("None", JAEGER)
    exporter = release(plan("prod"), "otel-collector").values["alternateConfig"]["exporters"]["otlp_grpc"]
    assert exporter["endpoint"] == "dns:///otel-collector-jaeger.observability.svc:4317"


def test_spans_go_to_jaeger_until_the_collector_is_there() -> None:
    before = precedes(plan("prod"))
    assert "Release::otel-collector" in before["Service::otel-collector-otlp"]
    assert {"Release::jaeger", "Service::otel-collector-jaeger"} <= before["Release::otel-collector"]


def test_its_metrics_have_the_job_that_rules_know() -> None:
    spec = objects(plan("prod"), "ServiceMonitor")["otel-collector"].manifest["spec"]
    assert spec["selector"] == {"matchLabels": COLLECTOR}
    (endpoint,) = spec["endpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "otel-collector"}]
    assert release(plan("prod"), "otel-collector").values["ports"][endpoint["port"]] == {"enabled": True}


def test_one_has_no_budget_and_several_have() -> None:
    assert "otel-collector" not in objects(plan("prod"), "PodDisruptionBudget")
    several = changed("collector", {"enabled": True, "replicas": 2, "tailSampling": None})
    assert objects(several, "PodDisruptionBudget")["otel-collector"].manifest["spec"]["selector"] == {
        "matchLabels": COLLECTOR
    }
    processors = release(several, "otel-collector").values["alternateConfig"]["service"]["pipelines"]["traces"]
    assert "tail_sampling" not in processors["processors"]


def test_both_redact_by_one_list() -> None:
    found = changed("jaeger.redacted", ["customer.iban", "^tax[.]"])
    jaeger = release(found, "jaeger").values["userconfig"]["processors"]["attributes/redact"]
    actions = [{"key": "customer.iban", "action": "delete"}, {"pattern": "^tax[.]", "action": "delete"}]
    assert jaeger == {"actions": actions}
    in_jaeger = release(plan("prod"), "jaeger").values["userconfig"]["processors"]
    in_collector = release(plan("prod"), "otel-collector").values["alternateConfig"]["processors"]
    assert in_collector["attributes/redact"] == in_jaeger["attributes/redact"]


def test_a_pattern_is_no_template_of_the_chart() -> None:
    config = _values("otel-collector", CollectorSettings(), ["^a{{2}}"], "")["alternateConfig"]
    assert config["processors"]["attributes/redact"]["actions"][0]["pattern"] == "^a{{`{{`}}2}}"
