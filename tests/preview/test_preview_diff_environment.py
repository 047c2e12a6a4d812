"""What needs more than one object to be told: budgets, moves, releases, the connection to the cluster, secrets."""

from typing import Any

import pytest

from preview.diff.environment import compare
from preview.diff.fields import Field
from preview.diff.risk import Risk
from preview.diff.tree import Item, Tree
from tests.preview.diff_objects import CLAIM, CONFIG, DEPLOYMENT, JOB, ROLE, ROUTES, STATEFUL
from tests.preview.diff_trees import NAMESPACE, changed, manifest, one, told, tree

BUDGET = manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
""")
NO_ROOM = "no node with one of them can be drained"


def drained(before: Tree, after: Tree) -> list[str]:
    return [risk for risk, sentence, _ in told(before, after) if NO_ROOM in sentence]


@pytest.mark.parametrize(
    ("budget", "replicas", "blocked"),
    [
        ({"minAvailable": 2}, 2, True),
        ({"minAvailable": 2}, 1, True),
        ({"minAvailable": "100%"}, 2, True),
        ({"minAvailable": "60%"}, 2, True),
        ({"maxUnavailable": 0}, 2, True),
        ({"minAvailable": "50%"}, 2, False),
        ({"maxUnavailable": 1}, 1, False),
        ({"minAvailable": 1}, 2, False),
        ({"minAvailable": 2}, 0, False),
    ],
)
def test_replicas_that_a_budget_leaves_no_room_below(budget: dict[str, Any], replicas: int, blocked: bool) -> None:
    whole = {**BUDGET, "spec": {"selector": BUDGET["spec"]["selector"], **budget}}
    after = tree(changed(DEPLOYMENT, "spec/replicas", replicas), whole)
    assert drained(tree(DEPLOYMENT), after) == (["high"] if blocked else [])


def test_a_budget_is_read_where_it_stays_as_it_is_too() -> None:
    fewer = changed(DEPLOYMENT, "spec/replicas", 2)
    assert drained(tree(DEPLOYMENT, BUDGET, release="a"), tree(fewer, BUDGET, release="a")) == ["high"]
    assert not drained(tree(fewer, BUDGET), tree(changed(fewer, "spec/paused", True), BUDGET))
    assert not drained(tree(DEPLOYMENT, BUDGET), tree(fewer, changed(BUDGET, "spec/selector/matchLabels/app", "b")))


def test_the_pods_of_an_operator_have_a_budget() -> None:
    prometheus = manifest("{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {replicas: 3}}")
    labels = {"app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": "web"}
    budget = changed(BUDGET, "spec/selector/matchLabels", labels)
    assert drained(tree(prometheus, budget), tree(changed(prometheus, "spec/replicas", 2), budget)) == ["high"]


def test_what_moves_to_another_namespace_is_replaced() -> None:
    for data, risk in ((CONFIG, "high"), (CLAIM, "destructive")):
        found = told(tree(data), tree(changed(data, "metadata/namespace", "other")))
        moved = [
            (level, sentence, fields) for level, sentence, fields in found if "it moves from namespace" in sentence
        ]
        assert [(level, fields) for level, _, fields in moved] == [(risk, ["metadata.namespace"])]
        assert "from namespace `site` to `other`" in moved[0][1]


def test_what_moves_to_another_owner_is_deleted_by_the_first() -> None:
    found = told(tree(CONFIG), tree(CONFIG, release="shop"))
    assert found[0][0] == "high"
    assert "`ConfigMap site/web` moves from the program to release `shop`: two owners" in found[0][1]


def test_another_name_in_the_state_without_an_alias() -> None:
    def named(state: str) -> Tree:
        return Tree([Item("ConfigMap", "web", NAMESPACE, manifest=CONFIG, state=state)])

    assert told(named("a:B$c::web"), named("a:B$c::web")) == []
    ((risk, sentence, _),) = told(named("a:B$c::web"), named("c::web"))
    assert risk == "high"
    assert "is `c::web` in Pulumi's state instead of `a:B$c::web`: without an alias" in sentence


def test_a_job_that_is_named_by_a_digest_runs_again() -> None:
    first, second = (changed(JOB, "metadata/name", f"load-{digest}") for digest in ("0b7a6262", "7a1c4684"))
    sentences = [sentence for _, sentence, _ in told(tree(first), tree(second))]
    assert sentences == ["`Job site/load-7a1c4684` runs, after `load-0b7a6262` is removed"]
    words = changed(JOB, "metadata/name", "load-deadbeef")
    assert len(told(tree(first), tree(words))) == 2


def test_in_a_release_it_is_helm_that_fails() -> None:
    renamed = changed(STATEFUL, "spec/serviceName", "b")
    (found,) = told(tree(STATEFUL, release="shop"), tree(renamed, release="shop"))
    assert "Helm's update of the release fails; delete it with `--cascade=orphan` first" in found[1]
    assert told(tree(JOB, release="a"), tree(changed(JOB, "spec/template/spec/x", 1), release="a"))[0][0] == "high"
    hook = changed(JOB, "metadata/annotations", {"helm.sh/hook": "pre-upgrade"})
    assert told(tree(hook, release="a"), tree(changed(hook, "spec/template/spec/x", 1), release="a")) == []


def release(values: dict[str, Any], version: str = "1.0", chart: str = "kube-prometheus-stack") -> Tree:
    inputs = {"name": "mon", "namespace": NAMESPACE, "chart": chart, "version": version, "values": values}
    return Tree([Item("Release", "mon", NAMESPACE, manifest=inputs)], {}, {"mon": NAMESPACE})


def test_a_release_without_its_chart_is_compared_by_its_values() -> None:
    before = release({"prometheus": {"prometheusSpec": {"retention": "30d"}}, "image": {"tag": "1.2"}})
    after = release({"prometheus": {"prometheusSpec": {"retention": "10d"}}, "image": {"tag": "1.3"}})
    environment = compare("dev", before, after)
    assert environment.notes == (
        "charts not rendered: their values are compared instead (make charts, or --manifests)",
    )
    assert told(before, after) == [
        (
            "destructive",
            "`Prometheus site/mon` keeps metrics for `10d` instead of `30d`: what is beyond that is deleted",
            ["values.prometheus.prometheusSpec.retention"],
        ),
        (
            "medium",
            "`Prometheus site/mon`: its pod restarts: nothing answers meanwhile (`retention`)",
            ["values.prometheus.prometheusSpec.retention"],
        ),
        ("medium", "release `mon` (`image`) runs `1.3` instead of `1.2` (a newer version)", ["values.image.tag"]),
    ]


def test_a_release_that_is_rendered_on_one_side_only_is_compared_by_its_values() -> None:
    before, after = release({"a": 1}), release({"a": 2})
    after.files["mon/configmap-a.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    environment = compare("dev", before, after)
    assert len(environment.notes) == 1
    assert one(environment).item.kind == "Release"
    new = compare("dev", Tree(), after)
    assert new.notes == ()
    assert new.counts == {"added": 2}


def test_versions_and_life_of_a_release() -> None:
    assert told(release({}), release({}, "1.1"))[0][:2] == (
        "medium",
        "release `mon`: chart `kube-prometheus-stack 1.1` instead of `kube-prometheus-stack 1.0`",
    )
    assert told(Tree(), release({}))[0][0] == "low"
    assert told(release({}), Tree())[0][:2] == (
        "high",
        "release `mon` (`kube-prometheus-stack 1.0`) is uninstalled, with all its objects",
    )


def test_routes_in_the_values_of_a_release() -> None:
    config = {
        "route": {"receiver": "a", "routes": [{"matchers": ['severity="info"'], "receiver": "b"}]},
        "receivers": [],
    }
    before = release({"alertmanager": {"config": config}})
    after = release({"alertmanager": {"config": changed(config, "route/routes/0/receiver", "c")}})
    assert told(before, after) == [
        (
            "high",
            'alerts with `severity="info"` go to `c` instead of `b`',
            ["values.alertmanager.config.route.routes[0].receiver"],
        )
    ]


def provider(**inputs: str) -> Tree:
    return Tree([Item("Provider", "kubernetes cluster", manifest=inputs)])


def test_another_cluster() -> None:
    assert told(provider(context="a"), provider(context="b"))[0][0] == "destructive"
    same = {"clusterIdentifier": "prod"}
    assert told(provider(context="a", **same), provider(context="b", **same)) == []
    assert told(provider(clusterIdentifier="a"), provider(clusterIdentifier="b"))[0][0] == "destructive"
    assert told(provider(namespace="a"), provider(namespace="b")) == []


def test_a_generated_secret_is_made_anew() -> None:
    before, after = (Tree([Item("RandomPassword", "login", manifest={"length": size})]) for size in (20, 32))
    assert told(before, after) == [
        ("high", "the generated secret `login` is replaced: every login that uses it changes", ["length"])
    ]


def test_an_object_of_a_wrong_form_is_told_as_that() -> None:
    found = told(tree(ROUTES), tree(changed(ROUTES, "spec/route", "team")))
    assert [entry for entry in found if entry[2] == ["spec.route"]]
    found = told(tree(ROLE), tree(changed(ROLE, "rules", ["a"])))
    assert "`Role site/web` is not as its kind should be; read its fields" in [sentence for _, sentence, _ in found]


def test_a_version_of_the_chart_in_labels_is_no_risk() -> None:
    labelled = changed(CONFIG, "metadata/labels", {"helm.sh/chart": "a-1", "app": "a"})
    stamped = compare("dev", tree(labelled), tree(changed(labelled, "metadata/labels/helm.sh~chart", "a-2")))
    assert (stamped.risk, len(stamped.changes)) == (Risk.NONE, 1)
    assert compare("dev", tree(labelled), tree(changed(labelled, "metadata/labels/app", "b"))).risk == Risk.LOW


def test_a_new_and_a_removed_environment() -> None:
    assert compare("dev", None, tree(CONFIG)).notes == ("the environment is new",)
    assert compare("dev", tree(CONFIG), None).counts == {"removed": 1}


def test_risks_come_first() -> None:
    other = changed(CONFIG, "metadata/name", "a")
    before, after = (
        tree(other, DEPLOYMENT),
        tree(changed(other, "data/a", "b"), changed(DEPLOYMENT, "spec/replicas", 0)),
    )
    environment = compare("dev", before, after)
    assert [judged.risk for judged in environment.changes] == [Risk.HIGH, Risk.LOW]
    assert [finding.risk for finding, _ in environment.findings] == [Risk.HIGH, Risk.LOW]
    assert isinstance(environment.changes[0].change.fields[0], Field)
