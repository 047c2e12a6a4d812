"""The way in by the Gateway API: our routes on a real API server with its definitions."""

import json

import pytest

from tests.cluster.api import Manifest
from tests.cluster.change import GONE, changed
from tests.cluster.deployment import Deployment
from tests.cluster.object_checks import refused
from tests.cluster.stack_objects import stack_objects
from tests.components.platform_settings import changed as setting
from tests.components.platform_settings import platform

EDGE = {"name": "edge", "namespace": "edge", "sectionName": "https"}
EXPOSURE = {"kind": "gateway", "domain": "obs.example.com", "gateway": EDGE, "login": {}}


@pytest.fixture(scope="module")
def routes() -> list[Manifest]:
    settings = setting(platform("dev"), "exposure", EXPOSURE)
    made = stack_objects("dev", json.dumps(settings)).manifests
    return [manifest for manifest in made if manifest["kind"] == "HTTPRoute"]


def test_every_route_is_accepted(deployment: Deployment, routes: list[Manifest]) -> None:
    assert len(routes) == 5
    assert refused(deployment.api, routes, dry=True) == []


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("spec|parentRefs|0|name", GONE, "spec.parentRefs[0].name: Required value"),
        ("spec|hostnames|0", "https://x.example.com", "spec.hostnames[0]"),
        ("spec|rules|0|backendRefs|0|ports", 80, "ports: field not declared in schema"),
    ],
)
def test_a_route_with_a_mistake_is_refused(
    deployment: Deployment, routes: list[Manifest], path: str, value: object, reason: str
) -> None:
    (complaint,) = refused(deployment.api, [changed(routes[0], path, value)], dry=True)
    assert reason in complaint
