"""The build output of a preview, read back: every object of an environment, and who makes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from preview.checks.selectors import pod_template
from preview.parts import CLUSTER_SCOPED, RELEASE, Object, Release, Resource
from preview.plan import FORMAT, Plan
from preview.yamlfile import InputError, parse_trusted

PROVIDER = "pulumi:providers:"
RELEASE_KIND, OUTPUTS_KIND = "Release", "Outputs"


@dataclass(eq=False)
class Item:
    """Something of an environment: an object of Kubernetes, a Helm release, another resource of the program."""

    kind: str
    name: str
    namespace: str = ""
    owner: str = ""
    """The Helm release that it belongs to; empty for what the program makes itself."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    """What Pulumi's state knows it by, its URN without stack and project; empty for what Helm makes."""

    @property
    def group(self) -> str:
        """Its API group; empty for the core's, and for what is no object of Kubernetes."""
        return str(self.manifest.get("apiVersion", "")).rpartition("/")[0]

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its spec, or nothing."""
        spec = self.manifest.get("spec")
        return spec if isinstance(spec, Mapping) else {}

    @property
    def annotations(self) -> Mapping[str, Any]:
        """Its annotations."""
        found: Mapping[str, Any] = (self.manifest.get("metadata") or {}).get("annotations") or {}
        return found

    @property
    def pod_template(self) -> Mapping[str, Any] | None:
        """The template of its pods, for a workload of Kubernetes."""
        return pod_template(
            Object(Resource("", "", "", "", (), {}, component=False), {"kind": self.kind, **self.manifest})
        )


@dataclass
class Tree:
    """An environment at one revision."""

    own: list[Item] = field(default_factory=list)
    """What the plan itself holds."""
    files: dict[str, str] = field(default_factory=dict)
    """Each rendered object as it was written, by ``<release>/<file>``."""
    namespaces: dict[str, str] = field(default_factory=dict)
    """Namespace of each release."""

    @property
    def rendered(self) -> set[str]:
        """The releases whose charts were rendered."""
        return {path.partition("/")[0] for path in self.files}

    def read(self, path: str) -> Item:
        """The object in a file."""
        manifest = parse_trusted(self.files[path])
        release = path.partition("/")[0]
        kind, metadata = str(manifest["kind"]), manifest["metadata"]
        namespace = "" if kind in CLUSTER_SCOPED else metadata.get("namespace") or self.namespaces.get(release, "")
        return Item(kind, str(metadata["name"]), str(namespace), release, manifest)

    def of_kinds(self, *kinds: str) -> list[Item]:
        """Every object of some kinds."""
        begins = tuple(f"{kind.lower()}-" for kind in kinds)
        paths = [path for path in self.files if path.partition("/")[2].startswith(begins)]
        read = [
            self._kept[path] if path in self._kept else self._kept.setdefault(path, self.read(path)) for path in paths
        ]
        return [item for item in (*self.own, *read) if item.kind in kinds]

    @cached_property
    def _kept(self) -> dict[str, Item]:
        return {}


def load(directory: Path) -> Tree:
    """Read what a preview wrote; raises ``InputError`` when the directory holds nothing of that kind."""
    try:
        data = json.loads((directory / "plan.json").read_bytes())
        if data["preview"] != FORMAT:
            raise InputError(f"{directory}/plan.json: form {data['preview']} is not that of this preview, {FORMAT}")
        resources = tuple(
            Resource(
                entry["type"], entry["name"], entry["parent"], entry["provider"], (), entry["inputs"], component=False
            )
            for entry in data["resources"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{directory}: no build output of a preview (plan.json); name a revision") from None
    plan = Plan(str(data["project"]), str(data["stack"]), resources, data.get("outputs") or {}, ())
    manifests = directory / "manifests"
    files = {
        path.relative_to(manifests).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(manifests.glob("*/*.yaml"))
    }
    return Tree(_own(plan), files, {release.name: release.namespace for release in plan.releases})


def _own(plan: Plan) -> list[Item]:
    """The items of a plan: releases, objects, other resources with inputs, and the exports."""
    parents = {resource.key: resource for resource in plan.resources}
    made = [Item(item.kind, item.name, item.namespace, manifest=item.manifest, state=_state(item.resource, parents))
            for item in plan.objects]  # fmt: skip
    for resource in plan.resources:
        if resource.type == RELEASE:
            release = Release(resource)
            state = _state(resource, parents)
            made.append(Item(RELEASE_KIND, release.name, release.namespace, manifest=resource.inputs, state=state))
        elif not resource.type.startswith("kubernetes:") and resource.inputs:
            kind = "Provider" if resource.type.startswith(PROVIDER) else resource.kind
            name = f"{resource.kind} {resource.name}" if kind == "Provider" else resource.name
            made.append(Item(kind, name, manifest=resource.inputs, state=_state(resource, parents)))
    return [*made, Item(OUTPUTS_KIND, plan.stack, manifest=plan.outputs)]


def _state(resource: Resource, parents: Mapping[str, Resource]) -> str:
    """Types of all that it is below, its own type and its name."""
    types, parent = [resource.type], parents.get(resource.parent)
    while parent is not None:
        types.append(parent.type)
        parent = parents.get(parent.parent)
    return f"{'$'.join(reversed(types))}::{resource.name}"
