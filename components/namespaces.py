"""The namespaces of the platform, each with the Pod Security level that its pods hold."""

from collections.abc import Iterable, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from .model import Flag, Model, Name


class NamespacesSettings(Model):
    """Names of the two namespaces."""

    platform: Name = "observability"
    """Namespace of everything but the agents; Pod Security *restricted*."""
    agents: Name = "observability-agents"
    """Namespace of node-exporter and Filebeat, which read the node itself; Pod Security *privileged*."""
    keep: Flag = False
    """Whether `pulumi destroy` and a rename stop at the namespaces, so that volumes in them survive."""

    def problems(self) -> Iterable[str]:
        """One namespace cannot hold both levels."""
        if self.platform == self.agents:
            yield f"agents: is the platform's namespace too; write another name, like {self.platform}-agents"


class NamespacesArgs(TypedDict):
    """Arguments of ``Namespaces``."""

    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``NamespacesSettings``."""


class Namespaces(pulumi.ComponentResource):
    """A *restricted* namespace for the platform and a *privileged* one for the agents on the nodes."""

    platform: pulumi.Output[str]
    """Namespace of the platform."""
    agents: pulumi.Output[str]
    """Namespace of the agents."""

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create both namespaces."""
        super().__init__("neuroerp-observability:index:Namespaces", name, {}, opts)
        settings = NamespacesSettings.model_validate(args.get("settings", {}))

        def namespace(role: str, called: str, level: str) -> pulumi.Output[str]:
            modes = ("enforce", "audit", "warn")
            metadata: Any = {"name": called, "labels": {f"pod-security.kubernetes.io/{mode}": level for mode in modes}}
            child = pulumi.ResourceOptions(parent=self, protect=settings.keep)
            made = k8s.core.v1.Namespace(f"{name}-{role}", metadata=metadata, opts=child)
            return made.metadata.apply(lambda given: str(given.name))

        self.platform = namespace("platform", settings.platform, "restricted")
        self.agents = namespace("agents", settings.agents, "privileged")
        self.register_outputs({"platform": self.platform, "agents": self.agents})
