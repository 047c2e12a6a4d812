"""Manifests as the rules read them: data of any shape, of which nothing is sure to be there."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any

Manifest = Mapping[str, Any]

RELEASE_KINDS = frozenset({"Release", "Chart"})
HELM = "helm.sh"
# What a recorded plan has instead of a value that only a real run knows, or that nobody shall see.
_MASKS = frozenset({"<computed>", "<secret>"})
ORIGIN = "meta.helm.sh/release-name"


def mapping(value: Any) -> Manifest:
    """The value if it is a mapping, else an empty one: charts leave nulls behind."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()


def mappings(value: Any) -> list[Manifest]:
    """The mappings of a list."""
    return [item for item in items(value) if isinstance(item, Mapping)]


def at(tree: Any, *path: str) -> Any:
    """What stands at a path of keys; None where it ends early. Reads nothing beside the path."""
    for key in path:
        tree = mapping(tree).get(key)
    return tree


def known(value: Any) -> bool:
    """Whether the value is there to be judged."""
    return value not in _MASKS if isinstance(value, str) else value is not None


def group(manifest: Manifest) -> str:
    """The API group; empty for the core's."""
    return str(manifest.get("apiVersion") or "").rpartition("/")[0]


def kind(manifest: Manifest) -> str:
    """The kind."""
    return str(manifest.get("kind") or "")


def name(manifest: Manifest) -> str:
    """The name in the cluster."""
    return str(at(manifest, "metadata", "name") or "")


def namespace(manifest: Manifest) -> str:
    """The namespace; empty where none is written."""
    return str(at(manifest, "metadata", "namespace") or "")


def origin(manifest: Manifest) -> str:
    """The release that a chart's object belongs to; empty for an object of the program."""
    return str(at(manifest, "metadata", "annotations", ORIGIN) or "")


def title(manifest: Manifest) -> str:
    """How messages call it."""
    place = f"{namespace(manifest)}/" if namespace(manifest) else ""
    return f"{kind(manifest)} {place}{name(manifest)}"


def of_resource(type_: str, resource_name: str, inputs: Manifest) -> Manifest | None:
    """The manifest that a Pulumi resource stands for; None when it is neither a Kubernetes object nor a release.

    Nothing of the inputs is read that is not asked for, so that unknown values disturb only rules that need them.
    """
    package, _, rest = type_.partition(":")
    module, _, resource_kind = rest.rpartition(":")
    if package != "kubernetes" or not module:
        return None
    if module.startswith(f"{HELM}/"):
        return _release(module, resource_kind, resource_name, inputs) if resource_kind in RELEASE_KINDS else None
    if module.startswith(("yaml/", "kustomize/")):
        return None
    head = {"apiVersion": module.removeprefix("core/"), "kind": resource_kind}
    metadata = ChainMap({}, mapping(inputs.get("metadata")), {"name": resource_name})  # type: ignore[arg-type]
    return ChainMap({"metadata": metadata}, inputs, head)  # type: ignore[arg-type]


def _release(module: str, resource_kind: str, resource_name: str, inputs: Manifest) -> Manifest:
    metadata = {"name": inputs.get("name") or resource_name, "namespace": inputs.get("namespace") or "default"}
    return {"apiVersion": module, "kind": resource_kind, "metadata": metadata, "spec": inputs}


def placed(manifest: Manifest, release: str, release_namespace: str) -> Manifest:
    """A chart's object as it reaches the cluster: in the release's namespace unless it names one, marked as Helm does.

    An object of the whole cluster gets no namespace.
    """
    metadata = mapping(manifest.get("metadata"))
    annotations = {**mapping(metadata.get("annotations")), ORIGIN: release}
    given = {} if metadata.get("namespace") or cluster_wide(manifest) else {"namespace": release_namespace}
    return {**manifest, "metadata": {**metadata, **given, "annotations": annotations}}


def cluster_wide(manifest: Manifest) -> bool:
    """Whether objects of the kind are in no namespace."""
    return kind(manifest) in _CLUSTER_WIDE or kind(manifest).startswith("Cluster")


_CLUSTER_WIDE = frozenset({
    "APIService", "CSIDriver", "CustomResourceDefinition", "GatewayClass", "IngressClass",
    "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PriorityClass", "RuntimeClass",
    "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
})  # fmt: skip
