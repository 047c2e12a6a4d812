"""Every check, and how they are made."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from preview.checks import (
    Check,
    Context,
    NotRunError,
    Result,
    TolerableError,
    daemons,
    objects,
    references,
    releases,
    rendered_references,
    rendering,
    resources,
    secrets,
    selectors,
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
"""The checks of what the program asks for, in the order of the report."""
MANIFEST_CHECKS: tuple[Check, ...] = (
    rendering.check_rendering,
    rendering.check_rendered_objects,
    rendering.check_rendered_apis,
    rendering.check_custom_objects,
    rendered_references.check_rendered_references,
    rendered_references.check_rendered_services,
    rendered_references.check_provided,
    selectors.check_selectors,
    daemons.check_rules,
    daemons.check_prometheus_config,
    daemons.check_alertmanager_config,
)
"""The checks of what its charts render to, after those. They need Helm and charts, so that not all can make them."""


def evaluate_together(plan: Plan, context: Context, checks: Iterable[Check] = MANIFEST_CHECKS) -> list[Result]:
    """Make the checks at the same time: some of them wait for programs."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda check: _evaluate(check, plan, context), checks))


def evaluate(plan: Plan, context: Context, checks: Iterable[Check] = CHECKS) -> list[Result]:
    """Make the checks."""
    return [_evaluate(check, plan, context) for check in checks]


def _evaluate(check: Check, plan: Plan, context: Context) -> Result:
    title = (check.__doc__ or check.__name__).strip().rstrip(".")
    try:
        reasons = tuple(check(plan, context))
    except NotRunError as error:
        return Result(check.__name__, title, "not run", (str(error),))
    except TolerableError as error:
        return Result(check.__name__, title, "warns", tuple(map(str, error.args)))
    return Result(check.__name__, title, "fails" if reasons else "holds", reasons)
