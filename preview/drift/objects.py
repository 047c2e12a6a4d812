"""What is said of an object in a cluster, and which objects nobody has to ask for."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Manifest = Mapping[str, Any]
Key = tuple[str, str, str, str]
"""Group, kind, namespace and name: what makes an object unique in a cluster, whatever the version of its kind."""

RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
# What Kubernetes puts into every namespace.
_EVERYWHERE = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
# Secrets that are a program's own records: of Helm's releases, of service accounts.
_RECORDS = frozenset({"helm.sh/release.v1", "kubernetes.io/service-account-token"})
# What marks objects that nobody owns as those of an operator, or of a hook of a chart.
_MARKS = (
    "common.k8s.elastic.co/type",
    "eck.k8s.elastic.co/watched",
    "cert-manager.io/certificate-name",
    "helm.sh/hook",
)


def key(manifest: Manifest, namespace: str) -> Key:
    """Key of an object in a namespace."""
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    return group, str(manifest["kind"]), namespace, str(manifest["metadata"]["name"])


def title(of: Key) -> str:
    """How messages call it."""
    _, kind, namespace, name = of
    return f"{kind} {namespace + '/' if namespace else ''}{name}"


def release_of(manifest: Manifest) -> tuple[str, str]:
    """Namespace and name of the release that Helm says it is of; empty where it says none."""
    found = manifest["metadata"].get("annotations") or {}
    return str(found.get(RELEASE_NAMESPACE, "")), str(found.get(RELEASE_NAME, ""))


def foreign(found: Mapping[Key, Manifest], wanted: Iterable[Key]) -> list[Key]:
    """Objects that nobody asked for, and that nothing else that is there has made for itself."""
    known, claims = set(wanted), list(_claims(found))
    return [
        of
        for of, manifest in found.items()
        if of not in known and not _made(manifest) and (of[1], of[3]) not in _EVERYWHERE
        if not (of[1] == "PersistentVolumeClaim" and any(claim.fullmatch(of[3]) for claim in claims))
    ]


def _made(manifest: Manifest) -> bool:
    """Whether a controller, an operator or a hook made it."""
    metadata = manifest["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return bool(
        metadata.get("ownerReferences")
        or any(mark in marks for mark in _MARKS)
        or (manifest["kind"] == "Secret" and manifest.get("type") in _RECORDS)
    )


def _claims(found: Mapping[Key, Manifest]) -> Iterable[re.Pattern[str]]:
    """The names of the claims that StatefulSets make, which outlive them and so are owned by nobody."""
    for manifest in found.values():
        if manifest["kind"] == "StatefulSet":
            for claim in manifest["spec"].get("volumeClaimTemplates") or ():
                begin = f"{claim['metadata']['name']}-{manifest['metadata']['name']}"
                yield re.compile(rf"{re.escape(begin)}-\d+")
