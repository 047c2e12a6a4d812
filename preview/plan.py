"""The plan of a stack: what its program asked for, in a stable order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from preview.parts import RELEASE, Object, Release, Resource, manifest
from preview.run import Recording
from preview.wire import plain

_SETTINGS = "platform"
FORMAT = 1
"""Version of the form of plan.json; also what marks a directory as written by the preview."""


@dataclass(frozen=True)
class Plan:
    """What a stack consists of."""

    project: str
    stack: str
    resources: tuple[Resource, ...]
    outputs: dict[str, Any]
    log: tuple[tuple[str, str], ...]
    kubernetes: str = ""
    """Version of Kubernetes that the stack is for, as its settings say; empty for every supported one."""

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """The Helm releases, by name."""
        found = (Release(resource) for resource in self.resources if resource.type == RELEASE)
        return tuple(sorted(found, key=lambda release: (release.name, release.namespace)))

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """The Kubernetes objects that the program makes itself, by kind and name."""
        found = (
            Object(resource, manifest(resource))
            for resource in self.resources
            if resource.type.startswith("kubernetes:") and not resource.type.startswith("kubernetes:helm.sh/")
            if not resource.component
        )
        return tuple(sorted(found, key=lambda item: (item.kind, item.name, item.namespace)))

    def children(self, parent: str) -> Iterator[Resource]:
        """Resources right below a component, or at the top of the stack for an empty key."""
        return (resource for resource in self.resources if resource.parent == parent)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data in a stable order."""
        resources = [
            {
                "type": resource.type,
                "name": resource.name,
                "parent": resource.parent,
                "provider": resource.provider,
                "dependencies": list(resource.dependencies),
                "inputs": resource.inputs,
            }
            for resource in self.resources
        ]
        return {
            "preview": FORMAT,
            "project": self.project,
            "stack": self.stack,
            "outputs": self.outputs,
            "resources": resources,
        }


def build(recording: Recording) -> Plan:
    """The plan that a recording holds, sorted: requests arrive in no fixed order."""
    resources = sorted((_resource(request) for request in recording.requests), key=lambda resource: resource.key)
    outputs = recording.outputs.get("")
    exports = plain(outputs) if outputs is not None else {}
    stack, log = recording.stack, tuple(recording.log)
    settings = json.loads(stack.config.get(f"{stack.project}:{_SETTINGS}") or "{}")
    return Plan(stack.project, stack.name, tuple(resources), exports, log, _kubernetes(settings))


def _kubernetes(settings: Any) -> str:
    """The version of Kubernetes in settings that the program has taken already."""
    cluster = settings.get("cluster") if isinstance(settings, dict) else None
    return str((cluster or {}).get("kubernetes") or "")


def _resource(request: Any) -> Resource:
    urn_of_provider = request.provider.rpartition("::")[0]
    return Resource(
        type=request.type,
        name=request.name,
        parent=_key(request.parent),
        provider=_key(urn_of_provider),
        dependencies=tuple(sorted(_key(urn) for urn in request.dependencies)),
        inputs=plain(request.object),
        component=not request.custom,
    )


def _key(urn: str) -> str:
    """Type and name out of a URN; empty for the stack itself."""
    if not urn:
        return ""
    types, name = urn.split("::", 3)[2:]
    type_ = types.rpartition("$")[2]
    return "" if type_ == "pulumi:pulumi:Stack" else f"{type_}::{name}"
