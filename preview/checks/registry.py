"""Every check, and how they are made."""

from collections.abc import Iterable

from preview.checks import (
    Check,
    Context,
    NotRunError,
    Result,
    objects,
    references,
    releases,
    resources,
    secrets,
    values,
)
from preview.plan import Plan

CHECKS: tuple[Check, ...] = (
    resources.check_resource_names,
    resources.check_object_names,
    resources.check_providers,
    releases.check_charts_pinned,
    releases.check_release_options,
    values.check_value_paths,
    values.check_value_schemas,
    objects.check_objects,
    secrets.check_secret_texts,
    references.check_namespaces,
    references.check_references,
    references.check_services,
)
"""All checks, in the order of the report."""


def evaluate(plan: Plan, context: Context, checks: Iterable[Check] = CHECKS) -> list[Result]:
    """Make the checks."""
    return [_evaluate(check, plan, context) for check in checks]


def _evaluate(check: Check, plan: Plan, context: Context) -> Result:
    title = (check.__doc__ or check.__name__).strip().rstrip(".")
    try:
        reasons = tuple(check(plan, context))
    except NotRunError as error:
        return Result(check.__name__, title, "not run", (str(error),))
    return Result(check.__name__, title, "fails" if reasons else "holds", reasons)
