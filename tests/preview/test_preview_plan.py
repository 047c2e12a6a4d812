"""The plan as data: parents, providers, manifests, totals and needs."""

from pathlib import Path
from typing import Any

import pytest

from preview import wire
from preview.needs import needs
from preview.parts import Object, Release, Resource
from preview.plan import Plan
from preview.totals import totals
from tests.preview.preview_project import Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


def plan_of(*resources: Resource, log: tuple[tuple[str, str], ...] = ()) -> Plan:
    """A plan of these resources."""
    return Plan("p", "s", resources, {}, log)


def release(values: dict[str, Any], **inputs: Any) -> Resource:
    """A Helm release."""
    return Resource("kubernetes:helm.sh/v3:Release", "r", "", "", (), {"values": values, **inputs}, component=False)


def manifest(type_: str, **inputs: Any) -> Resource:
    """A Kubernetes object."""
    return Resource(f"kubernetes:{type_}", "o", "", "", (), inputs, component=False)


def test_resources_know_parent_provider_and_dependencies(project: Project) -> None:
    plan, _ = project.planned()
    secret = next(item for item in plan.resources if item.type == "kubernetes:core/v1:Secret")
    assert secret.parent == "test:index:Site::site"
    assert secret.provider == "pulumi:providers:kubernetes::cluster"
    assert secret.dependencies == ("random:index/randomPassword:RandomPassword::login",)
    assert [child.name for child in plan.children("")] == ["cluster", "site"]
    assert secret.name in [child.name for child in plan.children(secret.parent)]


def test_secrets_keep_their_keys_and_lose_their_values(project: Project) -> None:
    plan, _ = project.planned()
    (secret,) = (item for item in plan.objects if item.kind == "Secret")
    assert secret.manifest["stringData"] == {"password": wire.SECRET, "smtp": wire.SECRET}


def test_objects_are_manifests(project: Project) -> None:
    plan, _ = project.planned()
    apis = {(item.manifest["apiVersion"], item.kind, item.namespace, item.custom) for item in plan.objects}
    assert apis == {
        ("v1", "Namespace", "", False),
        ("v1", "Secret", "site", False),
        ("v1", "ConfigMap", "site", False),
        ("v1", "Service", "site", False),
        ("apps/v1", "Deployment", "site", False),
        ("networking.k8s.io/v1", "Ingress", "site", False),
        ("monitoring.coreos.com/v1", "PrometheusRule", "site", True),
    }


def test_a_manifest_gets_kind_and_name_where_the_inputs_have_none() -> None:
    (item,) = plan_of(manifest("apps/v1:Deployment")).objects
    assert item.manifest == {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "o"}}
    assert item.title == "Deployment default/o"


def test_gateways_are_custom_although_their_group_looks_built_in() -> None:
    (item,) = plan_of(manifest("gateway.networking.k8s.io/v1:HTTPRoute")).objects
    assert item.custom


@pytest.mark.parametrize(
    ("chart", "repository"),
    [
        ("grafana", "https://charts.example.com"),
        ("oci://registry.example.com/charts/grafana", "oci://registry.example.com/charts"),
        ("mirror/grafana-1.2.3.tgz", "mirror"),
        ("mirror/grafana", "mirror"),
    ],
)
def test_the_chart_of_a_release_is_known_wherever_it_comes_from(chart: str, repository: str) -> None:
    given = {"repositoryOpts": {"repo": repository}} if "/" not in chart else {}
    found = Release(release({}, chart=chart, version="1.2.3", **given))
    assert (found.chart, found.version, found.repository) == ("grafana", "1.2.3", repository)
    assert (found.name, found.namespace) == ("r", "default")


def test_the_plan_is_the_same_in_every_run(project: Project) -> None:
    assert project.planned()[0].to_json() == project.planned()[0].to_json()


def test_totals_of_the_small_project(project: Project) -> None:
    result = totals(project.planned()[0])
    assert (result.objects, result.custom_objects, result.releases) == (8, 1, 1)
    assert (result.cpu, result.memory, result.storage) == (3 * 0.25 + 2, 3 * 128 * 2**20 + 2 * 2**30, 2 * 5 * 2**30)


REQUESTS = {"requests": {"cpu": "500m", "memory": "1Gi"}}
CLAIM = {"spec": {"resources": {"requests": {"storage": "10Gi"}}}}


@pytest.mark.parametrize(
    ("values", "cpu", "storage"),
    [
        ({"resources": REQUESTS}, 0.5, 0),
        ({"replicas": 3, "server": {"resources": REQUESTS}}, 1.5, 0),
        ({"replicas": 3, "server": {"replicas": 2, "resources": REQUESTS}}, 1.0, 0),
        ({"replicaCount": 2, "resources": REQUESTS, "sidecar": {"resources": REQUESTS}}, 2.0, 0),
        ({"nodeSets": [{"count": 3, "resources": REQUESTS, "volumeClaimTemplates": [CLAIM]}]}, 1.5, 30),
        ({"spec": {"replicas": 2, "storageSpec": {"volumeClaimTemplate": CLAIM}}}, 0, 20),
        ({"replicas": 2, "persistence": {"enabled": True, "size": "5Gi"}}, 0, 10),
        ({"persistence": {"enabled": False, "size": "5Gi"}}, 0, 0),
        ({"part": {"enabled": False, "replicas": 2, "resources": REQUESTS}}, 0, 0),
        ({"replicas": None, "resources": REQUESTS}, 0.5, 0),
        (
            {"podTemplate": {"initContainers": [{"resources": REQUESTS}], "containers": [{"resources": REQUESTS}]}},
            0.5,
            0,
        ),
        ({"resources": {"requests": {"cpu": wire.COMPUTED}}}, 0, 0),
        ({"resources": {"requests": {"cpu": 2}}}, 2, 0),
    ],
)
def test_requests_are_multiplied_by_the_nearest_replicas(values: dict[str, Any], cpu: float, storage: float) -> None:
    result = totals(plan_of(release(values)))
    assert (result.cpu, result.storage) == (cpu, storage * 2**30)


def test_what_is_no_quantity_is_told() -> None:
    assert totals(plan_of(release({"resources": {"requests": {"cpu": "a lot"}}}))).unread == ["a lot"]


def test_needs_of_the_small_project(project: Project) -> None:
    project.change("  small:smtpPassword:\n    secure: AAABAKxyz\n", "", "Pulumi.dev.yaml")
    result = needs(project.planned()[0])
    assert result.secrets == (("password at the mail server", "pulumi config set --secret smtpPassword"),)
    assert result.dns_names == ("a.example.com",)
    assert result.ingress_classes == ("nginx",)
    assert result.tls_secrets == ("site/cert",)
    assert result.storage_classes == ("fast",)
    assert result.gateways == result.cluster_issuers == ()


def test_needs_of_routes_and_issuers() -> None:
    route = manifest(
        "gateway.networking.k8s.io/v1:HTTPRoute",
        spec={
            "hostnames": ["b.example.com"],
            "parentRefs": [{"name": "edge", "namespace": "gateways"}, {"name": "own"}],
        },
    )
    ingress = manifest(
        "networking.k8s.io/v1:Ingress",
        metadata={"annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"}},
        spec={
            "ingressClassName": "x",
            "rules": [{"host": "c.example.com"}],
            "tls": [{"hosts": ["d.example.com"], "secretName": "made"}],
        },
    )
    values = {
        "ingress": {"enabled": True, "className": "edge", "hosts": [{"host": "e.example.com"}]},
        "persistence": {"size": 1},
    }
    off = {"ingress": {"enabled": False, "hosts": ["f.example.com"]}}
    issuers = [{"kind": "ClusterIssuer", "name": "own"}, {"kind": "Issuer", "name": "here"}]
    certificates = [manifest("cert-manager.io/v1:Certificate", spec={"issuerRef": issuer}) for issuer in issuers]
    result = needs(plan_of(route, ingress, *certificates, release(values), release(off)))
    assert result.dns_names == ("b.example.com", "c.example.com", "e.example.com")
    assert result.gateways == ("gateways/edge", "own")
    assert result.cluster_issuers == ("letsencrypt", "own")
    assert result.ingress_classes == ("edge", "x")
    assert result.tls_secrets == ()
    assert result.storage_classes == ("the cluster's default",)


def test_an_ingress_without_a_class_needs_the_default_one() -> None:
    ingress = manifest("networking.k8s.io/v1:Ingress", spec={"rules": [{"host": "c.example.com"}]})
    assert needs(plan_of(ingress)).ingress_classes == ("the cluster's default",)


def test_objects_are_named_by_kind_and_namespace() -> None:
    (item,) = plan_of(manifest("core/v1:Namespace", metadata={"name": "n"})).objects
    assert isinstance(item, Object)
    assert item.title == "Namespace n"
