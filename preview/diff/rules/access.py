"""Permissions: what a role allows, who holds it, and what pods may do on their node."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from preview.diff.context import Context, code, listed
from preview.diff.fields import MISSING, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.tree import Item

_ROLES = frozenset({"Role", "ClusterRole"})
_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})
_LEVEL = "pod-security.kubernetes.io/enforce"
_LEVELS = ("restricted", "baseline", "privileged")
_OPEN = {
    "privileged": True, "allowPrivilegeEscalation": True, "hostNetwork": True, "hostPID": True, "hostIPC": True,
    "runAsNonRoot": False, "readOnlyRootFilesystem": False, "automountServiceAccountToken": True,
}  # fmt: skip
Right = tuple[str, str, str]
"""Verb, resource with its group (or URL), and the name of a single object."""


def roles(change: Change, _: Context) -> Iterator[Finding]:
    """A role allows more or less than before."""
    if change.item.kind not in _ROLES:
        return
    before, after = (_rights(item) for item in (change.before, change.after))
    fields = (*change.under("rules"), *change.under("aggregationRule"))
    what = code(change.item.title)
    more = sorted(right for right in after if not _covered(right, before))
    less = sorted(right for right in before if not _covered(right, after))
    if more:
        yield Finding(Risk.HIGH, f"permission widens: {what} also allows {_told(more)}", fields)
    if less:
        yield Finding(Risk.MEDIUM, f"permission narrows: {what} no longer allows {_told(less)}", fields)


def _rights(item: Item | None) -> set[Right]:
    found: set[Right] = set()
    for rule in (item.manifest.get("rules") if item else None) or ():
        verbs, names = rule.get("verbs") or (), rule.get("resourceNames") or ("",)
        groups, resources = rule.get("apiGroups") or ("",), rule.get("resources") or ()
        targets = [f"{resource}.{group}" if group else str(resource) for group, resource in product(groups, resources)]
        found |= set(product(map(str, verbs), targets, map(str, names)))
        found |= {(str(verb), str(url), "") for verb, url in product(verbs, rule.get("nonResourceURLs") or ())}
    return found


def _covered(right: Right, rights: set[Right]) -> bool:
    """Whether rights with wildcards hold a right."""
    verb, target, name = right
    resource, _, group = target.partition(".")
    targets = {target, "*.*", "*", f"*.{group}" if group else "*", f"{resource}.*"}
    return any((v, t, n) in rights for v in {verb, "*"} for t in targets for n in {name, ""})


def _told(rights: list[Right]) -> str:
    """Rights by what they are about, verbs together."""
    verbs: dict[str, list[str]] = {}
    for verb, target, name in rights:
        verbs.setdefault(f"{target} {name}".strip(), []).append(verb)
    told = [f"{listed(found)} on {code(target)}" for target, found in verbs.items()]
    return "; ".join(told[:4]) + (f" and more on {len(told) - 4} others" if len(told) > 4 else "")  # noqa: PLR2004 - so many are read


def bindings(change: Change, _: Context) -> Iterator[Finding]:
    """Somebody gets a role, or loses it."""
    if change.item.kind not in _BINDINGS:
        return
    before, after = (_holders(item) for item in (change.before, change.after))
    fields = (*change.under("subjects"), *change.under("roleRef"))
    for who, role in sorted(after - before):
        text = f"permission widens: {code(who)} gets {code(role)} ({code(change.item.title)})"
        yield Finding(Risk.HIGH, text, fields)
    for who, role in sorted(before - after):
        text = f"permission narrows: {code(who)} loses {code(role)} ({code(change.item.title)})"
        yield Finding(Risk.MEDIUM, text, fields)


def _holders(item: Item | None) -> set[tuple[str, str]]:
    if item is None:
        return set()
    reference = item.manifest.get("roleRef") or {}
    role = f"{reference.get('kind', '')} {reference.get('name', '')}"
    subjects = item.manifest.get("subjects") or ()
    return {(" ".join(str(s[key]) for key in ("kind", "namespace", "name") if s.get(key)), role) for s in subjects}


def pod_rights(change: Change, _: Context) -> Iterator[Finding]:
    """Pods may do more on their node, or get a token for the API."""
    for field in change.fields if change.verb == "changed" else ():
        name = field.path[-1]
        if name in _OPEN and field.after is _OPEN[name]:
            yield _wider(change, field, f"sets {code(f'{name}: {str(field.after).lower()}')}")
        elif name in _OPEN and field.after is MISSING and field.before is not _OPEN[name]:
            yield _wider(change, field, f"no longer sets {code(f'{name}: {str(field.before).lower()}')}")
        elif "capabilities" in field.path and (("add" in field.path) == (field.after is not MISSING)):
            value = field.before if field.after is MISSING else field.after
            verb = "adds" if "add" in field.path else "no longer drops"
            yield _wider(change, field, f"{verb} the capability {code(value)}")
        elif field.after is not MISSING and (name == "hostPath" or _mounts_node(field.after)):
            yield _wider(change, field, f"mounts a path of its node ({code(field.place)})")


def _mounts_node(value: Any) -> bool:
    return isinstance(value, Mapping) and "hostPath" in value


def _wider(change: Change, field: Field, what: str) -> Finding:
    return Finding(Risk.HIGH, f"permission widens: {code(change.item.title)} {what}", (field,))


def pod_security(change: Change, _: Context) -> Iterator[Finding]:
    """The level of Pod Security that a namespace enforces."""
    if change.item.kind != "Namespace":
        return
    for field in change.under("metadata", "labels", _LEVEL):
        old, new = (_rank(value) for value in (field.before, field.after))
        way, risk = ("widens", Risk.HIGH) if new > old else ("narrows", Risk.HIGH)
        end = "" if new > old else ": pods that need more are refused"
        moves = f"enforces Pod Security {code(field.after)} instead of {code(field.before)}"
        yield Finding(risk, f"permission {way}: namespace {code(change.item.name)} {moves}{end}", (field,))


def _rank(level: Any) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS) - 1
