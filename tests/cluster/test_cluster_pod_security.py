"""Our own pods under Pod Security *restricted*, and their rights at the API server: none."""

import pytest

from tests.cluster.api import Manifest
from tests.cluster.change import GONE, changed, named
from tests.cluster.deployment import Deployment
from tests.cluster.object_checks import not_started
from tests.cluster.pod_checks import needless_rights, not_admitted, pod_of, workloads
from tests.waiting import settled


def pods(deployment: Deployment) -> list[Manifest]:
    return [pod_of(made) for made in workloads(deployment.stack.manifests)]


def test_our_pods_run_and_the_bootstrap_jobs_complete(deployment: Deployment) -> None:
    kinds = {made["kind"] for made in workloads(deployment.stack.manifests)}
    assert kinds == {"CronJob", "Deployment", "Job"}
    assert deployment.started() == []


def test_every_pod_of_ours_is_admitted_by_itself(deployment: Deployment) -> None:
    assert len(pods(deployment)) == 8
    assert not_admitted(deployment.api, pods(deployment)) == []


# A privilege each, and the reason that admission gives.
PRIVILEGES = [
    ("spec|containers|0|securityContext|allowPrivilegeEscalation", True, "allowPrivilegeEscalation != false"),
    ("spec|containers|0|securityContext|capabilities", GONE, "unrestricted capabilities"),
    ("spec|containers|0|securityContext|capabilities|add", ["NET_RAW"], "must not include"),
    ("spec|securityContext|runAsNonRoot", GONE, "runAsNonRoot != true"),
    ("spec|securityContext|runAsUser", 0, "runAsUser=0"),
    ("spec|securityContext|seccompProfile", GONE, "seccompProfile"),
    ("spec|volumes", [{"name": "host", "hostPath": {"path": "/"}}], "restricted volume types"),
    ("spec|hostNetwork", True, "host namespaces"),
    ("spec|containers|0|ports", [{"containerPort": 80, "hostPort": 80}], "hostPort"),
]


@pytest.mark.parametrize(("path", "value", "reason"), PRIVILEGES)
def test_a_pod_with_one_privilege_more_is_refused(
    deployment: Deployment, path: str, value: object, reason: str
) -> None:
    for pod in pods(deployment):
        bare = changed(pod, "spec|containers|0|volumeMounts", []) if path == "spec|volumes" else pod
        (complaint,) = not_admitted(deployment.api, [changed(bare, path, value)])
        assert 'violates PodSecurity "restricted:latest"' in complaint
        assert reason in complaint


def test_a_deployment_whose_pods_are_refused_is_seen(deployment: Deployment) -> None:
    """The API server takes it: only events tell that it never gets a pod."""
    original = named(deployment.stack.manifests, "Deployment", "prometheus-login")
    greedy = changed(changed(original, "metadata|name", "greedy"), "spec|template|spec|securityContext", GONE)
    greedy = changed(greedy, "spec|template|spec|containers|0|securityContext", GONE)
    api, space = deployment.api, deployment.stack.platform
    api.apply(greedy)
    try:
        settled("refused pods", lambda: [] if len(not_started(api, space, ["greedy"])) == 2 else ["none yet"])
        status, refusal = not_started(api, space, ["greedy"])
    finally:
        api.delete(greedy)
        api.ask("DELETE", f"/api/v1/namespaces/{space}/events")
    assert status.startswith("Deployment observability/greedy")
    for reason in ("allowPrivilegeEscalation", "unrestricted capabilities", "runAsNonRoot", "seccompProfile"):
        assert reason in refusal


def running(deployment: Deployment) -> list[Manifest]:
    owned = [f"{made['metadata']['name']}-" for made in workloads(deployment.stack.manifests)]
    found = deployment.api.all("v1", "Pod", deployment.stack.platform)
    return [pod for pod in found if pod["metadata"]["name"].startswith(tuple(owned))]


def test_our_objects_give_no_rights_and_our_pods_have_no_token(deployment: Deployment) -> None:
    assert deployment.started() == []
    assert len(running(deployment)) >= 4
    assert needless_rights(deployment.stack.manifests, running(deployment)) == []


def test_a_token_that_a_pod_does_not_need_is_seen(deployment: Deployment) -> None:
    for pod in pods(deployment):
        made = deployment.api.apply(changed(pod, "spec|automountServiceAccountToken", True), dry=True)
        (complaint,) = needless_rights([], [made])
        assert "mounts a token in volume kube-api-access-" in complaint


def test_a_role_of_ours_is_seen_and_an_account_with_a_token() -> None:
    made = [{"kind": kind, "metadata": {"name": "everything"}} for kind in ("ClusterRole", "ServiceAccount")]
    assert needless_rights(made, []) == [
        "ClusterRole /everything: gives rights that nothing of ours uses",
        "ServiceAccount /everything: gives rights that nothing of ours uses",
    ]
