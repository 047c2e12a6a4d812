"""An alert silences its consequences and its smaller version, and nothing else: on a real Alertmanager."""

from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from alerts import slos
from tests.alerts import examples
from tests.alerts.alertmanager import Alertmanager, running
from tests.alerts.examples import HERE, settings
from tests.alerts.inhibitions import PLACES, Silenced, silenced
from tests.waiting import wait

Rules = list[dict[str, Any]]


def wanted() -> dict[str, dict[str, set[str]]]:
    """What silences what, with the alerts of every objective in their place."""
    pairs = [slos.alert_names(name, slo) for name, slo in slos.load().items()]
    every = {name for pair in pairs for name in pair}
    made = {
        source: {where: {*names} - {EVERY} | (every if EVERY in names else set()) for where, names in places.items()}
        for source, places in yaml.safe_load((Path(__file__).parent / "inhibited.yaml").read_text()).items()
    }
    return {**made, **{fast: {"same": {slow}} for fast, slow in pairs}}


EVERY = "every objective"
WANTED = wanted()


def config() -> dict[str, Any]:
    return alerts.config(settings("prod"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Silenced:
    return silenced(tmp_path_factory.mktemp("alertmanager"), config(), examples.names())


def expected(source: str, where: str) -> set[str]:
    """What an alert should silence at a place; an alert with the same labels at both is looked at once."""
    silenced_by = WANTED.get(source, {})
    names = silenced_by.get("everywhere", set()) | (silenced_by.get("same", set()) if where == "here" else set())
    place = PLACES[where]
    return {name for name in names if where == "here" or examples.labels(name, place) != examples.labels(name, HERE)}


def differences(of: Silenced) -> list[str]:
    """Alerts that are silenced and should not be, and those that should be and are not."""
    lines = []
    for source in of:
        for where in PLACES:
            is_, should = of[source].get(where, set()), expected(source, where)
            lines += [f"{source} silences {name}, {where}" for name in sorted(is_ - should)]
            lines += [f"{source} does not silence {name}, {where}" for name in sorted(should - is_)]
    return lines


def test_an_alert_silences_exactly_what_it_should(found: Silenced) -> None:
    assert differences(found) == []
    assert set(WANTED) <= set(examples.names())


def test_both_stacks_silence_alike() -> None:
    assert alerts.config(settings("dev"))["inhibit_rules"] == config()["inhibit_rules"]


def test_what_fires_at_once_is_never_silenced_as_a_whole(found: Silenced) -> None:
    by = {target: {source for source in found if target in found[source]["here"]} for target in examples.names()}
    order = list(TopologicalSorter(by).static_order())
    assert [name for name in order if not by[name]]


def test_what_silences_is_as_loud_as_what_it_silences(found: Silenced) -> None:
    loud = {name: ["none", "warning", "critical"].index(examples.labels(name)["severity"]) for name in examples.names()}
    pairs = {(source, name) for source, places in found.items() for names in places.values() for name in names}
    assert len(pairs) > 50
    assert [pair for pair in pairs if loud[pair[0]] < loud[pair[1]]] == []


def test_nothing_silences_the_monitoring_of_the_monitoring(found: Silenced) -> None:
    ever = {name for places in found.values() for names in places.values() for name in names}
    components = {name: examples.labels(name)["component"] for name in ever}
    assert {name for name in ever if components[name] == "monitoring"} == {"ExporterAbsent"}
    assert "Watchdog" not in ever
    assert "node" not in components.values()


def test_a_service_that_is_down_silences_its_own_warnings_and_nobody_elses(tmp_path: Path) -> None:
    quiet = {**config(), "receivers": [{"name": receiver["name"]} for receiver in config()["receivers"]]}
    neighbour = examples.labels("HighCPUUsage", PLACES["other service"])
    own = examples.labels("HighCPUUsage")
    with running(tmp_path, quiet) as server:
        server.fire([examples.labels("EndpointProbeFailed"), neighbour, own])
        wait("the own warning", lambda: asked(server, own)["inhibitedBy"])
        assert asked(server, neighbour)["inhibitedBy"] == []
        server.fire([examples.labels("EndpointProbeFailed")], seconds=0)
        wait("the warning after the outage", lambda: not asked(server, own)["inhibitedBy"])


def asked(server: Alertmanager, labels: dict[str, str]) -> dict[str, Any]:
    (status,) = (alert["status"] for alert in server.alerts() if alert["labels"] == labels)
    return dict(status)


def wider(index: int, **parts: list[str]) -> Callable[[Rules], None]:
    return lambda rules: rules[index].update(parts)


MUTATIONS = {
    "a service silences its neighbours": (
        wider(0, equal=["namespace"]),
        "EndpointProbeFailed silences HighErrorRate, other service",
    ),
    "a namespace silences another one": (
        wider(1, equal=[]),
        "EndpointProbeFailed silences RevenueStalled, other namespace",
    ),
    "an outage silences every component": (
        wider(0, target_matchers=['outage=""', 'service!=""']),
        "EndpointProbeFailed silences TLSCertificateExpiringSoon, here",
    ),
    "one objective silences another": (
        wider(3, equal=["namespace", "service"]),
        "HighErrorRate silences LatencyBudgetBurnSlow, here",
    ),
    "an expiry silences a disk": (
        wider(4, equal=[]),
        "TLSCertificateExpiryCritical silences ElasticsearchDiskLow, here",
    ),
    "a rule is gone": (lambda rules: rules.pop(5), "ElasticsearchClusterRed does not silence SpansExportFailed, here"),
    "a name is misspelt": (
        wider(6, source_matchers=['alertname="RedisIsDown"']),
        "RedisDown does not silence HealthCheckFailing, here",
    ),
}


@pytest.mark.parametrize(("change", "says"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_rule_that_silences_too_much_or_too_little_is_found(
    tmp_path: Path, change: Callable[[Rules], None], says: str
) -> None:
    broken = config()
    change(broken["inhibit_rules"])
    assert says in differences(silenced(tmp_path, broken, [says.partition(" ")[0]]))
