"""The demo's manifests on a real API server, in a namespace under Pod Security *restricted*."""

from pathlib import Path

import pytest
import yaml

from tests.cluster.api import Api, Manifest
from tests.cluster.change import GONE, changed, named
from tests.cluster.chart_objects import make
from tests.cluster.control_plane import ControlPlane
from tests.cluster.object_checks import changed_by_applying, not_started, refused
from tests.cluster.pod_checks import needless_rights, not_admitted, pod_of, without_pods
from tests.waiting import settled, wait

SPACE = "demo"
FOLDER = Path(__file__).parents[2] / "telemetry/demo/manifests"
ENFORCED = {"pod-security.kubernetes.io/enforce": "restricted"}


def manifests() -> list[Manifest]:
    loaded = [yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))]
    return [changed(made, "metadata|namespace", SPACE) for made in loaded]


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Api:
    space = make("v1", "Namespace", SPACE, "")
    plane.api.apply(changed(space, "metadata|labels", ENFORCED))
    wait("the service account", lambda: plane.api.get("v1", "ServiceAccount", "default", SPACE), 60)
    return plane.api  # The namespace ends with all of it: nothing else is to do with it.


def test_they_are_accepted_run_and_lead_to_a_pod(api: Api) -> None:
    assert refused(api, manifests()) == []
    assert settled("the demo", lambda: not_started(api, SPACE, ["neuroerp-api"])) == []
    service = named(manifests(), "Service", "neuroerp-api")
    assert settled("the demo's endpoints", lambda: without_pods(api, [service])) == []
    assert changed_by_applying(api, manifests()) == []


def test_the_pods_have_no_token(api: Api) -> None:
    assert refused(api, manifests()) == []
    pods = wait("pods", lambda: api.all("v1", "Pod", SPACE))
    assert needless_rights(manifests(), pods) == []


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("spec|containers|0|securityContext|allowPrivilegeEscalation", GONE, "allowPrivilegeEscalation != false"),
        ("spec|containers|0|securityContext|capabilities", GONE, "unrestricted capabilities"),
        ("spec|securityContext|runAsNonRoot", GONE, "runAsNonRoot != true"),
        ("spec|securityContext|seccompProfile", GONE, "seccompProfile"),
    ],
)
def test_a_pod_with_less_of_it_is_refused(api: Api, path: str, value: object, reason: str) -> None:
    pod = pod_of(named(manifests(), "Deployment", "neuroerp-api"))
    assert not_admitted(api, [pod]) == []
    (complaint,) = not_admitted(api, [changed(pod, path, value)])
    assert reason in complaint


def test_an_unknown_key_is_refused(api: Api) -> None:
    deployment = named(manifests(), "Deployment", "neuroerp-api")
    (complaint,) = refused(api, [changed(deployment, "spec|template|spec|containers|0|readynessProbe", {})], dry=True)
    assert "readynessProbe: field not declared in schema" in complaint
