"""The policy as checks of the preview: of what the program asks for, and of what its charts render to."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from policy.context import Context as PolicyContext
from policy.context import derive, in_production, stack_standards
from policy.engine import evaluate
from policy.exceptions import load
from policy.manifests import Manifest, of_resource, placed
from policy.pack import SETTINGS
from preview.checks import Context
from preview.checks.rendering import rendered
from preview.plan import Plan


def split(plan: Plan) -> tuple[list[Manifest], list[Manifest]]:
    """The objects that a plan's program makes, and its releases."""
    objects: list[Manifest] = [item.manifest for item in plan.objects]
    releases = [of_resource(item.resource.type, item.resource.name, item.inputs) for item in plan.releases]
    return objects, [release for release in releases if release is not None]


def check_policy(plan: Plan, context: Context) -> list[str]:
    """Every object and every release holds the policy, or has an exception with a reason in policy/exceptions.yaml."""
    objects, releases = split(plan)
    return [str(finding) for finding in evaluate(objects, releases, _stack(plan, context, objects), load())]


def check_rendered_policy(plan: Plan, context: Context) -> list[str]:
    """Every rendered object holds the policy, or has an exception with a reason in policy/exceptions.yaml."""
    charts = [placed(item.manifest, item.release.name, item.release.namespace) for item in rendered(context)]
    stack = _stack(plan, context, (*split(plan)[0], *charts))
    return [str(finding) for finding in evaluate(charts, (), stack, load())]


def _stack(plan: Plan, context: Context, objects: Iterable[Manifest]) -> PolicyContext:
    settings: Any = json.loads(context.recording.stack.config.get(f"{plan.project}:{SETTINGS}") or "{}")
    found = derive(objects, production=in_production(settings))
    return replace(found, standards=stack_standards(settings))
