"""Where images may come from: the list of the project, or of a stack that says so itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from components.sections import ChartsSettings
from policy.context import stack_standards, standards
from policy.pack import Judge
from policy.preview_check import check_policy
from policy.rules import NAMES
from preview.checks import Context
from preview.plan import build
from preview.run import run
from preview.stackfile import load
from tests.components.test_stacks import ROOT

OWN = "registry.example.com/*"


def settings(images: list[str] | None) -> dict[str, Any]:
    (text,) = (value for key, value in load(ROOT, "dev").config.items() if key.endswith(":platform"))
    return {**json.loads(text), "charts": {"images": images}}


def reasons(images: list[str] | None) -> list[str]:
    recording = run(ROOT, "dev", config={"platform": json.dumps(settings(images))})
    return check_policy(build(recording), Context(recording))


def test_a_stack_that_says_nothing_has_the_list_of_the_project() -> None:
    assert stack_standards(settings(None)) == stack_standards({}) == stack_standards(None) == standards()
    assert reasons(None) == []


def test_a_stack_that_lists_its_own_is_held_to_that() -> None:
    found = reasons([OWN])
    ours = ("docker.io/kuskoman/*", "quay.io/kiwigrid/*", "quay.io/oauth2-proxy/*")
    assert {line.partition(" runs ")[2].rpartition("/")[0] + "/*" for line in found} == set(ours)
    assert all("not listed in the stack's charts.images" in line for line in found)
    assert reasons([OWN, *ours]) == []


def test_the_policy_pack_reads_the_same_setting(tmp_path: Path) -> None:
    urn, type_ = "urn:pulumi:dev::shop::kubernetes:core/v1:Pod::web", "kubernetes:core/v1:Pod"
    pod = {"spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]}}
    rule = NAMES["image-registry"]
    for images, message in ((None, "not listed in policy/standards.yaml"), (["quay.io/*"], "charts.images")):
        content = {"config": {"shop:platform": {"charts": {"images": images}}}}
        (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(content))
        (finding,) = Judge(tmp_path, ()).findings(rule, urn, type_, "web", pod)
        assert message in finding.message
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {{'shop:platform': {{charts: {{images: ['{OWN}']}}}}}}")
    assert Judge(tmp_path, ()).findings(rule, urn, type_, "web", pod) == []


@pytest.mark.parametrize("pattern", ["grafana/*", "quay.io", "quay.io/", "*", ""])
def test_a_pattern_without_a_registry_lets_nothing_in_and_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"names no registry and repository; write one like docker\.io/grafana"):
        ChartsSettings(images=[pattern])


@pytest.mark.parametrize("pattern", ["quay.io/*", "localhost/x", "localhost:5000/x/y", "registry:5000/*"])
def test_a_registry_may_have_a_port(pattern: str) -> None:
    assert ChartsSettings(images=[pattern]).images == [pattern]


def test_an_empty_list_would_let_nothing_in() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        ChartsSettings(images=[])
