"""Pod Security *restricted*: what every pod outside the agents' namespace says of itself (Kubernetes 1.36's checks)."""

from collections.abc import Iterator

from policy.context import RESTRICTED, Context
from policy.manifests import Manifest, at, items, mappings
from policy.pod_security import held
from policy.pods import Pod

_VOLUMES = frozenset({
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
})  # fmt: skip
_SECCOMP = ("RuntimeDefault", "Localhost")


def _restricted(manifest: Manifest, context: Context) -> Iterator[Pod]:
    # What exists on Linux alone is not asked of Windows.
    return (pod for pod in held(manifest, context, RESTRICTED) if at(pod.spec, "os", "name") != "windows")


def volume_types(manifest: Manifest, context: Context) -> Iterator[str]:
    """Pods mount only volumes that lead out of no namespace."""
    for pod in held(manifest, context, RESTRICTED):
        for volume in mappings(pod.spec.get("volumes")):
            # The API server makes an emptyDir of a volume that names no source.
            kinds = [key for key, value in volume.items() if key != "name" and value is not None]
            for kind in sorted(set(kinds) - _VOLUMES):
                yield f"volume {volume.get('name')} is of kind {kind}; use one of {', '.join(sorted(_VOLUMES))}"


def privilege_escalation(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every container forbids its processes to gain privileges."""
    for pod in _restricted(manifest, context):
        for container in pod.containers():
            if container.security.get("allowPrivilegeEscalation") is not False:
                yield f"{container.title} may gain privileges; set securityContext.allowPrivilegeEscalation: false"


def dropped_capabilities(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every container drops all capabilities, and adds none but NET_BIND_SERVICE."""
    for pod in _restricted(manifest, context):
        for container in pod.containers():
            if "ALL" not in items(at(container.security, "capabilities", "drop")):
                yield f"{container.title} keeps capabilities; set securityContext.capabilities.drop: [ALL]"
            added = set(map(str, items(at(container.security, "capabilities", "add")))) - {"NET_BIND_SERVICE"}
            for capability in sorted(added):
                yield f"{container.title} adds capability {capability}; remove it"


def run_as_non_root(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every container says that it does not run as root."""
    for pod in held(manifest, context, RESTRICTED):
        of_pod = pod.security.get("runAsNonRoot")
        if of_pod is False:
            yield "pod has runAsNonRoot: false; set it to true"
        for container in pod.containers():
            own = container.security.get("runAsNonRoot")
            if (of_pod if own is None else own) is not True:
                yield f"{container.title} may run as root; set securityContext.runAsNonRoot: true"


def root_user(manifest: Manifest, context: Context) -> Iterator[str]:
    """No container runs as user 0."""
    for pod in held(manifest, context, RESTRICTED):
        for where, security in (("pod", pod.security), *((c.title, c.security) for c in pod.containers())):
            if security.get("runAsUser") == 0:
                yield f"{where} runs as user 0; set another runAsUser"


def seccomp_profile(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every container has a seccomp profile."""
    for pod in _restricted(manifest, context):
        of_pod = at(pod.security, "seccompProfile", "type")
        if of_pod is not None and of_pod not in _SECCOMP:
            yield f"pod has seccompProfile {of_pod}; set RuntimeDefault"
        for container in pod.containers():
            own = at(container.security, "seccompProfile", "type")
            if (of_pod if own is None else own) not in _SECCOMP:
                yield f"{container.title} has no seccomp profile; set seccompProfile.type: RuntimeDefault"
