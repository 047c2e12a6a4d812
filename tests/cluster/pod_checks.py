"""What must hold for pods, Services and budgets of ours; each check returns its complaints."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.cluster.api import Api, Manifest
from tests.cluster.object_checks import refused, title

RBAC = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}


TOKEN = "automountServiceAccountToken"


def pod_of(workload: Mapping[str, Any]) -> Manifest:
    """The pod that a workload would start."""
    metadata = workload["metadata"]
    spec = workload["spec"]["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else workload["spec"]
    template = spec["template"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{metadata['name']}-alone", "namespace": metadata["namespace"]},
        "spec": {"restartPolicy": "Never", **template["spec"]},
    }


def workloads(manifests: Iterable[Manifest]) -> list[Manifest]:
    """The objects that start pods."""
    return [made for made in manifests if made["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet", "CronJob")]


def not_admitted(api: Api, pods: Iterable[Manifest]) -> list[str]:
    """Pods that admission refuses, with its reasons; nothing is made."""
    return refused(api, pods, dry=True)


def needless_rights(manifests: Iterable[Manifest], pods: Iterable[Manifest]) -> list[str]:
    """Rights at the API server that objects of ours give, and tokens for it in pods that ask it nothing."""
    # An account whose token no pod gets is only a name.
    rights = [made for made in manifests if made["kind"] in RBAC and made.get(TOKEN) is not False]
    given = [f"{title(made)}: gives rights that nothing of ours uses" for made in rights]
    tokens = [
        f"{title({'kind': 'Pod', **pod})}: mounts a token in volume {volume['name']}"
        for pod in pods
        for volume in pod["spec"].get("volumes", ())
        for source in volume.get("projected", {}).get("sources", ())
        if "serviceAccountToken" in source
    ]
    return given + tokens


def without_pods(api: Api, services: Iterable[Manifest]) -> list[str]:
    """Services that lead nowhere."""
    complaints = []
    for service in services:
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        label = f"kubernetes.io/service-name={name}"
        slices = api.all("discovery.k8s.io/v1", "EndpointSlice", namespace, labelSelector=label)
        ready = [e for s in slices if s["ports"] for e in s["endpoints"] or () if e["conditions"].get("ready")]
        if not ready:
            complaints.append(f"{title(service)}: leads to no pod")
    return complaints


def idle_budgets(api: Api, budgets: Iterable[Manifest], replicas: int) -> list[str]:
    """PodDisruptionBudgets that do not see as many pods as they shall protect."""
    complaints = []
    for budget in budgets:
        metadata = budget["metadata"]
        found = api.get("policy/v1", "PodDisruptionBudget", metadata["name"], metadata["namespace"])
        seen = (found or {}).get("status", {}).get("expectedPods", 0)
        if seen != replicas:
            complaints.append(f"{title(budget)}: protects {seen} pods, not {replicas}")
    return complaints
