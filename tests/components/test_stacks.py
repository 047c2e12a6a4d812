"""Both stacks as a whole, as the program asks the engine for them: with unknown outputs, and with known ones."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from components import charts
from preview.plan import Plan, build
from preview.run import ProgramError, run

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {
    "smtpPassword": "given-smtp",
    "heartbeatUrl": "https://given.example.com/heartbeat",
    "redisPassword": "given-redis",
    "grafanaDatabasePassword": "given-database",
    "oidcClientSecret": "given-oidc",
}
STACKS = ("dev", "prod")
COMPONENTS = {
    "Alertmanager", "Collector", "ElasticOperator", "Elasticsearch", "ElasticsearchBootstrap", "ElasticsearchExporter",
    "Exposure", "Filebeat", "Grafana", "HealthProbes", "Jaeger", "Kibana", "Logstash", "LogstashExporter", "LoginProxy",
    "Namespaces", "Prometheus", "RedisExporter",
}  # fmt: skip


@cache
def plan(stack: str, *, known: bool = True) -> Plan:
    return build(run(ROOT, stack, known=known, secrets=GIVEN if known else None))


def names(of: Plan) -> set[str]:
    return {resource.key for resource in of.resources}


@pytest.mark.parametrize("stack", STACKS)
def test_every_component_is_there(stack: str) -> None:
    kinds = {resource.type.rpartition(":")[2] for resource in plan(stack).resources if resource.component}
    assert kinds == COMPONENTS


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_shows_every_resource_of_a_real_run(stack: str) -> None:
    assert names(plan(stack, known=False)) == names(plan(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_every_pinned_chart_is_used_and_only_those(stack: str) -> None:
    used = Counter((release.chart, release.version) for release in plan(stack).releases)
    pinned = set(charts.CHARTS) - (set() if stack == "prod" else {charts.OTEL_COLLECTOR})
    assert set(used) == {(chart.name, chart.version) for chart in pinned}


@pytest.mark.parametrize("stack", STACKS)
def test_children_belong_to_components_and_begin_with_their_chart_or_their_name(stack: str) -> None:
    top = {resource.type for resource in plan(stack).resources if not resource.parent}
    assert all(kind.startswith(("neuroerp-observability:index:", "pulumi:providers:")) for kind in top)


@pytest.mark.parametrize("stack", STACKS)
def test_exports_are_urls_names_of_secrets_and_the_endpoint_and_nothing_else(stack: str) -> None:
    outputs = plan(stack).outputs
    assert set(outputs) == {"urls", "loginSecrets", "otlpEndpoint"}
    assert set(outputs["urls"]) == {"grafana", "kibana", "prometheus", "alertmanager", "jaeger"}
    assert outputs["loginSecrets"] == {
        "grafana": "grafana-admin",
        "kibana": "elasticsearch-user-kibana-user",
        "others": "ui-login",
    }
    assert outputs["otlpEndpoint"] == "http://otlp.observability.svc:4317"


@pytest.mark.parametrize("stack", STACKS)
def test_secrets_and_inventory_are_the_same(stack: str) -> None:
    from components import secrets  # noqa: PLC0415 - the modules are imported anew by each run

    made = {item.name for item in plan(stack).objects if item.kind == "Secret"}
    inventory = {spec.name: spec for spec in secrets.INVENTORY}
    assert made <= set(inventory)
    generated = {name for name, spec in inventory.items() if spec.origin == "generated"}
    assert generated <= made
    given = {"dev": set(), "prod": {"alertmanager-smtp", "alertmanager-heartbeat", "redis-password"}}[stack]
    assert made - generated == given


# Resource that comes later: what it must wait for, itself or through what it waits for.
ORDER = {
    "ServiceMonitor::jaeger-servicemonitor": "Release::prometheus-operator-crds",
    "ServiceMonitor::valeo-neuroerp-servicemonitor": "Release::prometheus-operator-crds",
    "Release::redis-exporter": "Release::prometheus-operator-crds",
    "Release::blackbox-exporter": "Release::prometheus-operator-crds",
    "Release::elastic-operator": "Release::prometheus-operator-crds",
    "Release::grafana": "Release::prometheus-operator-crds",
    "Release::alertmanager": "Release::prometheus",
    "Release::prometheus": "Namespace::namespaces-agents",
    "Release::elasticsearch": "Release::elastic-operator",
    "Release::kibana": "Release::elastic-operator",
    "Release::logstash": "Job::elasticsearch-bootstrap",
    "Release::filebeat": "Release::logstash",
    "Deployment::logstash-exporter": "Release::logstash",
    "ServiceMonitor::logstash-exporter-servicemonitor": "Release::prometheus-operator-crds",
    "Release::jaeger": "Secret::elasticsearch-user-jaeger",
    "Release::elasticsearch-exporter": "Secret::elasticsearch-user-exporter",
    "Job::elasticsearch-bootstrap": "Release::elasticsearch",
    "Job::kibana-bootstrap": "Release::kibana",
    "CronJob::elasticsearch-bootstrap-check": "Job::elasticsearch-bootstrap",
    "Release::elasticsearch ": "Secret::elasticsearch-user-logstash",
    "Deployment::prometheus-login": "Secret::ui-login",
}


def precedes(of: Plan) -> dict[str, set[str]]:
    """For each resource, all that are there before it: what it depends on, what its parents depend on, and so on."""
    short = {resource.key: f"{resource.type.rpartition(':')[2]}::{resource.name}" for resource in of.resources}
    direct = {r.key: set(r.dependencies) | ({r.parent} if r.parent else set()) for r in of.resources}
    done: dict[str, set[str]] = {}

    def before(key: str) -> set[str]:
        if key not in done:
            done[key] = set(direct[key]).union(*(before(other) for other in direct[key]))
        return done[key]

    return {short[key]: {short[other] for other in before(key)} for key in direct}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("later", "earlier"), ORDER.items())
def test_what_needs_another_comes_after_it(stack: str, later: str, earlier: str) -> None:
    assert earlier in precedes(plan(stack))[later.strip()]


def test_development_fits_on_a_laptop() -> None:
    from preview.totals import totals  # noqa: PLC0415

    found = totals(plan("dev"))
    assert found.cpu <= 2
    assert found.memory <= 6 * 2**30
    assert found.storage == 0


GOLDEN = ROOT / "tests/components/dev_prod.txt"


def test_development_and_production_differ_only_where_they_should(request: pytest.FixtureRequest) -> None:
    """`pytest --update-golden` writes the list after a wanted change."""
    lines = "\n".join(differences(plan("dev"), plan("prod"))) + "\n"
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(lines)
    assert lines == GOLDEN.read_text()


def differences(one: Plan, other: Plan) -> list[str]:
    """What only one stack has, and each value of a release that differs."""
    found = sorted(f"- {key}" for key in names(one) - names(other)) + sorted(
        f"+ {key}" for key in names(other) - names(one)
    )
    values = {release.name: release.values for release in other.releases}
    for release in one.releases:
        found += list(compare(release.name, release.values, values[release.name]))
    return found


def compare(path: str, one: object, other: object) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(set(one) | set(other))
        return [line for key in keys for line in compare(f"{path}.{key}", one.get(key, "-"), other.get(key, "-"))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for index, pair in pairs for line in compare(f"{path}[{index}]", *pair)]
    return [] if one == other else [f"~ {path}: {short(one)} -> {short(other)}"]


def short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def test_a_missing_given_secret_is_a_warning_in_a_preview_and_an_error_with_the_command_in_a_real_run() -> None:
    command = "password at the mail server is not set; run: pulumi config set --secret smtpPassword"
    assert ("warning", command) in plan("prod", known=False).log
    with pytest.raises(ProgramError) as error:
        run(ROOT, "prod", known=True, secrets={"redisPassword": "x"})
    assert command in str(error.value)
    assert "redisPassword" not in str(error.value)


def test_a_secret_in_plain_text_is_refused() -> None:
    with pytest.raises(
        ProgramError, match="smtpPassword: stands in plain text in the stack file; set another value: pulumi config"
    ):
        run(ROOT, "prod", config={"smtpPassword": "hunter2"})


def test_a_misspelt_configuration_key_is_refused() -> None:
    with pytest.raises(ProgramError, match=r"smptPassword: is not a configuration key; did you mean smtpPassword\?"):
        run(ROOT, "dev", secrets={"smptPassword": "x"})


def test_no_given_secret_stands_in_values() -> None:
    text = str([release.values for release in plan("prod").releases])
    assert not [value for value in GIVEN.values() if value in text]
