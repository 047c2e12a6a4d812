"""Names and providers of resources."""

# ruff: noqa: ARG001 - all checks have one signature

import json
from collections import Counter

from preview.checks import Context
from preview.plan import Plan


def check_resource_names(plan: Plan, context: Context) -> list[str]:
    """No two resources have the same type and name."""
    counts = Counter((resource.type, resource.name) for resource in plan.resources)
    return [
        f"{type_} {name} is there {count} times; give each a name of its own"
        for (type_, name), count in sorted(counts.items())
        if count > 1
    ]


def check_object_names(plan: Plan, context: Context) -> list[str]:
    """No two objects have the same kind, namespace and name in the cluster, and no two releases the same name."""
    titles = [item.title for item in plan.objects]
    titles += [f"Release {release.namespace}/{release.name}" for release in plan.releases]
    return [
        f"{title} is made {count} times; the last one would win"
        for title, count in sorted(Counter(titles).items())
        if count > 1
    ]


def check_providers(plan: Plan, context: Context) -> list[str]:
    """Every Kubernetes resource has an explicit provider, so that none follows the shell's kubeconfig."""
    # Where a stack switches default providers off, `up` refuses any resource without an explicit one.
    disabled = json.loads(context.recording.stack.config.get("pulumi:disable-default-providers", "[]"))
    packages = {"kubernetes", *disabled}
    return [
        f"{resource.kind} {resource.name} has no explicit provider; make it the child of a component that has one"
        for resource in plan.resources
        if not resource.component and not resource.type.startswith("pulumi:") and not _explicit(resource.provider)
        if "*" in packages or resource.type.partition(":")[0] in packages
    ]


def _explicit(provider: str) -> bool:
    """The SDK calls a provider that nobody made ``default``."""
    return bool(provider) and not provider.rpartition("::")[2].startswith("default")
