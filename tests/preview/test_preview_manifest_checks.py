"""Every check of rendered objects holds on a good chart, and says why it does not on one with a mistake."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preview.checks import Check, Context, NotRunError
from preview.checks import daemons as daemon_checks
from preview.checks.daemons import check_alertmanager_config, check_prometheus_config, check_rules
from preview.checks.registry import CHECKS, MANIFEST_CHECKS, evaluate
from preview.checks.rendered_references import check_provided, check_rendered_references, check_rendered_services
from preview.checks.rendering import (
    check_custom_objects,
    check_rendering,
)
from preview.checks.selectors import check_selectors
from preview.crds import strict
from preview.rendered import Rendering
from tests.needs import need
from tests.preview.manifest_mutations import MUTATIONS, SCRAPE
from tests.preview.shop_chart import Shop, make, resource

SITE = resource("kubernetes:core/v1:Namespace", "site", {"metadata": {"name": "site"}})
DAEMONS: dict[Check, str] = {
    check_rules: "promtool",
    check_prometheus_config: "promtool",
    check_alertmanager_config: "amtool",
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The project with the chart, and the namespace of its release."""
    shop = make(tmp_path)
    shop.objects.append(SITE)
    return shop


def test_every_check_holds_on_the_chart(shop: Shop) -> None:
    need("promtool", "amtool")
    results = evaluate(shop.plan, shop.context(), MANIFEST_CHECKS)
    assert [(result.name, result.status, result.reasons) for result in results] == [
        (check.__name__, "holds", ()) for check in MANIFEST_CHECKS
    ]


def test_every_check_has_a_title_of_its_own() -> None:
    titles = [check.__doc__ for check in (*CHECKS, *MANIFEST_CHECKS)]
    assert all(title and "\n" not in title for title in titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("check", MANIFEST_CHECKS)
def test_a_check_is_not_run_when_nothing_was_rendered(shop: Shop, check: Check) -> None:
    context = replace(shop.context(), rendering=Rendering(missing={"web": "no chart"}, reason="no chart"))
    with pytest.raises(NotRunError, match="no chart was rendered"):
        check(shop.plan, context)


@pytest.mark.parametrize(
    "check", [check_rendering, check_rendered_references, check_rendered_services, check_provided, check_selectors]
)
def test_what_needs_all_charts_is_not_run_without_one(shop: Shop, check: Check) -> None:
    context = shop.context()
    partial = replace(context, rendering=replace(context.rendering, missing={"other": "no chart"}))
    with pytest.raises(NotRunError, match="not every chart was rendered"):
        check(shop.plan, partial)


@pytest.mark.parametrize(
    ("check", "change", "said"),
    [(check, change[:3], change[3]) for check, changes in MUTATIONS.items() for change in changes],
)
def test_a_mistake_is_told(shop: Shop, check: Check, change: tuple[str, str, str], said: str) -> None:
    if tool := DAEMONS.get(check):
        need(tool)
    reasons = shop.change(*change).reasons(check)
    assert any(said in reason for reason in reasons), reasons
    assert not any("\n" in reason for reason in reasons)


def test_every_check_has_its_mistakes() -> None:
    assert {*MUTATIONS, check_provided} == {*MANIFEST_CHECKS}


def test_what_is_listed_as_provided_has_to_be_so(shop: Shop) -> None:
    shop.provided = "web:\n  Service: {web: [http 80, admin 81]}\n  Secret: {web: [password, token]}\n"
    assert sorted(shop.reasons(check_provided)) == [
        "Secret site/web has no key token",
        "Service site/web has no port 81",
        "Service site/web has no port admin",
    ]


def test_what_operators_make_is_listed(shop: Shop) -> None:
    shop.change("templates/deployment.yaml", "configMap: {name: {{ .Release.Name }}}", "secret: {secretName: tls}")
    shop.change(
        "templates/network.yaml",
        "maxUnavailable: 1\n  selector:",
        "maxUnavailable: 1\n  selector: {matchLabels: {a: b}}\n  x:",
    )
    assert shop.reasons(check_rendered_references)
    assert shop.reasons(check_selectors)
    shop.provided = "web:\n  Secret: [tls]\n  Pod: {made: [a=b, c=d]}\n"
    assert shop.reasons(check_rendered_references) == []
    assert shop.reasons(check_selectors) == []


def test_namespaces_of_others_are_left_alone(shop: Shop) -> None:
    shop.change(
        "templates/network.yaml", "  endpoints:", "  namespaceSelector: {matchNames: [elsewhere]}\n  endpoints:"
    )
    shop.change("templates/services.yaml", 'labels: {{- include "shop.labels" . | nindent 8 }}', "labels: {app: wob}")
    assert shop.reasons(check_selectors) == []


def test_objects_of_our_own_are_held_against_the_charts(shop: Shop) -> None:
    inputs = {
        "apiVersion": "example.com/v1",
        "metadata": {"name": "ours", "namespace": "site"},
        "spec": {"color": "pink"},
    }
    shop.objects.append(resource("kubernetes:example.com/v1:Widget", "ours", {"kind": "Widget", **inputs}))
    assert shop.reasons(check_custom_objects) == [
        "Widget site/ours: spec.color 'pink' is not one of ['red', 'green', '=']"
    ]


@pytest.mark.parametrize("check", DAEMONS)
def test_without_its_tool_a_check_is_not_run(shop: Shop, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.change("templates/config.yaml", "apiVersion: v1", f"{SCRAPE}apiVersion: v1")
    context: Context = shop.context()
    monkeypatch.setattr(daemon_checks, "find", lambda _: None)
    with pytest.raises(NotRunError, match=rf'{DAEMONS[check]} is not at hand: make tools TOOLS="{DAEMONS[check]}"'):
        check(shop.plan, context)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string"}),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, None),
        ({"type": "object"}, False),
        ({"type": "object", "additionalProperties": True}, None),
    ],
)
def test_a_field_that_the_server_would_drop_is_an_error(schema: dict[str, Any], expected: Any) -> None:
    assert strict(schema).get("additionalProperties") == expected


def test_a_list_hands_unknown_fields_on_to_its_items() -> None:
    schema = {"type": "array", "x-kubernetes-preserve-unknown-fields": True, "items": {"type": "object"}}
    assert strict(schema)["items"] == {"type": "object"}


def test_a_pattern_that_only_go_knows_is_left_out() -> None:
    assert strict({"type": "string", "pattern": r"\p{L}+"}) == {"type": "string"}
