"""The policy pack with the real SDK: over gRPC as the engine asks it, and inside a preview of the engine."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policy.rules import NAMES
from tests.components.test_stacks import GIVEN, STACKS
from tests.engine.harness import Stack, make
from tests.engine.outcome import Run
from tests.engine.program import hosting
from tests.engine.providers import serving as providing
from tests.needs import need
from tests.policy.cases import changed
from tests.policy.pack_process import PACK, PROJECT, UNKNOWN, Client, need_python, serving
from tests.policy.test_policy_stacks import recording

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
IMAGE = "spec|template|spec|containers|0|image"


@pytest.fixture(scope="module")
def pack() -> Iterator[Client]:
    with serving() as client:
        yield client


def told(diagnostics: list[Any]) -> list[tuple[str, str]]:
    levels = analyzer_pb2.EnforcementLevel
    return [(found.policyName, levels.Name(found.enforcementLevel)) for found in diagnostics]


def test_it_offers_every_rule_as_mandatory(pack: Client) -> None:
    info = pack.info()
    assert info.name == PROJECT
    assert [policy.name for policy in info.policies] == list(NAMES)
    assert {policy.enforcementLevel for policy in info.policies} == {analyzer_pb2.MANDATORY}
    assert all(policy.description.endswith(".") for policy in info.policies)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_of_a_real_stack_passes(pack: Client, stack: str, known: bool) -> None:
    requests = recording(stack, known=known).requests
    assert len(requests) > 80
    told_of = [pack.analyze(stack, made.type, made.name, made.object) for made in requests]
    assert [message for found in told_of for message in told(found)] == []


def test_a_bad_resource_is_refused_with_the_reason(pack: Client) -> None:
    (found,) = pack.ask("prod", DEPLOYMENT, changed("deployment", {IMAGE: "quay.io/prometheus/prometheus:latest"}))
    assert told([found]) == [("image-tag", "MANDATORY")]
    assert found.message == (
        "Every image has a version, which is not `latest`.\n"
        "container web runs quay.io/prometheus/prometheus:latest; name a version of it"
    )


def test_a_bad_release_is_refused(pack: Client) -> None:
    release = {"chart": "grafana", "version": ">=12"}
    assert told(pack.ask("prod", "kubernetes:helm.sh/v3:Release", release)) == [("chart-version", "MANDATORY")]


def test_an_unknown_value_stops_only_the_rules_that_need_it(pack: Client) -> None:
    found = pack.ask("prod", DEPLOYMENT, changed("deployment", {IMAGE: UNKNOWN}))
    assert told(found) == [("image-tag", "ADVISORY"), ("image-registry", "ADVISORY")]
    assert "can't be known during preview" in found[0].message
    unknown_data = {"metadata": {"name": "a", "namespace": "platform"}, "data": UNKNOWN}
    assert pack.ask("prod", "kubernetes:core/v1:ConfigMap", unknown_data) == []


def previewed(stack: Stack, folder: Path) -> Run:
    """A preview with the pack. The language plugin, which would start it, is no Go module: a script stands in."""
    script = folder / "pulumi-analyzer-policy-python"
    script.write_text(f'#!/bin/sh\nexec {need_python()} -u -m pulumi.policy "$1" "$2"\n')
    script.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.defpath}"
    with providing(stack.world) as providers, hosting(stack.project) as address:
        words = ("preview", f"--client={address}", "--policy-pack", str(PACK))
        return stack.command(*words, PULUMI_DEBUG_PROVIDERS=providers, PATH=path)


@pytest.mark.parametrize("name", STACKS)
def test_the_engine_lets_a_real_stack_pass(name: str, tmp_path: Path) -> None:
    need_python()
    run = previewed(make(tmp_path / "stack", name, str(need("pulumi")["pulumi"]), GIVEN), tmp_path)
    assert run.code == 0, run.text
    assert "Loading policy packs" in run.text
    assert "[mandatory]" not in run.text
    assert "[advisory]" not in run.text


def test_the_engine_stops_at_a_bad_resource(tmp_path: Path) -> None:
    need_python()
    stack = make(tmp_path / "stack", "prod", str(need("pulumi")["pulumi"]), GIVEN)
    stack.rewritten('"automountServiceAccountToken": False,', "", "components/login_proxy.py")
    run = previewed(stack, tmp_path)
    assert run.code != 0
    assert run.text.count("[mandatory]  service-account-token") == 3, run.text
    assert "error: preview failed" in run.text
