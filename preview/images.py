"""Every image that a stack's pods run: out of pod templates, and of what operators make pods from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preview.parts import Object
from preview.wire import MASKS
from preview.yamlfile import parse_trusted

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
# Custom objects whose operator runs the image of their spec, and of parts of it.
_BY_IMAGE = frozenset({"Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"})
# An operator is told by an argument like --prometheus-config-reloader=quay.io/x:v1 which images it runs.
_ARGUMENT = re.compile(r"--([\w-]+)=((?:[\w-]+\.)+[\w-]+(?::\d+)?/[\w./-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)")
# Elastic's operator makes an image's name out of the kind and the version, below this registry.
_ELASTIC = ".k8s.elastic.co"
_ELASTIC_REGISTRY = "docker.elastic.co"
_ELASTIC_IMAGES = {
    "Elasticsearch": "elasticsearch/elasticsearch",
    "Kibana": "kibana/kibana",
    "Logstash": "logstash/logstash",
    "ApmServer": "apm/apm-server",
    "Agent": "elastic-agent/elastic-agent",
    "EnterpriseSearch": "enterprise-search/enterprise-search",
    "ElasticMapsServer": "elastic-maps-service/elastic-maps-server",
}
_HUB = "docker.io"


@dataclass(frozen=True)
class Image:
    """An image by its full name, and the objects whose pods run it."""

    name: str
    users: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Its digest, where its name has one."""
        return self.name.partition("@")[2]

    @property
    def place(self) -> tuple[str, str, str]:
        """Registry, repository, and tag or digest, as they are where a name leaves them out."""
        bare, _, digest = self.name.partition("@")
        head, _, last = bare.rpartition("/")
        last, _, tag = last.partition(":")
        registry, _, folder = head.partition("/")
        if not ("." in registry or ":" in registry or registry == "localhost"):
            registry, folder = _HUB, head or "library"
        return registry, f"{folder}/{last}" if folder else last, digest or tag or "latest"


def images(items: Iterable[Object]) -> list[Image]:
    """The images of objects, by name."""
    items = list(items)
    thanos = any(item.kind == "ThanosRuler" or "thanos" in _spec(item) for item in items if item.kind in _BY_IMAGE)
    registry = _elastic_registry(items)
    users: dict[str, set[str]] = {}
    for item in items:
        for name in (*_of_pods(_spec(item), thanos), *_of_operator(item, registry)):
            if name and name not in MASKS:
                users.setdefault(name, set()).add(item.title)
    return [Image(name, tuple(sorted(who))) for name, who in sorted(users.items())]


def skopeo(found: Iterable[Image]) -> dict[str, Any]:
    """What `skopeo sync --src yaml` reads: tags and digests by registry and repository."""
    result: dict[str, Any] = {}
    for image in found:
        registry, repository, version = image.place
        versions = result.setdefault(registry, {"images": {}})["images"].setdefault(repository, [])
        if version not in versions:
            versions.append(version)
    return result


def _spec(item: Object) -> Mapping[str, Any]:
    spec: Any = item.manifest.get("spec")
    return spec if isinstance(spec, Mapping) and item.kind != "CustomResourceDefinition" else {}


def _of_pods(data: Any, thanos: bool) -> Iterator[str]:
    """Images of containers, and of volumes, wherever they stand."""
    if isinstance(data, list):
        for entry in data:
            yield from _of_pods(entry, thanos)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if key in _CONTAINERS and isinstance(value, list):
                for container in value:
                    yield from _of_container(container, thanos)
            elif key == "volumes" and isinstance(value, list):
                yield from (str((volume.get("image") or {}).get("reference", "")) for volume in value)
            else:
                yield from _of_pods(value, thanos)


def _of_container(container: Mapping[str, Any], thanos: bool) -> Iterator[str]:
    yield str(container.get("image") or "")
    for argument in (*(container.get("command") or ()), *(container.get("args") or ())):
        match = _ARGUMENT.fullmatch(str(argument))
        # Without a tag or digest it is the address of something else.
        if match and ":" in match[2].rpartition("/")[2] and (thanos or "thanos" not in match[1]):
            yield match[2]


def _of_operator(item: Object, registry: str) -> Iterator[str]:
    """The image that an operator runs for a custom object."""
    spec = _spec(item)
    if item.kind in _BY_IMAGE:
        yield str(spec.get("image") or "")
        yield str((spec.get("thanos") or {}).get("image") or "")
    elif _ELASTIC in str(item.manifest["apiVersion"]):
        path = f"beats/{spec.get('type')}" if item.kind == "Beat" else _ELASTIC_IMAGES.get(item.kind)
        if spec.get("image"):
            yield str(spec["image"])
        elif path and spec.get("version"):
            yield f"{registry}/{path}:{spec['version']}"


def _elastic_registry(items: Iterable[Object]) -> str:
    """The registry that Elastic's operator is told to use."""
    for item in items:
        text = (item.manifest.get("data") or {}).get("eck.yaml") if item.kind == "ConfigMap" else None
        if isinstance(text, str):
            return str((parse_trusted(text) or {}).get("container-registry") or _ELASTIC_REGISTRY)
    return _ELASTIC_REGISTRY
