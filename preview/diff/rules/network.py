"""What answers where: Services, Ingresses, routes of a gateway, NetworkPolicies."""

from collections.abc import Iterator

from preview.diff.context import Context, code
from preview.diff.fields import MISSING
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.tree import Item

_OUTSIDE = frozenset({"LoadBalancer", "NodePort"})
_PORTS = ("port", "targetPort", "nodePort", "protocol", "appProtocol")
_ROUTES = frozenset({"Ingress", "HTTPRoute"})
# Annotations by which an ingress controller asks for a login or lets only some addresses in.
_GUARDS = ("auth", "whitelist", "allowlist", "middleware", "denylist")


def services(change: Change, _: Context) -> Iterator[Finding]:
    """Ports, selector and type of a Service."""
    item = change.item
    if item.kind != "Service":
        return
    if change.verb == "removed":
        yield Finding(Risk.HIGH, f"{code(item.title)} is removed: nothing answers under its name any more")
    for field in change.under("spec", "ports", "*") if change.verb == "changed" else ():
        name = code(field.path[2])
        if len(field.path) == 3:  # noqa: PLR2004 - spec.ports[x]
            gone = field.after is MISSING
            text = f"{code(item.title)} {'no longer has' if gone else 'also has'} port {name}"
            yield Finding(Risk.HIGH if gone else Risk.LOW, text, (field,))
        elif field.path[3] in _PORTS:
            moves = f"{code(field.after)} instead of {code(field.before)}"
            text = f"{code(item.title)}: {code(field.path[3])} of port {name} is {moves}"
            yield Finding(Risk.HIGH if field.path[3] == "port" else Risk.MEDIUM, text, (field,))
    if selector := change.under("spec", "selector"):
        yield Finding(Risk.HIGH, f"{code(item.title)} selects other pods", selector)
    for field in change.under("spec", "type"):
        outside = field.after in _OUTSIDE
        end = ": it can be reached from outside the cluster" if outside else ""
        text = f"{code(item.title)} is of type {code(field.after)} instead of {code(field.before)}{end}"
        yield Finding(Risk.HIGH if outside else Risk.MEDIUM, text, (field,))


def hosts(change: Change, _: Context) -> Iterator[Finding]:
    """Hosts under which something can be reached from outside."""
    item = change.item
    if item.kind not in _ROUTES:
        return
    before, after = (_hosts(found) for found in (change.before, change.after))
    fields = (*change.under("spec", "rules"), *change.under("spec", "hostnames"))
    new, gone = sorted(after - before), sorted(before - after)
    if new and gone and change.verb == "changed":
        pairs = f"{code(', '.join(new))} instead of {code(', '.join(gone))}"
        yield Finding(Risk.HIGH, f"{code(item.title)} answers at {pairs}", fields)
        return
    for host in gone:
        yield Finding(Risk.HIGH, f"{code(item.title)} no longer answers at {code(host)}", fields)
    for host in new:
        yield Finding(
            Risk.MEDIUM, f"{code(item.title)} answers at {code(host)}: it can be reached from outside", fields
        )


def _hosts(item: Item | None) -> set[str]:
    if item is None:
        return set()
    rules = (rule.get("host") or "*" for rule in item.spec.get("rules") or () if item.kind == "Ingress")
    return {*map(str, rules), *map(str, item.spec.get("hostnames") or ())}


def guards(change: Change, _: Context) -> Iterator[Finding]:
    """TLS, login and backend of an Ingress."""
    item = change.item
    if item.kind not in _ROUTES or change.verb != "changed":
        return
    if tls := change.under("spec", "tls"):
        off = not item.spec.get("tls")
        text = "is no longer encrypted (TLS)" if off else "has other certificates (TLS)"
        yield Finding(Risk.HIGH if off else Risk.MEDIUM, f"{code(item.title)} {text}", tls)
    for field in change.under("metadata", "annotations", "*"):
        if any(word in field.path[2].lower() for word in _GUARDS):
            gone = field.after is MISSING
            end = (
                " is removed: who may come in changes" if gone else f" is {code(field.after)}: who may come in changes"
            )
            yield Finding(Risk.HIGH, f"{code(item.title)}: {code(field.path[2])}{end}", (field,))
    backends = tuple(field for field in change.fields if "backend" in field.path or "backendRefs" in field.path)
    if backends:
        yield Finding(Risk.HIGH, f"{code(item.title)} leads to another Service or port", backends)


def policies(change: Change, _: Context) -> Iterator[Finding]:
    """Which traffic is let through."""
    item = change.item
    if item.kind != "NetworkPolicy":
        return
    if change.verb == "changed":
        if fields := change.under("spec"):
            yield Finding(Risk.HIGH, f"{code(item.title)} lets other traffic through", fields)
    elif change.verb == "removed":
        yield Finding(Risk.HIGH, f"permission widens: {code(item.title)} is removed, its traffic is no longer limited")
    else:
        yield Finding(Risk.MEDIUM, f"{code(item.title)} is new: other traffic to its pods is refused")
