"""The policy as a check of the preview."""

import json

from policy.context import derive, in_production
from policy.engine import evaluate
from policy.exceptions import load
from policy.manifests import Manifest, of_resource
from policy.pack import SETTINGS
from preview.checks import Context
from preview.plan import Plan


def split(plan: Plan) -> tuple[list[Manifest], list[Manifest]]:
    """The objects that a plan's program makes, and its releases."""
    objects: list[Manifest] = [item.manifest for item in plan.objects]
    releases = [of_resource(item.resource.type, item.resource.name, item.inputs) for item in plan.releases]
    return objects, [release for release in releases if release is not None]


def check_policy(plan: Plan, context: Context) -> list[str]:
    """Every object and every release holds the policy, or has an exception with a reason in policy/exceptions.yaml."""
    objects, releases = split(plan)
    settings = json.loads(context.recording.stack.config.get(f"{plan.project}:{SETTINGS}") or "{}")
    stack = derive(objects, production=in_production(settings))
    return [str(finding) for finding in evaluate(objects, releases, stack, load())]
