"""References between objects: whatever is named has to be there."""

# ruff: noqa: ARG001 - all checks have one signature

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from preview.checks import Context
from preview.hints import hint
from preview.parts import Object, Release
from preview.plan import Plan
from preview.references import Reference, find

BUILT_IN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_KEYED = frozenset({"Secret", "ConfigMap"})


@dataclass(frozen=True)
class Known:
    """Something that is there."""

    keys: frozenset[str] | None = None
    """Keys of its data, as far as they are known."""
    ports: frozenset[str] | None = None
    """Names and numbers of its ports, as far as they are known."""


@dataclass(frozen=True)
class Index:
    """What is there, by kind and namespace, then name."""

    entries: dict[tuple[str, str], dict[str, Known]] = field(default_factory=dict)

    def add(self, kind: str, namespace: str, name: str, known: Known) -> None:
        """Add something that is there."""
        self.entries.setdefault((kind, namespace), {})[name] = known

    def names(self, kind: str, namespace: str) -> dict[str, Known]:
        """What is there of a kind in a namespace, by name."""
        return self.entries.get((kind, namespace), {})


def check_namespaces(plan: Plan, context: Context) -> list[str]:
    """Every namespace that an object or a release goes to is made by the plan."""
    made = {item.name for item in plan.objects if item.kind == "Namespace"} | BUILT_IN_NAMESPACES
    users = [(item.title, item.namespace) for item in plan.objects if item.namespace]
    users += [(f"release {release.name}", release.namespace) for release in plan.releases]
    return [
        f"{title}: namespace {namespace} is not in the plan{hint(namespace, made)}"
        for title, namespace in users
        if namespace not in made
    ]


def check_references(plan: Plan, context: Context) -> list[str]:
    """Every Secret, ConfigMap and ServiceAccount that is named exists, with the key that is read."""
    index = index_of(plan, context)
    return [
        f"{title}: {reference.place} names {why}"
        for title, namespace, reference in references_of(plan)
        if reference.kind != "Service" and (why := missing(index, reference, namespace))
    ]


def check_services(plan: Plan, context: Context) -> list[str]:
    """Every Service that a route or a URL names exists, with the port."""
    index = index_of(plan, context)
    made = {item.name for item in plan.objects if item.kind == "Namespace"}
    reasons = []
    for title, own, reference in references_of(plan):
        namespace = reference.namespace or own
        # What is in a namespace that others own cannot be known here.
        if reference.kind == "Service" and namespace in made | {own}:
            why = missing(index, reference, own)
            reasons += [f"{title}: {reference.place} names {why}"] if why else []
    return reasons


def tls_secrets(plan: Plan) -> list[str]:
    """Secrets with certificates that neither the plan nor cert-manager makes, as ``namespace/name``."""
    made = {(item.namespace, item.name) for item in plan.objects if item.kind == "Secret"}
    named = {
        (item.namespace, entry["secretName"])
        for item in plan.objects
        if item.kind == "Ingress" and not _certified(item)
        for entry in item.manifest["spec"].get("tls", [])
        if "secretName" in entry
    }
    return sorted(f"{namespace}/{name}" for namespace, name in named - made)


def _certified(item: Object) -> bool:
    """Whether cert-manager makes the Secret of an Ingress."""
    annotations = item.manifest["metadata"].get("annotations") or {}
    return any(key.startswith("cert-manager.io/") for key in annotations)


def references_of(plan: Plan) -> Iterator[tuple[str, str, Reference]]:
    """Who names something, from which namespace, and what."""
    for item in plan.objects:
        # Certificates of an Ingress come from cert-manager or from the cluster: `tls_secrets` lists those.
        skipped = {"tls"} if item.kind == "Ingress" else set()
        content = {key: value for key, value in item.manifest.items() if key != "metadata"}
        for reference in find(content, short_urls=item.kind != "ConfigMap"):
            if not skipped & set(reference.path) and item.kind != "Certificate":
                yield item.title, item.namespace, reference
    for release in plan.releases:
        for reference in find(release.values):
            yield f"release {release.name}", release.namespace, reference


def missing(index: Index, reference: Reference, own_namespace: str) -> str:
    """What is wrong with a reference; empty when it resolves."""
    namespace = reference.namespace or own_namespace
    kind, name, names = reference.kind, reference.name, index.names(reference.kind, namespace)
    if kind == "ServiceAccount" and name == "default":
        return ""
    known = names.get(name)
    if known is None:
        return f"{kind} {namespace}/{name}, which nobody makes{hint(name, names)}"
    if kind in _KEYED and reference.key and known.keys is not None and reference.key not in known.keys:
        return f"key {reference.key} of {kind} {name}, which has {', '.join(sorted(known.keys)) or 'none'}"
    if reference.port and known.ports is not None and reference.port not in known.ports:
        return f"port {reference.port} of {kind} {name}, which has {', '.join(sorted(known.ports)) or 'none'}"
    return ""


def index_of(plan: Plan, context: Context) -> Index:
    """Everything that the plan makes, and what its releases make as preview/provided.yaml says."""
    index = Index()
    for item in plan.objects:
        index.add(item.kind, item.namespace, item.name, known_of(item))
        if item.kind == "Certificate":
            index.add("Secret", item.namespace, str(item.manifest["spec"].get("secretName")), Known())
    for release in plan.releases:
        for kind, names in (context.provided.get(release.name) or {}).items():
            for name, parts in names.items() if isinstance(names, Mapping) else ((name, None) for name in names):
                _add_provided(index, release, kind, name, parts)
    return index


def _add_provided(index: Index, release: Release, kind: str, name: str, parts: list[str] | None) -> None:
    """Add what a release makes: ``parts`` are the ports of a Service, the keys of a Secret or ConfigMap."""
    namespace, _, bare = name.rpartition("/")
    words = None if parts is None else frozenset(word for part in parts for word in str(part).split())
    index.add(kind, namespace or release.namespace, bare, Known(keys=words, ports=words))


def known_of(item: Object) -> Known:
    """What is known of an object: keys or ports."""
    if item.kind in _KEYED:
        parts: list[Any] = [item.manifest.get(part) for part in ("data", "stringData", "binaryData")]
        if any(isinstance(part, str) for part in parts):
            return Known()
        return Known(keys=frozenset(key for part in parts if part for key in part))
    if item.kind == "Service":
        ports = item.manifest["spec"].get("ports") or []
        return Known(ports=frozenset(str(port[part]) for port in ports for part in ("name", "port") if part in port))
    return Known()
