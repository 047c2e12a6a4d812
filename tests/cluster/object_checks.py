"""What must hold for objects in a cluster; each check returns its complaints."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.cluster.api import Api, ApiError, Manifest

WORKLOADS = (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "Job"))
# What Kubernetes itself puts into every namespace.
NATURAL = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
FLEETING = {"Event", "Pod", "Lease"}


def title(manifest: Mapping[str, Any]) -> str:
    """How complaints call an object."""
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def refused(api: Api, manifests: Iterable[Manifest], *, dry: bool = False) -> list[str]:
    """Apply objects one after the other; what the API server does not take."""
    complaints = []
    for manifest in manifests:
        try:
            api.apply(manifest, dry=dry)
        except (ApiError, KeyError) as error:
            complaints.append(f"{title(manifest)}: {error}")
    return complaints


def changed_by_applying(api: Api, manifests: Iterable[Manifest]) -> list[str]:
    """Objects that an apply changes though they are there already."""
    complaints = []
    for manifest in manifests:
        before = version(api, manifest)
        after = str(api.apply(manifest)["metadata"]["resourceVersion"])
        if before != after:
            complaints.append(f"{title(manifest)}: applying it again changed it")
    return complaints


def version(api: Api, manifest: Manifest) -> str:
    """The version of an object in the cluster; empty when it is not there."""
    metadata = manifest["metadata"]
    found = api.get(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace", ""))
    return str(found["metadata"]["resourceVersion"]) if found else ""


def not_started(api: Api, namespace: str, names: Iterable[str] = ()) -> list[str]:
    """Workloads whose pods do not run or have not done their work; all of a namespace, or those with these names."""
    wanted, complaints, found = set(names), [], set()
    for api_version, kind in WORKLOADS:
        for made in api.all(api_version, kind, namespace):
            name = made["metadata"]["name"]
            if not wanted or name in wanted:
                found.add(name)
                if not _complete(made):
                    complaints.append(f"{kind} {namespace}/{name}: {made.get('status')}")
    complaints += [f"{name}: is not in {namespace}" for name in wanted - found]
    return complaints + forbidden(api, namespace, tuple(wanted))


def _complete(made: Manifest) -> bool:
    spec, status = made["spec"], made.get("status", {})
    if made["kind"] == "Job":
        return int(status.get("succeeded", 0)) >= int(spec.get("completions", 1))
    if made["kind"] == "DaemonSet":
        wanted = int(status.get("desiredNumberScheduled", 0))
        return wanted > 0 and int(status.get("numberReady", 0)) == wanted
    return int(status.get("readyReplicas", 0)) == int(spec.get("replicas", 1))


def forbidden(api: Api, namespace: str, owners: tuple[str, ...] = ()) -> list[str]:
    """Pods that admission refused to a controller, or to those whose names begin so: nothing else tells of them."""
    events = api.all("v1", "Event", namespace, fieldSelector="reason=FailedCreate")
    theirs = [event for event in events if event["involvedObject"]["name"].startswith(owners or "")]
    messages = {re.sub(r'"[^"]*" is forbidden', "is forbidden", event["message"]) for event in theirs}
    return sorted(message for message in messages if "is forbidden" in message)


def left_behind(api: Api, namespace: str) -> list[str]:
    """Objects in a namespace that neither Kubernetes made nor will clean up by itself."""
    groups = api.ask("GET", "/apis")["groups"]
    roots = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    complaints = []
    for root in roots:
        for resource in api.ask("GET", f"/apis/{root}" if "/" in root else f"/api/{root}")["resources"]:
            if "/" in resource["name"] or not resource["namespaced"] or "list" not in resource["verbs"]:
                continue
            for found in api.all(root, resource["kind"], namespace):
                if resource["kind"] in FLEETING or (resource["kind"], found["metadata"]["name"]) in NATURAL:
                    continue
                complaints.append(title(found))
    return sorted(set(complaints))
