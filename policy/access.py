"""Rights at the Kubernetes API: who has a token for it, and what it opens."""

from collections.abc import Iterator

from policy.context import Context
from policy.manifests import Manifest, at, group, items, kind, mappings
from policy.pods import pods

_RBAC = "rbac.authorization.k8s.io"
_ESCALATING = ("bind", "escalate", "impersonate")
_EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts")
_ALL_RIGHTS = ("cluster-admin", "admin", "edit")


def service_account_token(manifest: Manifest, context: Context) -> Iterator[str]:
    """Only workloads that policy/standards.yaml lists as users of the Kubernetes API get a token for it."""
    if any(user.covers(manifest) for user in context.standards.api_users):
        return
    for pod in pods(manifest):
        own = pod.spec.get("automountServiceAccountToken")
        account = str(pod.spec.get("serviceAccountName") or "default")
        if own is None and (pod.namespace, account) in context.without_token:
            continue
        if own is not False:
            yield "pod gets a token for the Kubernetes API; set automountServiceAccountToken: false"


def _rules(manifest: Manifest) -> list[Manifest]:
    of_rbac = group(manifest) == _RBAC and kind(manifest) in ("Role", "ClusterRole")
    return mappings(manifest.get("rules")) if of_rbac else []


def wildcard_rights(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - all rules have one signature
    """No role gives all verbs, all resources, all groups or all URLs."""
    for rule in _rules(manifest):
        for key in ("verbs", "resources", "apiGroups", "nonResourceURLs"):
            if any("*" in str(entry) for entry in items(rule.get(key))):
                what = ", ".join(map(str, items(rule.get("resources")) or items(rule.get("nonResourceURLs"))))
                yield f"gives {key} * on {what}; list what is needed"


def escalating_rights(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """No role lets its holder take other rights than its own."""
    for rule in _rules(manifest):
        for verb in sorted(set(map(str, items(rule.get("verbs")))) & set(_ESCALATING)):
            yield f"gives verb {verb} on {', '.join(map(str, items(rule.get('resources'))))}; remove it"


def broad_bindings(manifest: Manifest, context: Context) -> Iterator[str]:  # noqa: ARG001 - likewise
    """No binding gives away the rights of an administrator, or gives rights to everybody."""
    if group(manifest) != _RBAC or kind(manifest) not in ("RoleBinding", "ClusterRoleBinding"):
        return
    if at(manifest, "roleRef", "kind") == "ClusterRole" and at(manifest, "roleRef", "name") in _ALL_RIGHTS:
        yield f"gives the role {at(manifest, 'roleRef', 'name')}; make a role with what is needed"
    for subject in mappings(manifest.get("subjects")):
        if subject.get("name") in _EVERYBODY or str(subject.get("name")).startswith("system:serviceaccounts:"):
            yield f"gives rights to {subject.get('name')}; name a service account"
