"""The rules one resource at a time, as the policy pack asks them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy.exceptions import Allowed
from policy.manifests import of_resource, placed, title
from policy.pack import Judge, settings_of
from policy.rules import RULES
from tests.policy.cases import OBJECTS, changed
from tests.policy.pack_process import PACK, PROJECT, ROOT

TYPES = {
    "namespace": "kubernetes:core/v1:Namespace",
    "agents_namespace": "kubernetes:core/v1:Namespace",
    "deployment": "kubernetes:apps/v1:Deployment",
    "agent": "kubernetes:apps/v1:DaemonSet",
    "service": "kubernetes:core/v1:Service",
    "ingress": "kubernetes:networking.k8s.io/v1:Ingress",
    "prometheus": "kubernetes:monitoring.coreos.com/v1:Prometheus",
}


def urn(stack: str) -> str:
    return f"urn:pulumi:{stack}::{PROJECT}::kubernetes:core/v1:Namespace::a"


def ask(judge: Judge, name: str, changes: dict[str, Any] | None = None, stack: str = "prod") -> list[str]:
    """What all rules say of an object, as inputs of a resource that leave kind and version to the type."""
    inputs = {key: value for key, value in changed(name, changes or {}).items() if key not in ("apiVersion", "kind")}
    found = [judge.findings(rule, urn(stack), TYPES[name], name, inputs) for rule in RULES]
    return [str(finding) for of_rule in found for finding in of_rule]


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"agent"}))
def test_good_resources_pass(name: str) -> None:
    assert ask(Judge(ROOT), name) == []


def test_agents_pass_once_their_namespace_was_there() -> None:
    judge = Judge(ROOT)
    assert ask(judge, "agent")
    ask(judge, "agents_namespace", stack="dev")
    assert ask(judge, "agent")
    ask(judge, "agents_namespace")
    assert ask(judge, "agent") == []


def test_the_tier_is_that_of_the_stack() -> None:
    bare = {"spec|tls": "<gone>"}
    assert ask(Judge(ROOT), "ingress", bare, "dev") == []
    for stack in ("prod", "unheard-of"):
        (finding,) = ask(Judge(ROOT), "ingress", bare, stack)
        assert "serves grafana.example.com without TLS" in finding


def test_settings_are_read_from_the_stack_file_and_from_nowhere_else(tmp_path: Path) -> None:
    assert settings_of(ROOT, urn("prod"))["tier"] == "production"
    assert settings_of(ROOT, urn("dev"))["tier"] == "development"
    (tmp_path / "Pulumi.empty.yaml").write_text("")
    (tmp_path / "inner").mkdir()
    for stack in ("empty", "absent", "../dev"):
        assert settings_of(tmp_path, urn(stack)) is None
    assert settings_of(tmp_path / "inner", "no urn") is None


def test_exceptions_hold_in_the_pack_too() -> None:
    allowed = Allowed("inside-services", "Service", "web", "behind a firewall", "platform")
    assert ask(Judge(ROOT, [allowed]), "service", {"spec|type": "NodePort"}) == []
    assert len(ask(Judge(ROOT, []), "service", {"spec|type": "NodePort"})) == 1


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("kubernetes:core/v1:Secret", "Secret a"),
        ("kubernetes:apps/v1:Deployment", "Deployment a"),
        ("kubernetes:helm.sh/v3:Release", "Release default/a"),
        ("kubernetes:helm.sh/v4:Chart", "Chart default/a"),
        ("kubernetes:yaml/v2:ConfigGroup", None),
        ("kubernetes:kustomize/v2:Directory", None),
        ("pulumi:providers:kubernetes", None),
        ("random:index/randomPassword:RandomPassword", None),
        ("neuroerp-observability:index:Grafana", None),
    ],
)
def test_which_resources_are_judged(type_: str, expected: str | None) -> None:
    manifest = of_resource(type_, "a", {})
    assert (manifest and title(manifest)) == expected


def test_what_a_resource_says_of_itself_wins_over_its_type_and_name() -> None:
    inputs = {"kind": "Deployment", "metadata": {"name": "b", "namespace": "c"}}
    manifest = of_resource("kubernetes:apps/v1:DeploymentPatch", "a", inputs)
    assert manifest
    assert title(manifest) == "Deployment c/b"


def test_objects_of_charts_are_placed_as_helm_does() -> None:
    bare = {"kind": "Beat", "metadata": {"name": "filebeat"}}
    assert title(placed(bare, "filebeat", "agents")) == "Beat agents/filebeat"
    assert title(placed({**bare, "kind": "ClusterRole"}, "filebeat", "agents")) == "ClusterRole filebeat"
    assert title(placed({**bare, "metadata": {"namespace": "other"}}, "filebeat", "agents")) == "Beat other/"
    assert title(placed(OBJECTS["namespace"], "filebeat", "agents")) == "Namespace platform"


def test_the_pack_has_an_environment_of_its_own_with_a_lock() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    lock = (PACK / "requirements.txt").read_text()
    pins = dict(re.findall(r"^([a-z-]+)==(\S+)", lock, re.MULTILINE))
    assert pins["pulumi-policy"] == "1.21.0"
    assert f"\npulumi=={pins['pulumi']} " in (ROOT / "requirements.txt").read_text()
    assert "://" not in lock
    assert lock.count(" \\\n    --hash") >= len(pins) > 10
