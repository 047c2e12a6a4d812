"""The pods that operators make: what they add by themselves, and what an object takes away from that."""

from typing import Any

import pytest

from policy.containers import repository
from policy.pods import Pod, pods
from tests.policy.cases import OBJECTS, changed


def pod(name: str, changes: dict[str, Any] | None = None) -> Pod:
    (made,) = pods(changed(name, changes or {}))
    return made


def main(made: Pod) -> dict[str, Any]:
    return dict(next(container.spec for container in made.containers() if container.role == "container"))


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch:9.5.0"),
        ("kibana", "docker.elastic.co/kibana/kibana:9.5.0"),
        ("logstash", "docker.elastic.co/logstash/logstash:9.5.0"),
        ("beat", "docker.elastic.co/beats/filebeat:9.5.0"),
        ("prometheus", "quay.io/prometheus/prometheus:v3.1.0"),
        ("alertmanager", "quay.io/prometheus/alertmanager:v0.34.0"),
    ],
)
def test_the_image_follows_from_the_version_unless_it_is_given(name: str, image: str) -> None:
    assert main(pod(name))["image"] == image
    assert main(pod(name, {"spec|image": "mirror.example.com/own:1"}))["image"] == "mirror.example.com/own:1"


def test_tokens_of_the_elastic_stack_follow_the_operators_defaults() -> None:
    without = [pod("elasticsearch"), pod("kibana"), pod("beat")]
    assert [made.spec["automountServiceAccountToken"] for made in without] == [False] * 3
    logstash = pod("logstash", {"spec|podTemplate|spec|automountServiceAccountToken": "<gone>"})
    assert logstash.spec["automountServiceAccountToken"] is True


def test_a_pods_own_security_context_replaces_the_operators() -> None:
    path = "spec|nodeSets|0|podTemplate|spec|securityContext"
    assert pod("elasticsearch").security == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert pod("elasticsearch", {path: {"fsGroup": 1000}}).security == {"fsGroup": 1000}


def test_sidecars_share_the_context_that_eck_gives_to_elasticsearch_but_not_to_logstash() -> None:
    extra = {"name": "extra", "image": "quay.io/prometheus/prometheus:v3.1.0"}
    for name, path, shared in (
        ("elasticsearch", "spec|nodeSets|0|podTemplate|spec|containers", True),
        ("logstash", "spec|podTemplate|spec|containers", False),
    ):
        container = list(pod(name, {path: [extra]}).containers())[-1]
        assert container.title == "container extra"
        assert ("allowPrivilegeEscalation" in container.security) is shared


def test_each_set_of_nodes_has_a_pod() -> None:
    sets = [{"name": name} for name in ("hot", "warm")]
    assert len(list(pods(changed("elasticsearch", {"spec|nodeSets": sets})))) == 2


def test_the_prometheus_operator_merges_containers() -> None:
    given = {"spec|containers": [{"name": "prometheus", "securityContext": {"runAsUser": 5}}, {"name": "proxy"}]}
    first, second = pod("prometheus", given).containers()
    assert first.security["allowPrivilegeEscalation"] is False
    assert first.security["runAsUser"] == 5
    assert first.spec["image"] == "quay.io/prometheus/prometheus:v3.1.0"
    assert second.title == "container proxy"


def operator(*arguments: str) -> list[Any]:
    base = OBJECTS["deployment"]["spec"]["template"]["spec"]["containers"][0]
    changes = {
        "metadata|name": "prometheus-operator",
        "spec|template|spec|containers": [{**base, "args": list(arguments)}],
    }
    (made,) = pods(changed("deployment", changes))
    return [container for container in made.containers() if container.spec["name"] == "config-reloader"]


def test_the_prometheus_operators_arguments_describe_the_reloader() -> None:
    image = "--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1"
    sizes = [
        "--config-reloader-cpu-request=10m",
        "--config-reloader-cpu-limit=0",
        "--config-reloader-memory-limit=64Mi",
    ]
    (plain,) = operator(image, *sizes)
    assert plain.spec["resources"] == {"requests": {"cpu": "10m"}, "limits": {"memory": "64Mi"}}
    assert "livenessProbe" not in plain.spec
    (probed,) = operator(image, "--enable-config-reloader-probes=true")
    assert "livenessProbe" in probed.spec
    assert operator("--version") == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("redis", ("docker.io/library/redis", "")),
        ("redis:8", ("docker.io/library/redis", "8")),
        ("grafana/grafana:13", ("docker.io/grafana/grafana", "13")),
        ("quay.io/a/b:v1@sha256:0f", ("quay.io/a/b", "v1")),
        ("quay.io/a/b@sha256:0f", ("quay.io/a/b", "sha256:0f")),
        ("localhost:5000/b", ("localhost:5000/b", "")),
        ("localhost/b:1", ("localhost/b", "1")),
    ],
)
def test_images_are_read_as_container_runtimes_do(image: str, expected: tuple[str, str]) -> None:
    assert repository(image) == expected
