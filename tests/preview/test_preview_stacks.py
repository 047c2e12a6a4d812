"""The lists of the preview against the stacks of this repository: nothing is missing in them, and nothing left over."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preview.checks import Context
from preview.checks.registry import MANIFEST_CHECKS, evaluate
from preview.checks.values import check_value_paths, stale_patterns
from preview.images import images
from preview.plan import Plan, build
from preview.render import render_stack
from preview.run import run
from preview.stackfile import load, stack_names
from preview.write import files
from tests.needs import need

ROOT = Path(__file__).parents[2]
CHARTS = os.environ.get("CHART_VALUES")
LEFT_OUT = not CHARTS and not os.environ.get("CI")
NEEDS_MIRROR = pytest.mark.skipif(
    not os.environ.get("CHARTS_MIRROR"), reason="CHARTS_MIRROR names no directory of the pinned charts"
)
NEEDS_CHARTS = pytest.mark.skipif(LEFT_OUT, reason="CHART_VALUES names no directory of charts")


# Settings that the stack files offer but do not use, on top of a stack: plans with them hold all checks too.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "grafana-on-a-database": (
        "prod",
        {"grafana": {"replicas": 2, "volume": None, "database": {"host": "postgres.databases.svc"}}},
    ),
    "storage-class": (
        "prod",
        {
            part: {"volume": {"storageClass": "fast"}}
            for part in ("prometheus", "alertmanager", "grafana", "elasticsearch", "logstash")
        },
    ),
    "gateway": (
        "prod",
        {
            "exposure": {
                "kind": "gateway",
                "tls": None,
                "className": None,
                "gateway": {"name": "e", "namespace": "e", "sectionName": "s"},
            }
        },
    ),
    "identity-provider": (
        "prod",
        {"exposure": {"login": {"oidc": {"issuerUrl": "https://login.example.com", "clientId": "platform"}}}},
    ),
    "not-exposed": ("dev", {"exposure": {"kind": "none"}}),
}

CASES = [*stack_names(ROOT), *VARIANTS]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others on top."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def settings_of(stack: str, over: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a stack with others on top, in the form that the run takes."""
    (text,) = (value for key, value in load(ROOT, stack).config.items() if key.endswith(":platform"))
    return {"platform": json.dumps(merged(json.loads(text), over))}


@pytest.fixture(scope="module")
def planned() -> dict[str, tuple[Plan, Context]]:
    """Plan and context of each stack and variant; all of them note what they need in the same place."""
    used: set[tuple[str, str]] = set()
    plans = {}
    for name in CASES:
        stack, over = VARIANTS.get(name, (name, {}))
        recording = run(ROOT, stack, config=settings_of(stack, over) if over else None)
        context = Context(recording, Path(CHARTS) if CHARTS else None, used_patterns=used)
        plans[name] = (build(recording), context)
    return plans


@pytest.mark.parametrize("case", CASES)
def test_every_check_holds(planned: dict[str, tuple[Plan, Context]], case: str) -> None:
    results = evaluate(*planned[case])
    assert [(result.name, result.reasons) for result in results if result.status == "fails"] == []


@NEEDS_MIRROR
@pytest.mark.parametrize("case", CASES)
def test_every_check_of_the_rendered_charts_holds(planned: dict[str, tuple[Plan, Context]], case: str) -> None:
    need("helm", "promtool", "amtool")
    plan, context = planned[case]
    rendering = render_stack(plan, ROOT, network=False)
    assert (rendering.note, rendering.failed) == ("", {})
    results = evaluate(plan, replace(context, rendering=rendering), MANIFEST_CHECKS)
    assert [(result.name, result.reasons) for result in results if result.status != "holds"] == []
    found = [image.name for image in images((*plan.objects, *rendering.objects))]
    assert any(name.startswith("docker.elastic.co/elasticsearch/elasticsearch:") for name in found)
    assert any(name.startswith("quay.io/prometheus-operator/prometheus-config-reloader:") for name in found)


@NEEDS_MIRROR
def test_two_renderings_give_the_same_bytes(planned: dict[str, tuple[Plan, Context]]) -> None:
    need("helm")
    for plan, _ in planned.values():
        one, other = (dict(files(plan, render_stack(plan, ROOT, network=False))) for _ in range(2))
        assert one == other


def test_everything_provided_belongs_to_a_release(planned: dict[str, tuple[Plan, Context]]) -> None:
    releases = {release.name for plan, _ in planned.values() for release in plan.releases}
    context = next(context for _, context in planned.values())
    assert set(context.provided) <= releases


@NEEDS_CHARTS
def test_every_entry_of_the_allow_list_is_needed(planned: dict[str, tuple[Plan, Context]]) -> None:
    for plan, context in planned.values():
        check_value_paths(plan, context)
    assert stale_patterns(context) == []


def test_a_stale_entry_would_be_found(planned: dict[str, tuple[Plan, Context]], tmp_path: Path) -> None:
    (tmp_path / "free_form.yaml").write_text("grafana: [nobody.needs.this]\n")
    context = next(context for _, context in planned.values())
    assert stale_patterns(replace(context, lists=tmp_path)) == ["grafana: nobody.needs.this"]
