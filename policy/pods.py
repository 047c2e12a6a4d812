"""The pods that an object starts, whatever its kind."""

from collections.abc import Iterator
from dataclasses import dataclass

from policy import operators
from policy.manifests import Manifest, at, group, kind, mapping, mappings, name, namespace

# Where the pod's template stands, and whether its pods run until somebody ends them.
_TEMPLATES: dict[tuple[str, str], tuple[tuple[str, ...], bool]] = {
    ("apps", "Deployment"): (("spec", "template"), True),
    ("apps", "StatefulSet"): (("spec", "template"), True),
    ("apps", "DaemonSet"): (("spec", "template"), True),
    ("apps", "ReplicaSet"): (("spec", "template"), True),
    ("", "ReplicationController"): (("spec", "template"), True),
    ("batch", "Job"): (("spec", "template"), False),
    ("batch", "CronJob"): (("spec", "jobTemplate", "spec", "template"), False),
}


@dataclass(frozen=True)
class Container:
    """A container of a pod."""

    spec: Manifest
    role: str
    """`container`, `init container`, `sidecar` (an init container that keeps running) or `ephemeral container`."""

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.role} {self.spec.get('name')}"

    @property
    def security(self) -> Manifest:
        """Its security context."""
        return mapping(self.spec.get("securityContext"))


@dataclass(frozen=True)
class Pod:
    """A pod as it will run."""

    spec: Manifest
    metadata: Manifest
    namespace: str
    long_running: bool

    @property
    def security(self) -> Manifest:
        """Its security context."""
        return mapping(self.spec.get("securityContext"))

    def containers(self) -> Iterator[Container]:
        """All its containers."""
        for container in mappings(self.spec.get("initContainers")):
            stays = container.get("restartPolicy") == "Always"
            yield Container(container, "sidecar" if stays else "init container")
        for container in mappings(self.spec.get("containers")):
            yield Container(container, "container")
        for container in mappings(self.spec.get("ephemeralContainers")):
            yield Container(container, "ephemeral container")


def pods(manifest: Manifest) -> Iterator[Pod]:
    """The pods of a workload; none for other objects."""
    own = namespace(manifest)
    if (group(manifest), kind(manifest)) == ("", "Pod"):
        spec = mapping(manifest.get("spec"))
        stays = spec.get("restartPolicy", "Always") == "Always"
        yield Pod(spec, mapping(manifest.get("metadata")), own, stays)
        return
    if found := _TEMPLATES.get((group(manifest), kind(manifest))):
        path, long_running = found
        template = mapping(at(manifest, *path))
        yield Pod(_with_reloader(manifest, template), mapping(template.get("metadata")), own, long_running)
        return
    for template in operators.templates(manifest):
        yield Pod(mapping(template.get("spec")), mapping(template.get("metadata")), own, long_running=True)


def _with_reloader(manifest: Manifest, template: Manifest) -> Manifest:
    """The pod; that of the Prometheus operator with the container that its arguments put into all pods it makes."""
    spec = mapping(template.get("spec"))
    if "prometheus-operator" not in name(manifest):
        return spec
    made = operators.reloaders(mappings(spec.get("containers")))
    return {**spec, "containers": [*mappings(spec.get("containers")), *made]} if made else spec
