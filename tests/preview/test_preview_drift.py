"""What counts as drift: values that were set and are otherwise, not what a cluster adds or writes in its own way."""

from typing import Any

import pytest

from preview.drift.compare import changed, fields, lines
from preview.drift.objects import Key, Manifest, foreign, key

Map = dict[str, Any]


def told(wanted: Map, live: Map, kind: str = "Widget") -> list[tuple[str, str, str]]:
    head = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}
    return list(lines(changed({**head, **wanted}, {**head, **live})))


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"cpu": "0.5"}, {"cpu": "500m"}),
        ({"cpu": 1}, {"cpu": "1"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
        ({"size": 1000000}, {"size": 1e6}),
        ({"a": 1}, {"a": 1, "default": True, "more": {"x": 1}}),
        ({"empty": [], "none": None, "no": False, "zero": 0, "text": "", "map": {}, "deep": {"a": None}}, {}),
        ({"none": None}, {"none": {"a": "default"}}),
        ({"value": "<computed>", "other": "<secret>"}, {"value": 3, "other": {"a": "b"}}),
        ({"ports": [{"name": "web", "port": 80}]}, {"ports": [{"name": "web", "port": 80, "protocol": "TCP"}]}),
        ({"list": [{"a": [1]}, {"b": 2}]}, {"list": [{"a": [1], "default": 1}, {"b": 2}]}),
    ],
)
def test_what_means_the_same_is_no_drift(wanted: Map, live: Map) -> None:
    assert told({"spec": wanted}, {"spec": live}) == []


@pytest.mark.parametrize(
    ("wanted", "live", "place"),
    [
        ({"cpu": "500m"}, {"cpu": "501m"}, "spec.cpu: 500m, 501m"),
        ({"on": False}, {"on": True}, "spec.on: false, true"),
        ({"on": True}, {}, "spec.on: true, nothing"),
        ({"on": True}, {"on": 1}, "spec.on: true, 1"),
        ({"text": "true"}, {"text": True}, "spec.text: true, true"),
        ({"list": []}, {"list": ["x"]}, "spec.list[x]: nothing, x"),
        ({"args": ["--a=1", "--b"]}, {"args": ["--a=2", "--b"]}, "spec.args[--a]: --a=1, --a=2"),
        (
            {"items": [{"name": "a"}]},
            {"items": [{"name": "a"}, {"name": "b"}]},
            "spec.items[b]: nothing, {'name': 'b'}",
        ),
        (
            {"items": [{"name": "a"}, {"name": "b"}]},
            {"items": [{"name": "b"}]},
            "spec.items[a]: {'name': 'a'}, nothing",
        ),
        ({"items": [{"name": "a", "v": 1}]}, {"items": [{"name": "a", "v": 2, "w": 3}]}, "spec.items[a].v: 1, 2"),
        ({"value": "<computed>"}, {}, "spec.value: <computed>, nothing"),
    ],
)
def test_what_was_set_and_is_otherwise_is_told_with_its_place(wanted: Map, live: Map, place: str) -> None:
    assert [f"{where}: {one}, {other}" for where, one, other in told({"spec": wanted}, {"spec": live})] == [place]


def test_of_the_metadata_only_labels_and_annotations_count() -> None:
    wanted = {"metadata": {"name": "a", "labels": {"a": "1", "b": "2"}, "creationTimestamp": None}}
    live = {"metadata": {"name": "a", "uid": "x", "labels": {"a": "1", "b": "3", "c": "4"}, "generation": 2}}
    assert told(wanted, live) == [("metadata.labels.b", "2", "3")]
    assert told({"status": {"a": 1}}, {"status": {"a": 2}}) == []


def test_a_key_more_counts_where_a_map_has_one_owner() -> None:
    assert told({"data": {"a": "1"}}, {"data": {"a": "1", "b": "2"}}) == []
    assert told({"data": {"a": "1"}}, {"data": {"a": "1", "b": "2"}}, "ConfigMap") == [("data.b", "nothing", "2")]
    assert [field.place for field in fields({"a": 1}, {"a": 1, "b": 2}, exact=True)] == ["b"]


def test_of_a_long_text_the_first_line_that_differs_is_told() -> None:
    wanted, live = "one\ntwo\nthree\n", "one\n2\n3\n"
    assert told({"data": {"a": wanted}}, {"data": {"a": live}}, "ConfigMap") == [("data.a line 2", "two", "2")]
    assert told({"data": {"a": "x\ny"}}, {"data": {"a": "x"}}, "ConfigMap") == [("data.a line 2", "y", "nothing")]
    assert told({"data": {"a": "x\n"}}, {"data": {"a": "x"}}, "ConfigMap") == [("data.a", "x", "x")]


def test_a_value_is_one_line_of_a_length_that_one_reads() -> None:
    ((_, one, other),) = told({"spec": {"a": "x" * 500}}, {"spec": {"a": "\x1b[31m red \n"}})
    assert (len(one), other) == (100, "[31m red")


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        ({"stringData": {"k": "secret-one"}}, {"data": {"k": "c2VjcmV0LW9uZQ=="}}, []),
        ({"data": {"k": "c2VjcmV0LW9uZQ=="}}, {"data": {"k": "c2VjcmV0LW9uZQ=="}}, []),
        ({"stringData": {"k": "<secret>"}}, {"data": {"k": "c2VjcmV0LW9uZQ=="}}, []),
        ({"stringData": "<secret>"}, {"data": {"k": "c2VjcmV0LW9uZQ=="}}, []),
        (
            {"stringData": {"k": "secret-one"}},
            {"data": {"k": "b3RoZXI="}},
            [("data.k", "(secret)", "(another secret)")],
        ),
        ({"stringData": {"k": "<computed>"}}, {"data": {}}, [("data.k", "(secret)", "nothing")]),
        ({"data": {}}, {"data": {"k": "b3RoZXI="}}, [("data.k", "nothing", "(secret)")]),
        ({"type": "Opaque"}, {"type": "kubernetes.io/tls"}, [("type", "Opaque", "kubernetes.io/tls")]),
    ],
)
def test_of_a_secret_no_value_is_told(wanted: Map, live: Map, expected: list[Any]) -> None:
    assert told(wanted, live, "Secret") == expected


def made(kind: str, name: str, **metadata: Any) -> tuple[Key, Manifest]:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "site", **metadata}}
    return key(manifest, "site"), manifest


def test_foreign_is_what_nobody_asked_for_and_nothing_made() -> None:
    owner = [{"kind": "ReplicaSet", "name": "web"}]
    server, claims = made("StatefulSet", "db")
    claims = {**claims, "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}
    found = dict([
        made("ConfigMap", "wanted"),
        made("ConfigMap", "kube-root-ca.crt"),
        made("ServiceAccount", "default"),
        made("Pod", "web-x", ownerReferences=owner),
        made("Job", "hook", annotations={"helm.sh/hook": "pre-install"}),
        made("Secret", "es-user", labels={"common.k8s.elastic.co/type": "elasticsearch"}),
        made("PersistentVolumeClaim", "data-db-0"),
        (server, claims),
        made("PersistentVolumeClaim", "data-db-x"),
        made("PersistentVolumeClaim", "data-web-0"),
        made("Pod", "debug"),
        made("ServiceAccount", "robot"),
    ])  # fmt: skip
    for kind in ("helm.sh/release.v1", "kubernetes.io/service-account-token", "Opaque"):
        of, manifest = made("Secret", kind.replace("/", "."))
        found[of] = {**manifest, "type": kind}
    wanted = [key(found["", "ConfigMap", "site", "wanted"], "site"), server]
    names = ["data-db-x", "data-web-0", "debug", "robot", "Opaque"]
    assert [of[3] for of in foreign(found, wanted)] == names
