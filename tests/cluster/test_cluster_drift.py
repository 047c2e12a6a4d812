"""Drift on a real API server: what Helm holds and what a program wants beside what is there, read without a right more.

The release is a real one of Helm. Everything is read by an account that may get and list, and nothing else.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.api import Manifest
from tests.cluster.control_plane import ControlPlane
from tests.needs import need
from tests.preview.shop_chart import FIXTURE
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[2]
SPACE = "drift"
VALUES = {"replicas": 3, "color": "green", "password": "p4ssw0rd-of-the-shop"}
PROGRAM = f"""
import pulumi
import pulumi_kubernetes as k8s

options = pulumi.ResourceOptions(provider=k8s.Provider("cluster", context="tests"))


def named(name):
    return {{"name": name, "namespace": "{SPACE}"}}


k8s.core.v1.Namespace("space", metadata={{"name": "{SPACE}"}}, opts=options)
k8s.core.v1.ConfigMap("page", metadata=named("page"), data={{"title": "Shop", "text": "one\\ntwo\\n"}}, opts=options)
password = pulumi.Output.secret("hunter22")
k8s.core.v1.Secret("login", metadata=named("login"), string_data={{"password": password, "user": "me"}}, opts=options)
k8s.helm.v3.Release(
    "web", name="web", namespace="{SPACE}", chart="charts/shop", version="1.2.3", values={VALUES}, opts=options
)
"""
READER: list[Manifest] = [
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "drift-reader", "namespace": "default"},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "drift-reader"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "drift-reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "drift-reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "drift-reader", "namespace": "default"}],
    },
]


def named(kind: str, name: str, **more: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": SPACE}, **more}


OWN: list[Manifest] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
    named("ConfigMap", "page", data={"title": "Shop", "text": "one\ntwo\n"}),
    named("Secret", "login", stringData={"password": "hunter22", "user": "me"}),
]


@dataclass(frozen=True)
class Shop:
    """A project whose stack is on the control plane."""

    plane: ControlPlane
    project: Path
    kubeconfig: Path

    def drift(self, *arguments: str, kubeconfig: Path | None = None) -> tuple[int, str, str]:
        """Exit status of the command, and what it printed."""
        # In the project's directory, which the namespace's runner does not change to.
        program = f"import os, runpy, sys; os.chdir({str(self.project)!r}); sys.argv[1:] = {['drift', *arguments]!r}; "
        program += "sys.path[0] = os.getcwd(); runpy.run_module('preview', run_name='__main__')"
        env = {"KUBECONFIG": str(kubeconfig or self.kubeconfig), "PYTHONPATH": str(ROOT), "CI": ""}
        asked = [sys.executable, "-c", program]
        done = self.plane.namespace.ask("run", argv=asked, env=env, given="")
        return int(done["code"]), str(done["out"]), str(done["err"])

    def differences(self) -> list[dict[str, Any]]:
        """What is otherwise, which must be something."""
        code, out, err = self.drift("--format", "json")
        assert code == 1, err
        return list(json.loads(out)["differences"])


@pytest.fixture(scope="module")
def shop(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    helm = need("helm", "kubectl")["helm"]
    project = tmp_path_factory.mktemp("shop")
    chart = shutil.copytree(FIXTURE, project / "charts" / "shop")
    (project / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    (project / "__main__.py").write_text(PROGRAM)
    for manifest in (*READER, *OWN):
        plane.api.apply(manifest)
    wait("the account", lambda: plane.api.get("v1", "ServiceAccount", "default", SPACE))
    admin = {"KUBECONFIG": str(plane.kubeconfig("admin"))}
    # Not server-side: Pulumi's provider installs with the library of Helm 3, which cannot.
    install = (helm, "install", "web", chart, "--namespace", SPACE, "--no-hooks", "--server-side=false", "--values=-")
    plane.namespace.run(*install, env=admin, given=json.dumps(VALUES))
    plane.tokens["drift-reader"] = plane.token("default", "drift-reader")
    yield Shop(plane, project, plane.kubeconfig("drift-reader"))
    plane.namespace.run(helm, "uninstall", "web", "--namespace", SPACE, "--no-hooks", env=admin)
    for manifest in (*OWN[1:], *READER):  # The namespace itself takes seconds to go, and disturbs nobody.
        plane.api.delete(manifest)
    widgets = plane.api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com")
    plane.api.delete(widgets or {})


def test_what_was_just_made_is_as_it_was_asked_for(shop: Shop) -> None:
    code, out, err = shop.drift()
    assert (code, err) == (0, ""), out
    assert out == "dev on context tests: 16 objects, 0 differences\n"


def test_the_account_may_read_and_nothing_else(shop: Shop) -> None:
    reader = shop.plane.api_of(shop.plane.tokens["drift-reader"])
    with pytest.raises(Exception, match='cannot patch resource "configmaps"'):
        reader.apply(named("ConfigMap", "page", data={}), dry=True)


def test_each_difference_is_told_with_its_field(shop: Shop, plane: ControlPlane) -> None:
    """All at once: only these, and each of them."""
    api = plane.api
    deployment = api.get("apps/v1", "Deployment", "web", SPACE)
    assert deployment
    container = {**deployment["spec"]["template"]["spec"]["containers"][0], "image": "evil.example.com/shop:1"}
    sidecar = {"name": "miner", "image": "evil.example.com/miner:1"}
    spec = {"replicas": 5, "template": {"spec": {"containers": [container, sidecar]}}}
    merge = "application/strategic-merge-patch+json"
    api.ask("PATCH", api.path(deployment), {"spec": spec}, merge)
    api.ask("PATCH", api.path(named("ConfigMap", "page")), {"data": {"text": "one\nthree\n", "more": "x"}}, merge)
    api.ask("PATCH", api.path(named("Secret", "web")), {"data": {"password": "bmV3LXBhc3N3b3Jk"}}, merge)
    api.delete(named("Service", "web"))
    api.apply(named("ConfigMap", "notes", data={"a": "b"}))
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}
    marks = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": SPACE}
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    api.apply({**role, "metadata": {"name": "left-over", "labels": labels, "annotations": marks}})
    other = {**marks, "meta.helm.sh/release-name": "another"}
    api.apply({**role, "metadata": {"name": "of-another", "labels": labels, "annotations": other}})

    found = {(one["state"], one["object"], one["release"]): one["fields"] for one in shop.differences()}
    containers = "spec.template.spec.containers"
    deployment_fields = found["changed", "Deployment drift/web", "web"]
    assert deployment_fields.pop()["live"].startswith("{'image': 'evil.example.com/miner:1'")
    assert found == {
        ("changed", "ConfigMap drift/page", ""): [
            {"field": "data.more", "wanted": "nothing", "live": "x"},
            {"field": "data.text line 2", "wanted": "two", "live": "three"},
        ],
        ("changed", "Deployment drift/web", "web"): [
            {"field": "spec.replicas", "wanted": "3", "live": "5"},
            {
                "field": f"{containers}[shop].image",
                "wanted": "registry.example.com/shop:4.5",
                "live": "evil.example.com/shop:1",
            },
        ],
        ("changed", "Secret drift/web", "web"): [
            {"field": "data.password", "wanted": "(secret)", "live": "(another secret)"}
        ],
        ("missing", "Service drift/web", "web"): [],
        ("foreign", "ConfigMap drift/notes", ""): [],
        ("foreign", "ClusterRole left-over", ""): [],
    }
    for manifest in ({**role, "metadata": {"name": name}} for name in ("left-over", "of-another")):
        api.delete(manifest)


def test_no_secret_is_ever_printed(shop: Shop) -> None:
    _, out, err = shop.drift()
    assert "changed  Secret drift/web (release web)" in out
    for secret in ("p4ssw0rd", "hunter22", "new-password", "bmV3LXBhc3N3b3Jk"):
        assert secret not in out + err


def test_a_rollback_to_the_same_revision_mends_what_helm_holds(shop: Shop, plane: ControlPlane) -> None:
    admin = {"KUBECONFIG": str(plane.kubeconfig("admin"))}
    rollback = (need("helm")["helm"], "rollback", "web", "1", "--namespace", SPACE, "--no-hooks")
    plane.namespace.run(*rollback, env=admin)
    found = {(one["state"], one["object"]): [field["field"] for field in one["fields"]] for one in shop.differences()}
    assert found == {
        # Containers that Helm never knew stay.
        ("changed", "Deployment drift/web"): ["spec.template.spec.containers[miner]"],
        ("changed", "ConfigMap drift/page"): ["data.more", "data.text line 2"],
        ("foreign", "ConfigMap drift/notes"): [],
    }


def test_a_release_that_helm_holds_otherwise_is_told(shop: Shop) -> None:
    program = (shop.project / "__main__.py").read_text()
    try:
        changed = program.replace('"1.2.3"', '"1.2.4"').replace("'green'", "'blue'")
        (shop.project / "__main__.py").write_text(
            changed + 'k8s.helm.v3.Release("gone", namespace="drift", chart="x", version="1", opts=options)'
        )
        found = [one for one in shop.differences() if one["object"].startswith("Release ")]
    finally:
        (shop.project / "__main__.py").write_text(program)
    assert found == [
        {"state": "missing", "object": "Release drift/gone", "release": "", "fields": []},
        {
            "state": "changed",
            "object": "Release drift/web",
            "release": "",
            "fields": [
                {"field": "chart", "wanted": "shop-1.2.4", "live": "shop-1.2.3"},
                {"field": "values.color", "wanted": "blue", "live": "green"},
            ],
        },
    ]


def test_a_cluster_that_cannot_be_read_is_one_line_and_status_two(shop: Shop, tmp_path: Path) -> None:
    content = json.loads(shop.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    away = tmp_path / "away"
    away.write_text(json.dumps(content))
    code, out, err = shop.drift(kubeconfig=away)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "the cluster cannot be read: kubectl api-resources" in err
    assert "127.0.0.1:1" in err
