"""Plain Kubernetes objects against the API of Kubernetes."""

# ruff: noqa: ARG001 - all checks have one signature

from collections.abc import Iterable

from preview.checks import Context
from preview.hints import dotted
from preview.kubernetes import NEWEST, OLDEST
from preview.parts import Object
from preview.plan import Plan
from preview.schemas import kubernetes, problems


def check_objects(plan: Plan, context: Context) -> list[str]:
    """Every plain object is valid in the stack's (or oldest) and the newest Kubernetes; custom ones need their CRD."""
    return invalid(plan.objects, plan.kubernetes or OLDEST)


def invalid(items: Iterable[Object], oldest: str) -> list[str]:
    """What is wrong with plain objects, and in which versions of Kubernetes: this one, and the newest."""
    reasons = []
    for item in items:
        if item.custom:
            continue
        found: dict[str, list[str]] = {}
        for version in dict.fromkeys((oldest, NEWEST)):
            valid = kubernetes(version, str(item.manifest["apiVersion"]), item.kind)
            if valid is None:
                found.setdefault(f"{item.manifest['apiVersion']} is not served", []).append(version)
                continue
            for path, message in problems(valid, item.manifest):
                found.setdefault(f"{dotted(path)} {message}", []).append(version)
        reasons += [
            f"{item.title}: {problem} (Kubernetes {', '.join(versions)})" for problem, versions in found.items()
        ]
    return reasons
