"""The way in from outside: encrypted, and through a login."""

from collections.abc import Iterator

from policy.context import Context, matches
from policy.manifests import Manifest, at, group, items, kind, known, mapping, mappings, namespace

_GATEWAY_API = "gateway.networking.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


def _is_ingress(manifest: Manifest) -> bool:
    return (group(manifest), kind(manifest)) == ("networking.k8s.io", "Ingress")


def _is_route(manifest: Manifest) -> bool:
    return group(manifest) == _GATEWAY_API and kind(manifest) in _ROUTES


def _covered(host: str, certified: list[str]) -> bool:
    """Whether a certificate names the host, itself or by a wildcard for its first part."""
    return host in certified or f"*.{host.partition('.')[2]}" in certified


def ingress_tls(manifest: Manifest, context: Context) -> Iterator[str]:
    """In production every host of an Ingress has a certificate."""
    if not context.production or not _is_ingress(manifest):
        return
    spec = mapping(manifest.get("spec"))
    entries = [entry for entry in mappings(spec.get("tls")) if entry.get("secretName")]
    certified = [str(host) for entry in entries for host in items(entry.get("hosts"))]
    hosts = [rule.get("host") for rule in mappings(spec.get("rules"))]
    if spec.get("defaultBackend") and not entries:
        yield "serves all hosts without TLS; remove defaultBackend"
    for host in hosts:
        if not host:
            yield "has a rule for all hosts, which no certificate covers; name the host"
        elif known(host) and not _covered(str(host), certified):
            yield f"serves {host} without TLS; add spec.tls with the host and a secretName"


def route_tls(manifest: Manifest, context: Context) -> Iterator[str]:
    """In production every route is attached to listeners that end TLS, and to no other."""
    if not context.production or not _is_route(manifest):
        return
    parents = mappings(at(manifest, "spec", "parentRefs"))
    if not parents:
        yield "is attached to no Gateway; add spec.parentRefs"
    for parent in parents:
        place, gateway = str(parent.get("namespace") or namespace(manifest)), str(parent.get("name"))
        listener = parent.get("sectionName")
        if not listener:
            yield f"takes plain HTTP too, from all listeners of Gateway {place}/{gateway}; name the sectionName"
        elif known(listener) and not context.ends_tls(place, gateway, str(listener)):
            yield f"is attached to listener {listener} of Gateway {place}/{gateway}, which is not known to end TLS"


def _ingress_backends(spec: Manifest) -> Iterator[Manifest]:
    yield from mappings([spec.get("defaultBackend")])
    for rule in mappings(spec.get("rules")):
        for path in mappings(at(rule, "http", "paths")):
            yield mapping(path.get("backend"))


def _route_backends(spec: Manifest) -> Iterator[Manifest]:
    for rule in mappings(spec.get("rules")):
        yield from mappings(rule.get("backendRefs"))
        yield from (mapping(at(part, "requestMirror", "backendRef")) for part in _filters(rule))


def _filters(rule: Manifest) -> Iterator[Manifest]:
    holders = (rule, *mappings(rule.get("backendRefs")))
    return (part for holder in holders for part in mappings(holder.get("filters")) if part.get("requestMirror"))


def login(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every way in leads to a UI that asks for a login, or to a login in front of it."""
    spec = mapping(manifest.get("spec"))
    if _is_ingress(manifest):
        backends = [(at(backend, "service", "name"), backend) for backend in _ingress_backends(spec)]
    elif _is_route(manifest):
        backends = [(backend.get("name"), backend) for backend in _route_backends(spec)]
    else:
        return
    for service, backend in backends:
        of_service = backend.get("kind", "Service") == "Service" and "resource" not in backend
        if known(service) and of_service and matches(str(service), context.standards.logins):
            continue
        if not isinstance(service, str) or known(service):
            what = service or "something else than a Service"
            yield f"leads to {what}, which asks for no login; put a login proxy first"


def inside_services(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - all rules have one signature
    """No Service is reachable from outside the cluster by itself, past TLS and login."""
    if (group(manifest), kind(manifest)) != ("", "Service"):
        return
    spec = mapping(manifest.get("spec"))
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        yield f"is of type {spec['type']}; use ClusterIP, and an Ingress or HTTPRoute for people"
    if items(spec.get("externalIPs")):
        yield "has externalIPs; remove them"
