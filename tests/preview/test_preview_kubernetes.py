"""The version of Kubernetes that a stack is for: charts are rendered for it, and objects are checked against it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from components.cluster import ClusterSettings
from preview.chart_store import Store
from preview.checks.objects import check_objects
from preview.checks.rendering import check_rendered_objects
from preview.kubernetes import NEWEST, OLDEST
from preview.plan import build
from preview.render import render
from preview.run import Recording
from preview.stackfile import Stack
from tests.needs import need
from tests.preview.preview_project import make
from tests.preview.shop_chart import make as make_shop

# Served since 1.34, by the schemas that are bundled.
CLAIM = ("resource.k8s.io/v1", "ResourceClaim")


def planned(settings: str) -> str:
    stack = Stack(Path(), "small", "dev", {"small:platform": settings} if settings else {}, ())
    return build(Recording(stack)).kubernetes


@pytest.mark.parametrize(
    ("settings", "version"),
    [("", ""), ("{}", ""), ('{"cluster": null}', ""), ('{"cluster": {"kubernetes": "1.35"}}', "1.35"), ("[]", "")],
)
def test_it_is_in_the_settings(settings: str, version: str) -> None:
    assert planned(settings) == version


def test_a_stack_may_name_each_supported_version() -> None:
    choices = get_args(get_args(ClusterSettings.model_fields["kubernetes"].annotation)[0])
    oldest, newest = (int(version.partition(".")[2]) for version in (OLDEST, NEWEST))
    assert choices == tuple(f"1.{minor}" for minor in range(oldest, newest + 1))
    assert ClusterSettings().kubernetes is None


@pytest.mark.parametrize(("version", "told"), [("", f"v{NEWEST}.0"), ("1.35", "v1.35.0")])
def test_charts_are_rendered_for_it(tmp_path: Path, version: str, told: str) -> None:
    shop = make_shop(tmp_path)
    store = Store(shop.root, need("helm")["helm"])
    rendering = render(replace(shop.plan, kubernetes=version), store)
    (text,) = (item.manifest["data"]["shop.conf"] for item in rendering.objects if item.kind == "ConfigMap")
    assert f"kubernetes = {told}\n" in text


def test_objects_are_checked_against_it(tmp_path: Path) -> None:
    project = make(tmp_path)
    old = 'k8s.core.v1.ConfigMap("page", metadata=named("page"), data={"index.html": "hello\\nworld"}, opts=child)'
    new = f'{old}\n        k8s.apiextensions.CustomResource("claim", api_version="{CLAIM[0]}", kind="{CLAIM[1]}", '
    project.change(old, f'{new}metadata=named("claim"), spec={{}}, opts=child)')
    plan, context = project.planned()
    (reason,) = check_objects(plan, context)
    assert reason == f"{CLAIM[1]} site/claim: {CLAIM[0]} is not served (Kubernetes {OLDEST})"
    assert check_objects(replace(plan, kubernetes="1.35"), context) == []


def test_rendered_objects_are_checked_against_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.add(
        "templates/claim.yaml",
        json.dumps({"apiVersion": CLAIM[0], "kind": CLAIM[1], "metadata": {"name": "a"}, "spec": {}}),
    )
    (reason,) = shop.reasons(check_rendered_objects)
    assert "is not served" in reason
    assert check_rendered_objects(replace(shop.plan, kubernetes=NEWEST), shop.context()) == []
