"""What every container says: how much it needs, which image it runs, how one sees that it is well."""

from collections.abc import Iterator

from policy.context import Context, matches
from policy.manifests import Manifest, at, known
from policy.pods import Container, pods

_DIGEST = "@sha256:"


def requests(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - all rules have one signature
    """Every container requests CPU and memory."""
    for pod in pods(manifest):
        for container in pod.containers():
            missing = [unit for unit in ("cpu", "memory") if not at(container.spec, "resources", "requests", unit)]
            if missing:
                yield f"{container.title} requests no {' and no '.join(missing)}; set resources.requests"


def memory_limit(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """Every container has a memory limit."""
    for pod in pods(manifest):
        for container in pod.containers():
            if not at(container.spec, "resources", "limits", "memory"):
                yield f"{container.title} may take all memory of its node; set resources.limits.memory"


def repository(image: str) -> tuple[str, str]:
    """An image's repository, with its registry, and its tag or digest; a short name is the one of docker.io."""
    rest, _, digest = image.partition("@")
    head, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}{slash}{last}"
    first = path.partition("/")[0]
    if "/" not in path:
        path = f"docker.io/library/{path}"
    elif "." not in first and ":" not in first and first != "localhost":
        path = f"docker.io/{path}"
    return path, tag or digest


def _images(manifest: Manifest) -> Iterator[tuple[Container, str]]:
    for pod in pods(manifest):
        for container in pod.containers():
            image = container.spec.get("image")
            if image is None or known(image):
                yield container, str(image or "")


def image_tag(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """Every image has a version, which is not `latest`."""
    for container, image in _images(manifest):
        if repository(image)[1] in ("", "latest") and not (_DIGEST in image and image):
            yield f"{container.title} runs {image or 'no image'}; name a version of it"


def image_registry(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every image names its registry, and is of a repository that the stack or policy/standards.yaml lists."""
    for container, image in _images(manifest):
        whole = repository(image)[0]
        if image and not image.startswith(whole):
            yield f"{container.title} runs {image}, which names no registry; write {whole} if that is meant"
        elif image and not matches(whole, context.standards.images):
            yield f"{container.title} runs {image}, whose repository is not listed in {context.standards.images_from}"


def _running(manifest: Manifest) -> Iterator[Container]:
    for pod in pods(manifest):
        if pod.long_running:
            yield from (container for container in pod.containers() if container.role in ("container", "sidecar"))


def readiness_probe(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """Every long-running container tells when it is ready."""
    for container in _running(manifest):
        if not container.spec.get("readinessProbe"):
            yield f"{container.title} has no readinessProbe"


def liveness_probe(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """Every long-running container is restarted when it hangs."""
    for container in _running(manifest):
        if not container.spec.get("livenessProbe"):
            yield f"{container.title} has no livenessProbe"
