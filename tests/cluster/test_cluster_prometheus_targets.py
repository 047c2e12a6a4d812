"""The real Prometheus with the configuration that the operator wrote: what it finds, under which labels."""

import pytest

from tests.cluster.change import changed
from tests.cluster.monitoring_checks import written
from tests.cluster.pods import PodProcess, unreadable
from tests.cluster.servers import Servers, wrong_targets
from tests.waiting import settled

OURS = "serviceMonitor/observability/valeo-neuroerp/0"


def expected(servers: Servers, **other: str) -> list[dict[str, str]]:
    """The labels that rules and dashboards know, for each pod."""
    common = {
        "job": "valeo-neuroerp",
        "namespace": servers.monitoring.app_namespace,
        "service": "neuroerp-api",
        "container": "api",
        **other,
    }
    return [
        {**common, "pod": pod["metadata"]["name"], "instance": f"{pod['status']['podIP']}:8080"}
        for pod in servers.app_pods
    ]


def complaints(servers: Servers, pool: str) -> list[str]:
    return wrong_targets(servers.targets(pool), expected(servers))


def test_the_application_is_found_with_exactly_the_labels_that_rules_read(servers: Servers) -> None:
    assert settled("targets", lambda: complaints(servers, OURS), 30) == []


# Mutant of the scrape job: what is to be seen of it.
MUTANTS = {
    "wrong-label": "no target has",
    "wrong-namespace": "no target has",
    "no-namespace": "no target has",
    "wrong-port": "no target has",
    "no-labeldrop": "'endpoint': 'http'",
    "no-job": "'job': 'neuroerp-api'",
}


@pytest.mark.parametrize(("mutant", "symptom"), MUTANTS.items())
def test_a_mistake_in_the_scrape_job_is_seen(servers: Servers, mutant: str, symptom: str) -> None:
    assert settled("targets", lambda: complaints(servers, OURS), 30) == []
    found = complaints(servers, f"serviceMonitor/observability/{mutant}/0")
    assert [line for line in found if symptom in line]


def test_every_alertmanager_is_found(servers: Servers) -> None:
    replicas = servers.monitoring.alertmanager["spec"]["replicas"]

    def missing() -> list[str]:
        found = servers.prometheus("alertmanagers")["activeAlertmanagers"]
        return [] if len(found) == replicas else [f"{found}, not {replicas}"]

    assert settled("alertmanagers", missing, 30) == []


def test_every_rule_is_loaded_and_evaluated_without_an_error(servers: Servers) -> None:
    loaded = [rule for group in servers.prometheus("rules")["groups"] for rule in group["rules"]]
    ours = [made for made in servers.monitoring.selected if made["kind"] == "PrometheusRule"]
    given = [rule for made in ours for group in made["spec"]["groups"] for rule in group["rules"]]
    assert len(loaded) == len(given)
    assert [rule["name"] for rule in loaded if rule.get("lastError")] == []


def config(servers: Servers) -> str:
    name = servers.monitoring.alertmanager["metadata"]["name"]
    space = servers.monitoring.stack.platform
    return written(servers.api, space, f"alertmanager-{name}-generated", "alertmanager.yaml.gz")


def test_every_file_that_the_configuration_names_is_mounted(servers: Servers) -> None:
    named = {"dev": 0, "prod": 2}[servers.monitoring.stack.name]
    assert config(servers).count("_file:") == named
    assert unreadable(servers.processes["alertmanager"], config(servers)) == []


@pytest.mark.parametrize("deployment", ["prod"], indirect=True)
@pytest.mark.parametrize("mistake", ["no mount", "no secret", "no key"])
def test_a_secret_that_does_not_reach_alertmanager_is_seen(servers: Servers, mistake: str) -> None:
    """The API server, the operator and Alertmanager itself find nothing wrong with the first one."""
    process = servers.processes["alertmanager"]
    pod, place = process.pod, "secret-alertmanager-smtp"
    volumes, container = pod["spec"]["volumes"], process.container
    volume = next(number for number, made in enumerate(volumes) if made["name"] == place)
    number = pod["spec"]["containers"].index(container)
    if mistake == "no mount":
        mounts = [mount for mount in container["volumeMounts"] if mount["name"] != place]
        mutant = changed(pod, f"spec|containers|{number}|volumeMounts", mounts)
    elif mistake == "no secret":
        mutant = changed(pod, f"spec|volumes|{volume}|secret|secretName", "alertmanager-smpt")
    else:
        items = [{"key": "pass", "path": "password"}]
        mutant = changed(pod, f"spec|volumes|{volume}|secret|items", items)
    (complaint,) = unreadable(PodProcess(servers.plane, mutant, "alertmanager", {}), config(servers))
    assert (
        complaint
        == {
            "no mount": "/etc/alertmanager/secrets/alertmanager-smtp/password: is not mounted",
            "no secret": "MountVolume.SetUp failed: secret alertmanager-smpt not found",
            "no key": "MountVolume.SetUp failed: secret alertmanager-smtp has no key pass",
        }[mistake]
    )
