"""The parts of a plan: resources, Helm releases and Kubernetes objects, with every secret masked."""

from dataclasses import dataclass
from typing import Any

RELEASE = "kubernetes:helm.sh/v3:Release"
# Groups that Kubernetes itself serves; an object of any other group comes from a CustomResourceDefinition.
BUILT_IN = frozenset({"", "apps", "autoscaling", "batch", "policy"} | {
    f"{group}.k8s.io"
    for group in (
        "admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates",
        "coordination", "discovery", "events", "flowcontrol.apiserver", "networking", "node", "rbac.authorization",
        "resource", "scheduling", "storage", "storagemigration",
    )
})  # fmt: skip
CLUSTER_SCOPED = frozenset({
    "Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "StorageClass", "IngressClass",
    "PriorityClass", "PersistentVolume", "Node", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "APIService", "GatewayClass", "ClusterIssuer",
})  # fmt: skip


@dataclass(frozen=True)
class Resource:
    """One resource that the program asked for."""

    type: str
    name: str
    parent: str
    """Key of the component that holds it; empty at the top of the stack."""
    provider: str
    """Key of the provider that it was given; empty for the default one."""
    dependencies: tuple[str, ...]
    inputs: dict[str, Any]
    component: bool

    @property
    def key(self) -> str:
        """Type and name: what makes a resource unique in a stack."""
        return f"{self.type}::{self.name}"

    @property
    def kind(self) -> str:
        """Last part of the type: the class of a component, the kind of an object."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Release:
    """A Helm release."""

    resource: Resource

    @property
    def inputs(self) -> dict[str, Any]:
        """What the release was asked for."""
        return self.resource.inputs

    @property
    def name(self) -> str:
        """Name in the cluster; the resource's name where none is given."""
        return str(self.inputs.get("name") or self.resource.name)

    @property
    def namespace(self) -> str:
        """Namespace in the cluster."""
        return str(self.inputs.get("namespace") or "default")

    @property
    def version(self) -> str:
        """Version of the chart; empty when it is left out."""
        return str(self.inputs.get("version") or "")

    @property
    def chart(self) -> str:
        """Name of the chart, also where the release names a registry's folder or a file."""
        last = str(self.inputs.get("chart", "")).rstrip("/").rpartition("/")[2]
        return last.removesuffix(".tgz").removesuffix(f"-{self.version}")

    @property
    def repository(self) -> str:
        """Repository of the chart; the folder where the chart itself says it."""
        return str(
            (self.inputs.get("repositoryOpts") or {}).get("repo") or self.inputs.get("chart", "").rpartition("/")[0]
        )

    @property
    def values(self) -> dict[str, Any]:
        """Values that are set on top of the chart's own."""
        values = self.inputs.get("values")
        return values if isinstance(values, dict) else {}


@dataclass(frozen=True)
class Object:
    """A Kubernetes object that the program makes itself."""

    resource: Resource
    manifest: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace; empty for an object of the whole cluster."""
        if self.kind in CLUSTER_SCOPED:
            return ""
        return str(self.manifest["metadata"].get("namespace") or "default")

    @property
    def custom(self) -> bool:
        """Whether its kind comes from a CustomResourceDefinition."""
        return str(self.manifest["apiVersion"]).rpartition("/")[0] not in BUILT_IN

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


def manifest(resource: Resource) -> dict[str, Any]:
    """The object as it would reach the API server: kind from the type where the inputs do not say it, and a name."""
    _, module, kind = resource.type.split(":")
    metadata = resource.inputs.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return {
        "apiVersion": module.removeprefix("core/"),
        "kind": kind,
        **resource.inputs,
        "metadata": {"name": resource.name, **metadata},
    }
