"""The real Prometheus operator takes what the stacks give it, and writes configurations that do what we mean."""

import pytest

from tests.cluster.change import changed, named
from tests.cluster.monitoring import Monitoring
from tests.cluster.monitoring_checks import (
    lost_upstreams,
    misconfigured,
    misrouted,
    not_accepted,
    not_delivered,
    not_reconciled,
    not_selected,
    prometheus_config,
    refused_by,
    rule_files,
)
from tests.cluster.object_checks import not_started
from tests.needs import need
from tests.waiting import settled, wait

# Labels of alerts and the receiver that they must reach.
ROUTES = {
    "alertname=Watchdog severity=none": "heartbeat",
    "alertname=Anything severity=info": "null",
    "alertname=HighErrorRate severity=critical component=app": "team-email-critical",
    "alertname=HighLatency severity=warning component=app": "team-email",
    "alertname=LowRevenue severity=warning component=business": "business-email",
    "alertname=NoSeverity": "team-email",
}


def routes(monitoring: Monitoring) -> dict[str, str]:
    """The same, where there may be no dead-man's switch."""
    heartbeat = any(receiver["name"] == "heartbeat" for receiver in monitoring.given_config["receivers"])
    return ROUTES if heartbeat else {**ROUTES, "alertname=Watchdog severity=none": "null"}


def server(monitoring: Monitoring) -> str:
    return str(monitoring.prometheus["metadata"]["name"])


def test_both_servers_are_reconciled_and_their_pods_run(monitoring: Monitoring) -> None:
    made = [monitoring.prometheus, monitoring.alertmanager]
    names = [f"{kind}-{kind}-{kind}" for kind in ("prometheus", "alertmanager")]
    api, space = monitoring.api, monitoring.stack.platform
    assert settled("the servers", lambda: not_started(api, space, names)) == []
    assert not_reconciled(api, made) == []


def test_every_object_of_ours_and_of_other_namespaces_is_selected(monitoring: Monitoring) -> None:
    rules = rule_files(monitoring.api, monitoring.stack.platform, server(monitoring))
    kinds = {made["kind"] for made in monitoring.selected}
    assert kinds == {"ServiceMonitor", "Probe", "PrometheusRule", "ScrapeConfig"}
    assert {made["kind"] for made in monitoring.elsewhere} == kinds
    assert not_selected(monitoring.config, rules, monitoring.selected) == []
    assert not_accepted(monitoring.api, monitoring.selected) == []


def test_with_the_selectors_of_the_chart_nothing_of_ours_is_selected(monitoring: Monitoring) -> None:
    api, space = monitoring.api, monitoring.stack.platform
    wait("the mutant", lambda: prometheus_config(api, space, "mutant"))
    config, rules = prometheus_config(api, space, "mutant"), rule_files(api, space, "mutant")
    assert len(not_selected(config, rules, monitoring.selected)) == len(monitoring.selected)


def test_a_relabeling_that_does_not_parse_is_seen(monitoring: Monitoring) -> None:
    mutant = monitoring.mutant_monitors["bad-regex"]
    (complaint,) = not_accepted(monitoring.api, [mutant])
    assert "invalid regex" in complaint
    assert not_selected(monitoring.config, [], [mutant]) != []


def test_the_configuration_of_prometheus_is_valid(monitoring: Monitoring) -> None:
    promtool = need("promtool")["promtool"]
    config = monitoring.config
    space = monitoring.deployment.plane.namespace
    assert len(config["scrape_configs"]) >= 5
    assert refused_by(space, promtool, "check", "config", content=config) == []
    # And that it is no check in name alone:
    (complaint,) = refused_by(space, promtool, "check", "config", content={**config, "scrape_config": []})
    assert "field scrape_config not found" in complaint


def test_every_rule_file_is_valid(monitoring: Monitoring) -> None:
    namespace, promtool = monitoring.deployment.plane.namespace, need("promtool")["promtool"]
    files = rule_files(monitoring.api, monitoring.stack.platform, server(monitoring))
    ours = [made for made in monitoring.selected if made["kind"] == "PrometheusRule"]
    assert len(files) == len(ours)
    for text in files.values():
        file = namespace.folder / "rules.yaml"
        file.write_text(text)
        assert "SUCCESS" in namespace.run(promtool, "check", "rules", file)


def test_alerts_go_to_the_service_of_alertmanager(monitoring: Monitoring) -> None:
    assert not_delivered(monitoring.config, monitoring.services) == []


@pytest.mark.parametrize(("field", "value"), [("name", "alertmanager"), ("port", "web"), ("namespace", "default")])
def test_alerts_that_go_astray_are_seen(monitoring: Monitoring, field: str, value: str) -> None:
    api, space = monitoring.api, monitoring.stack.platform
    mutant = changed(monitoring.prometheus, f"spec|alerting|alertmanagers|0|{field}", value)
    mutant = changed(changed(mutant, "spec|replicas", 0), "metadata|name", f"astray-{field}")
    monitoring.deployment.make(mutant)
    config = wait("the mutant", lambda: prometheus_config(api, space, f"astray-{field}"))
    (complaint,) = not_delivered(config, monitoring.services)
    assert complaint.endswith("which is not there")
    assert value in complaint


def test_without_an_alertmanager_alerts_go_nowhere(monitoring: Monitoring) -> None:
    assert not_delivered({**monitoring.config, "alerting": {}}, monitoring.services) == ["alerts go nowhere"]


def test_the_login_proxies_lead_to_the_services_of_both_servers(monitoring: Monitoring) -> None:
    manifests, services = monitoring.stack.manifests, monitoring.services
    proxies = [named(manifests, "Deployment", f"{name}-login") for name in ("prometheus", "alertmanager")]
    assert lost_upstreams(proxies, services) == []
    renamed = [changed(services[0], "metadata|name", "prometheus-server"), *services[1:]]
    (complaint,) = lost_upstreams(proxies, renamed)
    assert complaint.endswith("--upstream=http://prometheus-prometheus:9090/ is not there")


def test_the_configuration_of_alertmanager_is_ours_and_valid(monitoring: Monitoring) -> None:
    amtool = need("amtool")["amtool"]
    config = monitoring.alertmanager_config()
    assert misconfigured(monitoring.given_config, config) == []
    assert refused_by(monitoring.deployment.plane.namespace, amtool, "check-config", content=config) == []


@pytest.mark.parametrize("mutant", ["missing", "key"])
def test_a_configuration_that_the_operator_does_not_find_is_seen(monitoring: Monitoring, mutant: str) -> None:
    """The operator calls such an Alertmanager reconciled; it runs, and sends nothing."""
    config = wait("the mutant", lambda: monitoring.alertmanager_config(f"mutant-{mutant}"))
    complaints = misconfigured(monitoring.given_config, config)
    assert "receivers: is not as configured" in complaints
    (_, made) = monitoring.mutant_alertmanagers[mutant]
    assert not_reconciled(monitoring.api, [made]) == []


def test_a_receiver_that_is_not_there_is_seen(monitoring: Monitoring) -> None:
    (_, made) = monitoring.mutant_alertmanagers["receiver"]
    amtool, space = need("amtool")["amtool"], monitoring.deployment.plane.namespace
    wait("the mutant", lambda: "undefined receiver" in str(not_reconciled(monitoring.api, [made])))
    config = changed(monitoring.given_config, "route|receiver", "oncall")
    (complaint,) = refused_by(space, amtool, "check-config", content=config)
    assert 'undefined receiver "oncall"' in complaint


def test_every_alert_reaches_its_receiver(monitoring: Monitoring) -> None:
    amtool, space = need("amtool")["amtool"], monitoring.deployment.plane.namespace
    assert misrouted(space, amtool, monitoring.alertmanager_config(), routes(monitoring)) == []


def test_routes_without_the_critical_receiver_are_seen(monitoring: Monitoring) -> None:
    amtool, space = need("amtool")["amtool"], monitoring.deployment.plane.namespace
    config = monitoring.alertmanager_config()
    left = [route for route in config["route"]["routes"] if route["receiver"] != "team-email-critical"]
    complaints = misrouted(space, amtool, changed(config, "route|routes", left), routes(monitoring))
    critical = "alertname=HighErrorRate severity=critical component=app"
    assert complaints == [f"{critical}: goes to team-email, not to team-email-critical"]
    typo = {critical.replace("severity=critical", "severity=crit"): "team-email-critical"}
    assert misrouted(space, amtool, config, typo) != []
