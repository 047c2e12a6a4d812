"""What a change of the settings does to a stack that is there: what it says, and nothing is taken away for it."""

from typing import Any

from tests.components.platform_settings import REMOVED
from tests.engine.checks import harmful, moved
from tests.engine.lives import Lives
from tests.engine.outcome import Run

JOB = "Job::elasticsearch-bootstrap"
NEW_JOB = [f"create-replacement {JOB}", f"delete-replaced {JOB}", f"replace {JOB}"]
DASHBOARDS = [f"update ConfigMap::grafana-dashboard-neuroerp-{name}" for name in (
    "api-performance", "business", "observability-platform", "performance", "system-overview")]  # fmt: skip
SMALL = {"cpu": "77m", "memory": "333Mi"}
EVERY_SECTION = {
    "cluster.context": "renamed",
    "application.service": "api",
    "alerting.email.to": ["others@example.com"],
    "logs.retentionDays": 31,
    "exposure.domain": "other.example.com",
    "exposure.login.resources": SMALL,
    "prometheus.retention": "36d",
    "alertmanager.resources": SMALL,
    "grafana.resources": SMALL,
    "elasticOperator.resources": SMALL,
    "elasticsearch.nodes": 5,
    "bootstrap.checkSchedule": "0 5 * * *",
    "elasticsearchExporter.resources": SMALL,
    "kibana.replicas": 3,
    "logstash.replicas": 3,
    "logstashExporter.resources": SMALL,
    "filebeat.resources": SMALL,
    "jaeger.retentionDays": 15,
    "collector.resources": SMALL,
    "healthProbes.resources": SMALL,
    "redisExporter.address": "redis://other.example.com:6379",
}


def change(lives: Lives, name: str, settings: dict[str, Any]) -> Run:
    """The preview of a change of a stack that is there."""
    stack = lives.there(name)
    for path, value in settings.items():
        stack.setting(f"platform.{path}", value)
    return stack.preview()


def test_another_retention_updates_that_one_release_in_that_one_value(lives: Lives) -> None:
    run = change(lives, "dev", {"prometheus.retention": "5d"})
    assert run.steps == ["update Release::prometheus"]
    assert run.changes == {"Release::prometheus": ["values.prometheus.prometheusSpec.retention"]}


def test_another_name_of_the_context_touches_nothing_in_the_cluster(lives: Lives) -> None:
    run = change(lives, "prod", {"cluster.context": "renamed"})
    assert run.steps == ["update kubernetes::cluster"]
    assert run.changes == {"kubernetes::cluster": ["context"]}


def test_without_an_identifier_of_the_cluster_it_would_replace_everything(lives: Lives) -> None:
    stack = lives.there("dev").setting("platform.cluster.context", "renamed")
    line = "        cluster_identifier=settings.identifier or pulumi.get_stack(),\n"
    found = harmful(stack.rewritten(line, "", "components/cluster.py").preview())
    assert {"replace kubernetes::cluster", "replace Release::elasticsearch", "replace Secret::grafana-admin"} <= {
        *found
    }


def test_a_host_of_one_ui_comes_and_goes_in_place_wherever_it_stands(lives: Lives) -> None:
    stack = lives.there("dev").setting("platform.exposure.hosts", {"kibana": "logs.example.com"})
    expected = [*DASHBOARDS, "update Ingress::exposure-kibana", "update Release::kibana"]
    assert stack.up().steps == expected
    assert stack.setting("platform.exposure.hosts", REMOVED).preview().steps == expected


def test_a_provider_that_replaces_config_maps_would_be_noticed(lives: Lives) -> None:
    stack = lives.there("dev").setting("platform.exposure.hosts", {"kibana": "logs.example.com"})
    stack.rewritten("        enable_config_map_mutable=True,\n", "", "components/cluster.py")
    assert f"replace {DASHBOARDS[0].removeprefix('update ')}" in harmful(stack.preview())


def test_uis_that_are_no_longer_exposed_take_only_their_own_things_with_them(lives: Lives) -> None:
    run = change(lives, "dev", {"exposure.login": REMOVED})
    taken = [step.partition(" ") for step in harmful(run)]
    assert {operation for operation, _, _ in taken} == {"delete"}
    own = {name for ui in ("alertmanager", "jaeger", "prometheus") for name in (f"{ui}-login", f"exposure-{ui}")}
    assert {key.partition("::")[2] for _, _, key in taken} == own | {"login-proxy-cookie", "ui-login"}
    assert [step for step in run.steps if step.startswith("create")] == []


def test_other_payloads_make_a_new_job_before_the_old_one_goes_and_nothing_else(lives: Lives) -> None:
    stack = lives.there("dev").setting("platform.logs.retentionDays", 5)
    run = stack.up()
    assert run.steps == [*NEW_JOB, "update ConfigMap::elasticsearch-bootstrap-payloads"]
    calls = [f"{call.what} {call.key}" for call in stack.world.calls]
    assert calls[-4:] == [f"create {JOB}", f"create done {JOB}", f"delete {JOB}", f"delete done {JOB}"]


def test_a_change_in_every_section_moves_nothing_and_replaces_only_the_job(lives: Lives) -> None:
    run = change(lives, "prod", EVERY_SECTION)
    assert run.code == 0, run.text
    assert harmful(run) == NEW_JOB
    assert moved(run) == []
    releases = {step.removeprefix("create ") for step in lives.life("prod").up.steps if "Release::" in step}
    updated = {step.removeprefix("update ") for step in run.steps if "update Release::" in step}
    assert releases - updated == {"Release::prometheus-operator-crds"}


def test_a_name_that_comes_from_a_setting_is_noticed(lives: Lives) -> None:
    stack = lives.there("prod").setting("platform.healthProbes.replicas", 3)
    found = moved(stack.rewritten('"blackbox-exporter"', 'f"blackbox-{s.health_probes.replicas}"').preview())
    assert {"create HealthProbes::blackbox-3", "create Release::blackbox-3"} <= {*found}
    assert {"delete HealthProbes::blackbox-exporter", "delete Release::blackbox-exporter"} <= {*found}
