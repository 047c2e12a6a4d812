"""Each rule on an object that holds it and on ones that do not."""

import itertools
from typing import Any

import pytest

from policy.engine import evaluate, judge
from policy.rules import NAMES, RULES, rule_title
from tests.policy.cases import CASES, OBJECTS, changed, context

BAD = [(rule, case) for rule, cases in CASES.items() for case in cases["bad"]]
GOOD = [(rule, case) for rule, cases in CASES.items() for case in cases["good"]]


def messages(rule: str, case: dict[str, Any]) -> list[str]:
    known = context(production=not case.get("development"))
    return list(NAMES[rule](changed(case["object"], case["set"]), known))


def label(value: Any) -> str:
    return value if isinstance(value, str) else f"{value['object']} {' '.join(value['set'])}"


@pytest.mark.parametrize("name", OBJECTS)
def test_a_good_object_holds_every_rule(name: str) -> None:
    assert [str(finding) for finding in judge([OBJECTS[name]], [], context())] == []


def test_every_rule_has_examples_of_both_kinds() -> None:
    assert list(CASES) == list(NAMES)
    assert [rule for rule, cases in CASES.items() if not cases["bad"] or not cases["good"]] == []


@pytest.mark.parametrize(("rule", "case"), BAD, ids=label)
def test_a_bad_object_breaks_the_rule(rule: str, case: dict[str, Any]) -> None:
    found = messages(rule, case)
    assert [message for message in found if case["says"] in message], found


@pytest.mark.parametrize(("rule", "case"), GOOD, ids=label)
def test_what_the_rule_allows_holds_it(rule: str, case: dict[str, Any]) -> None:
    assert messages(rule, case) == []


def test_names_and_titles_are_unique_and_one_line() -> None:
    titles = [rule_title(rule) for rule in RULES]
    assert len(NAMES) == len(set(titles)) == len(RULES)
    assert [title for title in titles if "\n" in title or not title.endswith(".")] == []


# Where the pod's specification stands, by object.
PODS = {
    "deployment": "spec|template|spec",
    "stateful_set": "spec|template|spec",
    "daemon_set": "spec|template|spec",
    "job": "spec|template|spec",
    "cron_job": "spec|jobTemplate|spec|template|spec",
    "pod": "spec",
    "elasticsearch": "spec|nodeSets|0|podTemplate|spec",
    "kibana": "spec|podTemplate|spec",
    "logstash": "spec|podTemplate|spec",
}
CONTAINERS = {name: f"{path}|containers|0" for name, path in PODS.items()}


@pytest.mark.parametrize(("name", "path"), CONTAINERS.items())
def test_containers_of_every_kind_are_seen(name: str, path: str) -> None:
    greedy = changed(name, {f"{path}|securityContext": {"privileged": True}, f"{path}|image": "evil.example.com/a"})
    found = {finding.rule for finding in judge([greedy], [], context())}
    expected = {"privileged", "privilege-escalation", "dropped-capabilities", "image-tag", "image-registry"}
    assert expected <= found


@pytest.mark.parametrize(("name", "path"), PODS.items())
def test_the_host_is_closed_to_pods_of_every_kind_but_among_the_agents(name: str, path: str) -> None:
    changes = {f"{path}|hostNetwork": True, f"{path}|volumes": [{"name": "root", "hostPath": {"path": "/"}}]}
    open_to_host = changed(name, changes)
    found = [finding.rule for finding in judge([open_to_host], [], context())]
    assert found == ["host-namespaces", "host-paths", "volume-types"]
    open_to_host["metadata"]["namespace"] = "platform-agents"
    assert judge([open_to_host], [], context()) == []


def test_a_namespace_that_nobody_knows_is_held_to_restricted() -> None:
    (finding, *_) = judge([changed("agent", {"metadata|namespace": "unheard-of"})], [], context())
    assert finding.namespace == "unheard-of"


@pytest.mark.parametrize("junk", [None, [], {}, "text", 0, [None, "text", 0], {"": None}])
def test_rules_survive_any_shape(junk: Any) -> None:
    heads = [(made["apiVersion"], made["kind"]) for made in OBJECTS.values()]
    for (api_version, kind), key in itertools.product(heads, ("spec", "metadata", "rules", "subjects", "roleRef")):
        judge([{"apiVersion": api_version, "kind": kind, key: junk}], [], context())
    for name, path in CONTAINERS.items():
        for key in ("securityContext", "resources", "image", "ports", "readinessProbe", "args"):
            judge([changed(name, {f"{path}|{key}": junk})], [], context())


def test_evaluate_takes_objects_and_releases_and_sorts_what_it_finds() -> None:
    release = changed("release", {"spec|version": "*"})
    objects = [changed("service", {"spec|type": "NodePort"}), OBJECTS["deployment"]]
    found = [str(finding) for finding in evaluate(objects, [release], context())]
    says = "is of type NodePort; use ClusterIP, and an Ingress or HTTPRoute for people"
    assert found == [
        "Release platform/grafana: takes version * of grafana; name one, like 1.2.3 [chart-version]",
        f"Service platform/web: {says} [inside-services]",
    ]
