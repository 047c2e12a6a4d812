"""Special cases of the checks: what is judged beside the obvious, and what is not."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from preview.checks.objects import check_objects
from preview.checks.references import check_references, check_services
from preview.checks.resources import check_providers
from preview.kubernetes import NEWEST, OLDEST
from tests.preview.preview_project import Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


def test_names_in_namespaces_of_others_are_not_judged(project: Project) -> None:
    assert project.change("metrics-api.site.svc:8080", "api.shop.svc:8080").reasons(check_services) == []


def test_optional_and_switched_off_references_are_not_judged(project: Project) -> None:
    project.change('{"name": "login", "key": "password"}', '{"name": "nobody", "key": "x", "optional": True}')
    project.change('"admin": {"existingSecret": "login"', '"admin": {"enabled": False, "existingSecret": "nobody"')
    assert project.reasons(check_references) == []


def test_routes_of_the_gateway_api_are_judged_too(project: Project) -> None:
    route = (
        'k8s.apiextensions.CustomResource("r", api_version="gateway.networking.k8s.io/v1", kind="HTTPRoute", '
        'metadata=named("r"), spec={"rules": [{"backendRefs": [{"name": "web", "port": 8}]}]}, opts=child)\n'
        "        self.host = p"
    )
    (reason,) = project.change("self.host = p", route).reasons(check_services)
    assert "HTTPRoute site/r: spec.rules[0].backendRefs[0] names port 8 of Service web" in reason


def test_without_default_providers_every_resource_needs_one(project: Project) -> None:
    project.change("config:\n", 'config:\n  pulumi:disable-default-providers: ["*"]\n', "Pulumi.dev.yaml")
    assert project.reasons(check_providers) == [
        "RandomPassword login has no explicit provider; make it the child of a component that has one"
    ]


def test_a_kind_that_a_version_does_not_serve_is_told(project: Project) -> None:
    project.change(
        "k8s.networking.v1.Ingress(",
        'k8s.apiextensions.CustomResource(kind="Ingress", api_version="networking.k8s.io/v9", ',
    ).change('"web",\n            metadata=named("web"),', 'resource_name="web", metadata=named("web"),')
    reasons = project.reasons(check_objects)
    assert reasons == ["Ingress site/web: networking.k8s.io/v9 is not served (Kubernetes 1.33, 1.37)"]


def test_the_newest_kubernetes_is_the_newest_that_is_bundled() -> None:
    spec = find_spec("kubernetes_validate")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema"
    bundled = {tuple(map(int, path.name[1:].split(".")[:2])) for path in folder.glob("v*-local-strict")}
    assert max(bundled) == tuple(map(int, NEWEST.split(".")))
    assert tuple(map(int, OLDEST.split("."))) in bundled
