"""What a stack needs from outside: secrets, DNS names, and things that the cluster has to have."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preview.checks.references import tls_secrets
from preview.plan import Plan

_SECRET = re.compile(r"(?P<purpose>.+) is not set; run: (?P<command>pulumi config set --secret \S+)")
_ROUTES = frozenset({"ingress", "route", "httproute", "HTTPRoute", "Ingress"})
DEFAULT_CLASS = "the cluster's default"


@dataclass(frozen=True)
class Needs:
    """The needs, each sorted."""

    secrets: tuple[tuple[str, str], ...]
    """Purpose of each secret that is not set, and the command that sets it."""
    dns_names: tuple[str, ...]
    ingress_classes: tuple[str, ...]
    gateways: tuple[str, ...]
    cluster_issuers: tuple[str, ...]
    tls_secrets: tuple[str, ...]
    storage_classes: tuple[str, ...]


def needs(plan: Plan) -> Needs:
    """The needs of a plan."""
    secrets = [(match["purpose"], match["command"]) for _, line in plan.log if (match := _SECRET.fullmatch(line))]
    found: dict[str, set[str]] = {}
    for kind, data in (
        *((item.kind, item.manifest) for item in plan.objects),
        *(("", r.values) for r in plan.releases),
    ):
        for need, name in _walk(data, (kind,)):
            found.setdefault(need, set()).add(name)

    def of(need: str) -> tuple[str, ...]:
        return tuple(sorted(found.get(need, ())))

    return Needs(
        tuple(sorted(set(secrets))),
        of("host"),
        of("ingress class"),
        of("gateway"),
        of("issuer"),
        tuple(tls_secrets(plan)),
        of("storage class"),
    )


def _walk(data: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every need in a manifest or in values, as kind of need and name; a part that is switched off needs nothing."""
    if isinstance(data, list):
        for item in data:
            yield from _walk(item, path)
    elif isinstance(data, Mapping) and data.get("enabled") is not False:
        yield from _here(data, path)
        for key, value in data.items():
            yield from _walk(value, (*path, key))


def _here(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if _is_claim(data, path):
        yield "storage class", str(data.get("storageClassName") or DEFAULT_CLASS)
    if path == ("Ingress", "spec") and "ingressClassName" not in data:
        yield "ingress class", DEFAULT_CLASS
    routed = not _ROUTES.isdisjoint(path)
    for key, value in data.items():
        if key in ("ingressClassName", "className") and routed and isinstance(value, str) and value:
            yield "ingress class", value
        elif key == "cert-manager.io/cluster-issuer":
            yield "issuer", str(value)
        elif key == "issuerRef" and path[0] == "Certificate" and value.get("kind") == "ClusterIssuer":
            yield "issuer", str(value["name"])
        elif key == "parentRefs" and isinstance(value, list):
            yield from (("gateway", "/".join(filter(None, (ref.get("namespace"), ref["name"])))) for ref in value)
        elif routed and key in ("host", "hosts", "hostnames") and "tls" not in path:
            hosts = value if isinstance(value, list) else [value]
            yield from (("host", host) for host in hosts if isinstance(host, str))


def _is_claim(data: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether it is the spec of a PersistentVolumeClaim, or a chart's setting of one."""
    resources = data.get("resources")
    requests = resources.get("requests") if isinstance(resources, Mapping) else None
    return (isinstance(requests, Mapping) and "storage" in requests) or (path[-1] == "persistence" and "size" in data)
