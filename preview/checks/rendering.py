"""Rendered objects, each for itself: they render, and Kubernetes and their CustomResourceDefinitions take them."""

# ruff: noqa: ARG001 - all checks have one signature

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from preview.checks import Context, NotRunError
from preview.checks.objects import invalid
from preview.crds import CustomKinds, without_nulls
from preview.hints import dotted
from preview.kubernetes import NEXT, OLDEST
from preview.parts import Object
from preview.plan import Plan
from preview.rendered import Rendered
from preview.schemas import description, problems

NOTHING, NOT_ALL = "no chart was rendered", "not every chart was rendered"
_DEPRECATED = "Deprecated: This API"
_Item = TypeVar("_Item", bound=Object)


def rendered(context: Context) -> tuple[Rendered, ...]:
    """The rendered objects; raises ``NotRunError`` when there are none."""
    if not context.rendering.objects:
        raise NotRunError(NOTHING)
    return context.rendering.objects


def whole(plan: Plan, context: Context) -> tuple[Object, ...]:
    """Everything that a stack brings to a cluster; raises ``NotRunError`` when a chart was not rendered."""
    objects = rendered(context)
    if context.rendering.missing or context.rendering.failed:
        raise NotRunError(NOT_ALL)
    return (*plan.objects, *objects)


def check_rendering(plan: Plan, context: Context) -> list[str]:
    """Helm renders the chart of every release."""
    if context.rendering.note and not context.rendering.failed:
        raise NotRunError(NOT_ALL if context.rendering.objects else NOTHING)
    return [f"{release}: {problem}" for release, problem in context.rendering.failed.items()]


def check_rendered_objects(plan: Plan, context: Context) -> list[str]:
    """Every rendered plain object is valid in the stack's (or oldest) and the newest Kubernetes."""
    return invalid(_full(map(_without_schemas, rendered(context))), plan.kubernetes or OLDEST)


def check_custom_objects(plan: Plan, context: Context) -> list[str]:
    """Every custom object is valid by its CustomResourceDefinition, where a chart brings that."""
    kinds = CustomKinds(rendered(context))
    reasons = []
    for item in _full(item for item in (*plan.objects, *context.rendering.objects) if item.custom):
        if not kinds.knows(item):
            continue
        valid = kinds.validator(item)
        if valid is None:
            versions = ", ".join(kinds.served(item)) or "no version of this kind"
            reasons.append(f"{item.title}: {item.manifest['apiVersion']} is not served; the charts bring {versions}")
        else:
            reasons += [f"{item.title}: {dotted(path)} {why}" for path, why in problems(valid, item.manifest)]
    return reasons


def check_rendered_apis(plan: Plan, context: Context) -> list[str]:
    """Every API version is served by the next two versions of Kubernetes, and none of it is deprecated."""
    reasons: dict[str, None] = {}
    for item in (*plan.objects, *rendered(context)):
        api = str(item.manifest["apiVersion"])
        for version in NEXT if not item.custom else ():
            said = description(version, api, item.kind)
            if said is None:
                reasons[f"{item.title}: Kubernetes {version} does not serve {api} {item.kind}"] = None
            elif _DEPRECATED in said:
                reasons[f"{item.title}: {api} {item.kind} is deprecated in Kubernetes {version}"] = None
    return list(reasons)


def _full(items: Iterable[_Item]) -> Iterable[_Item]:
    """Objects as the API server sees them."""
    return (replace(item, manifest=without_nulls(item.manifest)) for item in items)


def _without_schemas(item: Rendered) -> Rendered:
    """A CustomResourceDefinition without its schemas: generated, never ours, and longer than all else together."""
    if item.kind != "CustomResourceDefinition":
        return item
    spec = item.manifest["spec"]
    versions = [{**version, "schema": {}} if "schema" in version else version for version in spec["versions"]]
    return replace(item, manifest={**item.manifest, "spec": {**spec, "versions": versions}})
