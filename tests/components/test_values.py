"""What the values ask of the charts, where a chart's default would break the platform."""

from typing import Any

import pytest

from tests.components.test_stacks import STACKS, plan

RUNTIME_DEFAULT = {"type": "RuntimeDefault"}
DROPPED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def values(stack: str, release: str) -> dict[str, Any]:
    return next(item.values for item in plan(stack).releases if item.name == release)


def at(tree: Any, path: str) -> Any:
    for key in path.split("/"):
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree


# Charts whose pods do not pass Pod Security *restricted* by themselves: where the security contexts go.
POD_CONTEXTS = {
    "elastic-operator": "podSecurityContext",
    "kibana": "podTemplate/spec/securityContext",
    "logstash": "podTemplate/spec/securityContext",
    "jaeger": "jaeger/podSecurityContext",
    "jaeger ": "esIndexCleaner/podSecurityContext",
    "blackbox-exporter": "podSecurityContext",
    "redis-exporter": "podSecurityContext",
}
CONTAINER_CONTEXTS = {
    "logstash": "podTemplate/spec/containers/0/securityContext",
    "logstash ": "podTemplate/spec/initContainers/0/securityContext",
    "jaeger": "jaeger/securityContext",
    "jaeger ": "esIndexCleaner/securityContext",
    "redis-exporter": "securityContext",
}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("release", "path"), POD_CONTEXTS.items())
def test_pods_are_restricted(stack: str, release: str, path: str) -> None:
    context = at(values(stack, release.strip()), path)
    assert context.get("seccompProfile") == RUNTIME_DEFAULT
    # blackbox-exporter says runAsNonRoot in its container already.
    assert context.get("runAsNonRoot") is True


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("release", "path"), CONTAINER_CONTEXTS.items())
def test_containers_are_restricted(stack: str, release: str, path: str) -> None:
    context = at(values(stack, release.strip()), path)
    assert {key: context[key] for key in DROPPED} == DROPPED


@pytest.mark.parametrize("stack", STACKS)
def test_monitors_probes_and_rules_are_found_in_every_namespace(stack: str) -> None:
    spec = values(stack, "prometheus")["prometheus"]["prometheusSpec"]
    kinds = ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
    assert [spec[f"{kind}SelectorNilUsesHelmValues"] for kind in kinds] == [False] * 5


@pytest.mark.parametrize("stack", STACKS)
def test_only_agents_go_to_the_privileged_namespace(stack: str) -> None:
    assert values(stack, "prometheus")["prometheus-node-exporter"]["namespaceOverride"] == "observability-agents"
    elsewhere = {release.name for release in plan(stack).releases if release.namespace != "observability"}
    assert elsewhere == {"filebeat"}


@pytest.mark.parametrize("stack", STACKS)
def test_elasticsearch_keeps_its_data_where_the_operator_looks(stack: str) -> None:
    node_set = values(stack, "elasticsearch")["nodeSets"][0]
    claims = [claim["metadata"]["name"] for claim in node_set.get("volumeClaimTemplates", [])]
    volumes = [volume["name"] for volume in node_set["podTemplate"]["spec"].get("volumes", [])]
    assert claims + volumes == ["elasticsearch-data"]


@pytest.mark.parametrize("stack", STACKS)
def test_logstash_keeps_its_queues_where_the_operator_looks(stack: str) -> None:
    found = values(stack, "logstash")
    claims = [claim["metadata"]["name"] for claim in found.get("volumeClaimTemplates", [])]
    volumes = [volume["name"] for volume in found["podTemplate"]["spec"].get("volumes", []) if "secret" not in volume]
    assert claims + volumes == ["logstash-data"]


@pytest.mark.parametrize("stack", STACKS)
def test_spans_wait_for_elasticsearch_instead_of_being_lost(stack: str) -> None:
    exporter = values(stack, "jaeger")["userconfig"]["exporters"]["jaeger_storage_exporter"]
    assert exporter["queue"]["enabled"] is True
    assert exporter["retry_on_failure"] == {"enabled": True, "max_elapsed_time": "0s"}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_calls_home(stack: str) -> None:
    ini = values(stack, "grafana")["grafana.ini"]
    assert not any(ini["analytics"].values())
    assert ini["plugins"] == {"preinstall_auto_update": False, "preinstall_disabled": True}
    assert values(stack, "elastic-operator")["telemetry"] == {"disabled": True}
    kibana = values(stack, "kibana")["config"]
    assert kibana["telemetry.optIn"] is kibana["newsfeed.enabled"] is False


@pytest.mark.parametrize("stack", STACKS)
def test_data_sources_have_fixed_uids_and_lead_to_each_other(stack: str) -> None:
    text = next(
        item.manifest["data"]["data-sources.yaml"]
        for item in plan(stack).objects
        if item.name == "grafana-data-sources"
    )
    import json  # noqa: PLC0415

    sources = {source["uid"]: source for source in json.loads(text)["datasources"]}
    assert set(sources) == {"prometheus", "alertmanager", "jaeger", "elasticsearch"}
    assert [uid for uid, source in sources.items() if source.get("isDefault")] == ["prometheus"]
    options = {uid: source["jsonData"] for uid, source in sources.items()}
    assert options["prometheus"]["exemplarTraceIdDestinations"][0]["datasourceUid"] == "jaeger"
    assert options["jaeger"]["tracesToLogsV2"]["datasourceUid"] == "elasticsearch"
    assert options["jaeger"]["tracesToMetrics"]["datasourceUid"] == "prometheus"
    assert options["elasticsearch"]["dataLinks"][0]["datasourceUid"] == "jaeger"
    # Grafana expands a single `$`: what is meant for the browser must be doubled.
    assert options["jaeger"]["tracesToLogsV2"]["query"] == 'trace_id:"$${__trace.traceId}"'


@pytest.mark.parametrize("stack", STACKS)
def test_the_bootstrap_job_runs_again_when_a_payload_changes(stack: str) -> None:
    from components.elasticsearch_bootstrap import digest  # noqa: PLC0415

    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"})
    assert digest({"a": "1"}) != digest({"a": "2"})
    assert digest({"a": "1"}) != digest({"b": "1"})
    assert digest({"a": "1"}, {}) != digest({}, {"a": "1"})
    names = sorted(item.name for item in plan(stack).objects if item.kind == "Job")
    assert [name.rpartition("-")[0] for name in names] == ["elasticsearch-bootstrap", "kibana-bootstrap"]
