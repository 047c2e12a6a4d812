"""What other settings than those of the two stacks ask for."""

import json
from pathlib import Path
from typing import Any

from preview.parts import Object, Release
from preview.plan import Plan, build
from preview.run import run
from tests.components.platform_settings import changed, platform

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = {
    "kind": "gateway",
    "domain": "obs.example.com",
    "gateway": {"name": "edge", "namespace": "edge", "sectionName": "https"},
}
OIDC = {"issuerUrl": "https://id.example.com", "clientId": "obs", "allowedGroups": ["platform"]}


def plan(path: str, value: Any, **secrets: str) -> Plan:
    settings = changed(platform("dev"), path, value)
    return build(run(ROOT, "dev", known=True, config={"platform": json.dumps(settings)}, secrets=secrets))


def release(of: Plan, name: str) -> Release:
    return next(release for release in of.releases if release.name == name)


def objects(of: Plan, kind: str) -> dict[str, Object]:
    return {item.name: item for item in of.objects if item.kind == kind}


def test_nothing_without_a_login_is_exposed() -> None:
    found = plan("exposure", {"kind": "ingress", "domain": "obs.example.com"})
    assert set(objects(found, "Ingress")) == {"grafana", "kibana"}
    assert set(found.outputs["urls"]) == {"grafana", "kibana"}
    assert set(objects(found, "Deployment")) == {"logstash-exporter"}
    assert "externalUrl" not in release(found, "prometheus").values["prometheus"]["prometheusSpec"]


def test_without_exposure_there_is_no_way_in() -> None:
    found = plan("exposure", {"kind": "none", "login": {}})
    assert objects(found, "Ingress") == objects(found, "HTTPRoute") == {}
    assert set(objects(found, "Deployment")) == {"logstash-exporter"}
    assert found.outputs["urls"] == {}
    assert "ui-login" not in objects(found, "Secret")


def test_a_gateway_gets_routes_and_the_proxies_stand_behind_them() -> None:
    found = plan("exposure", {**GATEWAY, "login": {}})
    routes = objects(found, "HTTPRoute")
    assert set(routes) == {"grafana", "kibana", "prometheus", "alertmanager", "jaeger"}
    spec = routes["prometheus"].manifest["spec"]
    assert spec["parentRefs"] == [{"name": "edge", "namespace": "edge", "sectionName": "https"}]
    assert spec["hostnames"] == ["prometheus.obs.example.com"]
    assert spec["rules"][0]["backendRefs"] == [{"name": "prometheus-login", "port": 80}]
    assert routes["grafana"].manifest["spec"]["rules"][0]["backendRefs"] == [{"name": "grafana", "port": 80}]
    assert found.outputs["urls"]["prometheus"] == "https://prometheus.obs.example.com"


def test_certificates_come_from_cert_manager_or_from_a_secret_of_the_user() -> None:
    base = {"kind": "ingress", "domain": "obs.example.com", "className": "traefik"}
    issued = objects(plan("exposure", {**base, "tls": {"clusterIssuer": "le"}}), "Ingress")["grafana"].manifest
    assert issued["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "le"
    assert issued["spec"]["tls"] == [{"hosts": ["grafana.obs.example.com"], "secretName": "grafana-tls"}]
    assert issued["spec"]["ingressClassName"] == "traefik"
    given = objects(plan("exposure", {**base, "tls": {"secretName": "wildcard"}}), "Ingress")["grafana"].manifest
    assert "cert-manager.io/cluster-issuer" not in given["metadata"]["annotations"]
    assert given["spec"]["tls"] == [{"hosts": ["grafana.obs.example.com"], "secretName": "wildcard"}]


def test_an_identity_provider_replaces_the_generated_user() -> None:
    login = {"oidc": OIDC}
    found = plan(
        "exposure", {"kind": "ingress", "domain": "obs.example.com", "login": login}, oidcClientSecret="given-oidc"
    )
    assert "ui-login" not in objects(found, "Secret")
    assert "oidc-client" in objects(found, "Secret")
    container = objects(found, "Deployment")["jaeger-login"].manifest["spec"]["template"]["spec"]["containers"][0]
    assert "--oidc-issuer-url=https://id.example.com" in container["args"]
    assert "--allowed-group=platform" in container["args"]
    assert "--redirect-url=http://jaeger.obs.example.com/oauth2/callback" in container["args"]
    assert {variable["name"] for variable in container["env"]} == {
        "OAUTH2_PROXY_COOKIE_SECRET",
        "OAUTH2_PROXY_CLIENT_SECRET",
    }
    assert found.outputs["loginSecrets"]["others"] == ""


def test_a_database_makes_two_grafanas_possible() -> None:
    grafana = {"replicas": 2, "database": {"host": "db.example.com"}}
    found = plan("grafana", grafana, grafanaDatabasePassword="given-database")
    values = release(found, "grafana").values
    assert values["replicas"] == 2
    assert values["grafana.ini"]["database"]["host"] == "db.example.com:5432"
    assert values["grafana.ini"]["database"]["password"].startswith("$__file{/etc/secrets/database/")
    assert "database" in {mount["name"] for mount in values["extraSecretMounts"]}
    assert values["podDisruptionBudget"] == {"minAvailable": 1}
    assert "persistence" not in values
    assert "grafana-database" in objects(found, "Secret")


def test_a_job_outside_kubernetes_becomes_a_scrape_config() -> None:
    target = {"job": "mainframe", "targets": ["mainframe.example.com:9100"], "scheme": "HTTPS"}
    scrape = objects(plan("prometheus.extraTargets", [target]), "ScrapeConfig")["mainframe"].manifest["spec"]
    assert scrape["staticConfigs"] == [{"targets": ["mainframe.example.com:9100"]}]
    assert scrape["scheme"] == "HTTPS"


def test_crds_that_are_there_are_left_alone() -> None:
    found = plan("prometheus.installCrds", False)
    assert "prometheus-operator-crds" not in {release.name for release in found.releases}


def test_a_kept_namespace_is_protected() -> None:
    recording = run(ROOT, "prod", known=True, secrets={"smtpPassword": "a", "heartbeatUrl": "b", "redisPassword": "c"})
    protected = {request.name for request in recording.requests if request.protect}
    assert protected == {"namespaces-platform", "namespaces-agents"}
    assert not [request.name for request in run(ROOT, "dev").requests if request.protect]


def test_charts_come_from_the_mirror() -> None:
    found = plan("charts", {"mirror": "https://charts.example.com"})
    assert {release.repository for release in found.releases} == {"https://charts.example.com"}
