"""The images that a stack runs, wherever they stand."""

import json
from pathlib import Path
from typing import Any

import pytest

from preview import render
from preview.__main__ import main
from preview.images import Image, images, skopeo
from preview.parts import Object
from preview.yamlfile import parse
from tests.preview.preview_project import make as make_project
from tests.preview.shop_chart import make, resource

DIGEST = f"sha256:{'a' * 64}"


def of(kind: str, spec: Any, api: str = "v1", **more: Any) -> Object:
    """An object."""
    manifest = {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec, **more}
    return Object(resource(f"kubernetes:{api}:{kind}", "a", manifest), manifest)


def names(*items: Object) -> list[str]:
    return [image.name for image in images(items)]


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_containers_wherever_pods_are_made(kind: str) -> None:
    pod = {kind: [{"image": "a:1"}]}
    assert names(of("Pod", pod)) == ["a:1"]
    assert names(of("Deployment", {"template": {"spec": pod}})) == ["a:1"]
    assert names(of("CronJob", {"jobTemplate": {"spec": {"template": {"spec": pod}}}})) == ["a:1"]
    assert names(of("Logstash", {"podTemplate": {"spec": pod}}, "logstash.k8s.elastic.co/v1alpha1")) == ["a:1"]


def test_an_image_that_is_a_volume() -> None:
    assert names(of("Pod", {"volumes": [{"image": {"reference": "data:1"}}, {"emptyDir": {}}]})) == ["data:1"]


@pytest.mark.parametrize("kind", ["Prometheus", "Alertmanager", "ThanosRuler"])
def test_images_of_the_prometheus_operator(kind: str) -> None:
    spec = {"image": "prom:1", "thanos": {"image": "thanos:1"}, "containers": [{"name": "a"}, {"image": "b:1"}]}
    assert names(of(kind, spec)) == ["b:1", "prom:1", "thanos:1"]


def test_images_that_an_operator_is_told_by_arguments() -> None:
    arguments = [
        "--prometheus-config-reloader=quay.io/x/reloader:v1",
        "--thanos-default-base-image=quay.io/thanos/thanos:v1",
        "--digest=registry.example.com:5000/x@" + DIGEST,
        "--web.external-url=http://a.example.com/x:1",
        "--kubelet-service=kube-system/kubelet",
        "--path=example.com/of/something",
    ]
    operator = of("Deployment", {"template": {"spec": {"containers": [{"image": "op:1", "args": arguments}]}}})
    assert names(operator) == [
        "op:1",
        "quay.io/x/reloader:v1",
        f"registry.example.com:5000/x@{DIGEST}",
    ]
    assert "quay.io/thanos/thanos:v1" in names(operator, of("ThanosRuler", {}))


ELASTIC = {
    "Elasticsearch": ("elasticsearch.k8s.elastic.co/v1", "elasticsearch/elasticsearch"),
    "Kibana": ("kibana.k8s.elastic.co/v1", "kibana/kibana"),
    "Logstash": ("logstash.k8s.elastic.co/v1alpha1", "logstash/logstash"),
    "Beat": ("beat.k8s.elastic.co/v1beta1", "beats/filebeat"),
}


@pytest.mark.parametrize("kind", ELASTIC)
def test_images_of_elastics_operator_follow_from_the_version(kind: str) -> None:
    api, path = ELASTIC[kind]
    item = of(kind, {"version": "9.5.0", "type": "filebeat"}, api)
    assert names(item) == [f"docker.elastic.co/{path}:9.5.0"]
    config = of("ConfigMap", None, data={"eck.yaml": "container-registry: mirror.example.com\n"})
    assert names(item, config) == [f"mirror.example.com/{path}:9.5.0"]
    assert names(of(kind, {"version": "9.5.0", "image": "own:1"}, api)) == ["own:1"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("redis", ("docker.io", "library/redis", "latest")),
        ("jaegertracing/jaeger:2.19.0", ("docker.io", "jaegertracing/jaeger", "2.19.0")),
        ("docker.io/grafana/grafana:13", ("docker.io", "grafana/grafana", "13")),
        ("localhost:5000/a/b/c:1", ("localhost:5000", "a/b/c", "1")),
        (f"quay.io/a:1@{DIGEST}", ("quay.io", "a", DIGEST)),
    ],
)
def test_the_parts_of_a_name(name: str, place: tuple[str, str, str]) -> None:
    assert Image(name, ()).place == place


def test_a_list_for_skopeo() -> None:
    found = [Image(name, ()) for name in ("quay.io/a/b:1", "quay.io/a/b:2", f"quay.io/a/b:2@{DIGEST}", "c:1")]
    assert skopeo(found) == {
        "quay.io": {"images": {"a/b": ["1", "2", DIGEST]}},
        "docker.io": {"images": {"library/c": ["1"]}},
    }


def test_those_of_a_rendered_chart_hooks_too(tmp_path: Path) -> None:
    shop = make(tmp_path)
    found = images(shop.render().objects)
    assert [image.name.rpartition("/")[2] for image in found] == ["prepare:1", "shop:4.5", "test:1"]
    assert found[1].users == ("web: Deployment site/web",)


def test_the_command_says_when_the_list_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_project(tmp_path).root)
    monkeypatch.delenv("CHARTS_MIRROR", raising=False)
    monkeypatch.setattr(render, "find_helm", lambda: None)
    assert main(["images"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "example/web:1  Deployment site/web\n"
    assert captured.err.endswith('not all images: helm is not at hand: make tools TOOLS="helm"\n')
    assert main(["images", "dev", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"image": "example/web:1", "digest": "", "users": ["Deployment site/web"]}
    ]
    assert main(["images", "--skopeo"]) == 1
    assert parse(capsys.readouterr().out, "") == {"docker.io": {"images": {"example/web": ["1"]}}}
    assert main(["images", "live"]) == 2
