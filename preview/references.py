"""What objects and Helm values name: Secrets, ConfigMaps, ServiceAccounts, Services and others, wherever they stand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preview.hints import dotted
from preview.wire import MASKS

_URL = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)?([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b(?:\.cluster\.local)?(?::(\d+))?")
_SHORT_URL = re.compile(r"\b[a-z]+://([a-z][a-z0-9-]*)(?::(\d+))?(?=[/\s\"']|$)")
_LOOPBACK = frozenset({"localhost", "host"})
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Reference:
    """A name that has to be there."""

    kind: str
    name: str
    path: Path
    namespace: str | None = None
    """Namespace, where it is said; that of the one who names it otherwise."""
    key: str | None = None
    """Key of a Secret's or ConfigMap's data that is read."""
    port: str | None = None
    """Port of a Service, by number or name."""

    @property
    def place(self) -> str:
        """Where it stands, as people write a path."""
        return dotted(self.path)


# How a field names another object: by a name alone, or by a mapping with name and key.
_BY_NAME = {
    "secretName": "Secret",
    "existingSecret": "Secret",
    "existingSecretName": "Secret",
    "configSecret": "Secret",
    "envFromSecret": "Secret",
    "configMapName": "ConfigMap",
    "existingConfigMap": "ConfigMap",
    "configMap": "ConfigMap",
    "serviceAccountName": "ServiceAccount",
}
_BY_MAPPING = {
    "secretKeyRef": "Secret",
    "secretRef": "Secret",
    "existingSecret": "Secret",
    "configMapKeyRef": "ConfigMap",
    "configMapRef": "ConfigMap",
    "configMap": "ConfigMap",
    "elasticsearchRef": "Elasticsearch",
    "scaleTargetRef": "",
}
_BY_LIST = {
    "secrets": "Secret",
    "imagePullSecrets": "Secret",
    "envFromSecrets": "Secret",
    "configMaps": "ConfigMap",
    "elasticsearchRefs": "Elasticsearch",
}
_SERVICES = frozenset({"backendRefs", "alertingEndpoints", "alertmanagers"})
_HTTPS = 443


def find(data: Any, path: Path = (), short_urls: bool = True) -> Iterator[Reference]:
    """Every reference in a manifest or in values; a part that is switched off names nothing.

    ``short_urls`` takes a URL whose host has no dot for a Service of the same namespace: right for what a pod is told,
    wrong for texts that people read.
    """
    if isinstance(data, str):
        yield from _in_text(data, path, short_urls)
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from find(item, (*path, number), short_urls)
    elif isinstance(data, Mapping) and data.get("enabled") is not False and data.get("optional") is not True:
        yield from filter(_nameable, _in_mapping(data, path))
        for key, value in data.items():
            yield from find(value, (*path, key), short_urls)


def _nameable(reference: Reference) -> bool:
    """A name that is known here: not masked, and no template that Helm fills in."""
    return bool(reference.name) and reference.name not in MASKS and "{{" not in reference.name


def _in_text(text: str, path: Path, short_urls: bool) -> Iterator[Reference]:
    if ".svc" in text:
        for match in _URL.finditer(text):
            yield Reference("Service", match[1], path, match[2], port=match[3])
    if short_urls and "://" in text:
        for match in _SHORT_URL.finditer(text):
            if match[1] not in _LOOPBACK:
                yield Reference("Service", match[1], path, port=match[2])


def _in_mapping(data: Mapping[str, Any], path: Path) -> Iterator[Reference]:
    parent = next((part for part in reversed(path) if isinstance(part, str)), "")
    if set(data) == {"name", "key"} and parent not in _BY_MAPPING:
        yield from _keyed("Secret", data, data["name"], path)
    if set(data) == {"secret", "key"} and isinstance(data["secret"], str):
        yield from _keyed("Secret", data, data["secret"], path)
    if data.get("kind") == "ServiceAccount" and "apiVersion" not in data:
        yield Reference("ServiceAccount", str(data.get("name", "")), path, data.get("namespace"))
    for key, value in data.items():
        here = (*path, key)
        if isinstance(value, str) and key in _BY_NAME:
            for item in _items(data) or [None]:
                yield Reference(_BY_NAME[key], value, here, key=item)
        elif isinstance(value, Mapping):
            yield from _named_by_mapping(key, value, here)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from _named_in_list(key, item, (*here, number))


def _named_by_mapping(key: str, value: Mapping[str, Any], here: Path) -> Iterator[Reference]:
    if value.get("optional") is True:
        return
    name = value.get("name")
    if key in _BY_MAPPING and isinstance(name, str):
        yield from _keyed(_BY_MAPPING[key] or str(value.get("kind", "")), value, name, here)
    elif key == "secret" and isinstance(name, str) and "key" not in value:
        yield from _keyed("Secret", value, name, here)
    elif key == "service" and here[-2:-1] == ("backend",) and isinstance(name, str):
        port = value.get("port") or {}
        yield Reference("Service", name, here, port=str(port.get("number") or port.get("name") or "") or None)
    elif key == "service" and here[-2:-1] == ("clientConfig",) and isinstance(name, str):
        yield Reference("Service", name, here, value.get("namespace"), port=str(value.get("port") or _HTTPS))


def _named_in_list(key: str, item: Any, here: Path) -> Iterator[Reference]:
    if key in _BY_LIST:
        name = item.get("name") if isinstance(item, Mapping) else item
        yield Reference(_BY_LIST[key], str(name or ""), here)
    elif key in _SERVICES and isinstance(item, Mapping) and item.get("kind", "Service") == "Service":
        port = str(item["port"]) if item.get("port") else None
        yield Reference("Service", str(item.get("name", "")), here, item.get("namespace"), port=port)


def _keyed(kind: str, data: Mapping[str, Any], name: Any, path: Path) -> Iterator[Reference]:
    keys = [data["key"]] if isinstance(data.get("key"), str) else _items(data)
    for key in keys or [None]:
        yield Reference(kind, str(name or ""), path, key=key)


def _items(data: Mapping[str, Any]) -> Sequence[str | None]:
    """Keys that a volume takes of a Secret or ConfigMap."""
    items = data.get("items")
    return (
        [item["key"] for item in items if isinstance(item, Mapping) and "key" in item]
        if isinstance(items, list)
        else []
    )
