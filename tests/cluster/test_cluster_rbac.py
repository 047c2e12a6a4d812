"""What accounts of ours may do at the API server: exactly what they need, as RBAC itself says."""

from typing import Any

import pytest

from tests.cluster.api import Api
from tests.cluster.change import changed, named
from tests.cluster.chart_objects import elastic as filebeat_objects
from tests.cluster.control_plane import ControlPlane
from tests.cluster.deployment import Deployment
from tests.cluster.elastic import Elastic
from tests.waiting import wait

READ = {"get", "list", "watch"}
RIGHTS = {(verb, group, kind) for group, kind in (("", "namespaces"), ("", "nodes"), ("", "pods")) for verb in READ}
RIGHTS |= {(verb, group, kind) for group, kind in (("apps", "replicasets"), ("batch", "jobs")) for verb in READ}
REVIEWS = "authorization.k8s.io", "authentication.k8s.io"
"""Groups in which every account may ask what it is and may do."""


def may(api: Api, space: str, account: str, verb: str, kind: str, group: str = "", where: str = "") -> bool:
    """Whether an account of a namespace may do something, anywhere or in a namespace: a SubjectAccessReview."""
    asked = {"verb": verb, "group": group, "resource": kind, "namespace": where}
    user = {"user": f"system:serviceaccount:{space}:{account}", "groups": [f"system:serviceaccounts:{space}"]}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    answer = api.ask("POST", path, {**review, "spec": {**user, "resourceAttributes": asked}})
    return bool(answer["status"]["allowed"])


def rights(plane: ControlPlane, space: str, account: str) -> set[tuple[str, str, str]]:
    """Verb, group and resource of all that an account may do in its namespace, as it is told when it asks."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": space}}
    api = plane.api_of(plane.token(space, account))
    answer = api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
    rules: list[dict[str, Any]] = answer["status"]["resourceRules"]
    return {
        (verb, group, kind)
        for rule in rules
        for group in rule["apiGroups"]
        for kind in rule["resources"]
        for verb in rule["verbs"]
        if group not in REVIEWS
    }


def test_filebeat_may_read_what_it_names_lines_by_and_nothing_else(elastic: Elastic) -> None:
    assert rights(elastic.deployment.plane, elastic.stack.agents, "filebeat") == RIGHTS


@pytest.mark.parametrize(
    ("verb", "kind", "group", "allowed"),
    [
        ("list", "pods", "", True),
        ("watch", "nodes", "", True),
        ("get", "replicasets", "apps", True),
        ("get", "secrets", "", False),
        ("list", "configmaps", "", False),
        ("delete", "pods", "", False),
        ("create", "pods/exec", "", False),
        ("get", "nodes/proxy", "", False),
        ("patch", "replicasets", "apps", False),
    ],
)
def test_filebeat_has_these_rights_in_the_namespace_of_the_application(
    elastic: Elastic, verb: str, kind: str, group: str, allowed: bool
) -> None:
    assert may(elastic.api, elastic.stack.agents, "filebeat", verb, kind, group, "neuroerp-production") is allowed


def test_a_binding_for_another_namespace_gives_no_right_here(elastic: Elastic) -> None:
    api, space = elastic.api, elastic.stack.agents
    binding = named(filebeat_objects(elastic.stack, "filebeat"), "ClusterRoleBinding", "filebeat-metadata")
    account = named(filebeat_objects(elastic.stack, "filebeat"), "ServiceAccount", "filebeat")
    astray = changed(changed(binding, "metadata|name", "astray"), "subjects|0|name", "astray")
    elastic.deployment.make(changed(account, "metadata|name", "astray"), changed(astray, "subjects|0|namespace", "x"))
    # The authorizer sees a binding a moment after it is made.
    wait("right elsewhere", lambda: may(api, "x", "astray", "list", "pods"))
    assert not may(api, space, "astray", "list", "pods")
    elastic.deployment.make(astray)
    wait("right here", lambda: may(api, space, "astray", "list", "pods"))
    elastic.deployment.make(changed(astray, "roleRef|name", "cluster-admin") | {"metadata": {"name": "greedy"}})
    wait("more rights", lambda: rights(elastic.deployment.plane, space, "astray") - RIGHTS)


@pytest.mark.parametrize("account", ["default", "redis-exporter"])
def test_the_accounts_of_our_own_pods_may_do_nothing(deployment: Deployment, account: str) -> None:
    space = deployment.stack.platform
    assert rights(deployment.plane, space, account) == set()
    for kind in ("secrets", "configmaps", "pods"):
        assert not may(deployment.api, space, account, "get", kind, where=space)
