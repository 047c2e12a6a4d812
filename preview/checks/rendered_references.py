"""References across everything that a stack brings: of its own objects, and of what its charts render to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from preview.checks import Context
from preview.checks.references import Index, index_of, known_of, missing, references_of
from preview.checks.rendering import whole
from preview.hints import hint
from preview.parts import Object
from preview.plan import Plan
from preview.references import Reference, find

_ROLES = frozenset({"Role", "ClusterRole"})
_BUILT_IN_ROLES = frozenset({"admin", "cluster-admin", "edit", "view"})
# Long, and nothing in them names what has to be there.
_SILENT = frozenset({"CustomResourceDefinition", "Certificate"})


def check_rendered_references(plan: Plan, context: Context) -> list[str]:
    """Every Secret, ConfigMap, ServiceAccount and role that rendered objects name exists, with the key that is read."""
    index = _index(plan, context)
    reasons = [
        f"{title}: {reference.place} names {why}"
        for title, namespace, reference in _references(context)
        if reference.kind != "Service" and (why := missing(index, reference, namespace))
    ]
    return reasons + [why for item in whole(plan, context) for why in _role(item, index)]


def check_rendered_services(plan: Plan, context: Context) -> list[str]:
    """Every Service that an object, values or a rendered object name exists, with a port that it really has."""
    index = _index(plan, context)
    made = _namespaces(whole(plan, context))
    return [
        f"{title}: {reference.place} names {why}"
        for title, own, reference in (*references_of(plan), *_references(context))
        if reference.kind == "Service" and (reference.namespace or own) in made
        if (why := missing(index, reference, own))
    ]


def check_provided(plan: Plan, context: Context) -> list[str]:
    """What preview/provided.yaml says of rendered objects is so: their ports and keys."""
    listed, real = index_of(plan, context), _index_of(whole(plan, context))
    reasons = []
    for (kind, namespace), names in listed.entries.items():
        for name, known in real.names(kind, namespace).items():
            said = names.get(name, known)
            for what, parts, there in (("port", said.ports, known.ports), ("key", said.keys, known.keys)):
                wrong = sorted((parts or frozenset()) - there) if there is not None else []
                reasons += [f"{kind} {namespace}/{name} has no {what} {part}" for part in wrong]
    return reasons


def _namespaces(items: Iterable[Object]) -> set[str]:
    """The namespaces that a stack makes: what is in others cannot be known here."""
    return {item.name for item in items if item.kind == "Namespace"}


def _index(plan: Plan, context: Context) -> Index:
    """Everything that is there: what operators make as preview/provided.yaml says, the rest as it is."""
    index = index_of(plan, context)
    for key, names in _index_of(whole(plan, context)).entries.items():
        index.entries.setdefault(key, {}).update(names)
    return index


def _index_of(items: Iterable[Object]) -> Index:
    index = Index()
    for item in items:
        index.add(item.kind, item.namespace, item.name, known_of(item))
    return index


def _references(context: Context) -> Iterator[tuple[str, str, Reference]]:
    """Who names something among the rendered objects, from which namespace, and what."""
    for item in context.rendering.objects:
        if item.kind in _SILENT:
            continue
        content = {key: value for key, value in item.manifest.items() if key != "metadata"}
        # Certificates of an Ingress come from cert-manager or from the cluster.
        skipped = {"tls"} if item.kind == "Ingress" else set()
        for reference in find(content, short_urls=item.kind not in ("ConfigMap", "PrometheusRule")):
            if not skipped & set(reference.path):
                yield item.title, item.namespace, reference


def _role(item: Object, index: Index) -> Iterator[str]:
    """What is wrong with the role of a binding."""
    reference: Any = item.manifest.get("roleRef")
    if not item.kind.endswith("RoleBinding") or not isinstance(reference, Mapping):
        return
    kind, name = str(reference.get("kind")), str(reference.get("name"))
    names = index.names(kind, "" if kind == "ClusterRole" else item.namespace)
    built_in = kind == "ClusterRole" and (name in _BUILT_IN_ROLES or name.startswith("system:"))
    if kind in _ROLES and not built_in and name not in names:
        yield f"{item.title}: roleRef names {kind} {name}, which nobody makes{hint(name, names)}"
