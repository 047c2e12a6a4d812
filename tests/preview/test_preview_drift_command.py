"""The command around the comparison: what it asks of kubectl and helm, and what it says when they cannot answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from preview.__main__ import main
from preview.drift import cluster
from tests.preview.preview_project import make

KINDS = """\
configmaps cm v1 true ConfigMap
namespaces ns v1 false Namespace
secrets v1 true Secret
services svc v1 true Service
deployments deploy apps/v1 true Deployment
ingresses ing networking.k8s.io/v1 true Ingress
leases coordination.k8s.io/v1 true Lease
events ev v1 true Event
"""
KUBECTL = """#!/bin/sh
printf 'kubectl %s\\n' "$*" >> {log}
case "$1" in
api-resources) {kinds} ;;
get) case "$*" in *--filename*) cat > {asked}; cat {live} ;; *) cat {listed} ;; esac ;;
esac
"""
HELM = """#!/bin/sh
printf 'helm %s\\n' "$*" >> {log}
case "$1 $2" in
"list --namespace") echo '{releases}' ;;
"get values") echo null ;;
"get manifest") {manifest} ;;
esac
"""


class Stand:
    """A project, and stand-ins for the programs that read its cluster."""

    def __init__(self, root: Path) -> None:
        self.root, self.log, self.asked = root, root / "log", root / "asked"
        self.live, self.listed = root / "live", root / "listed"
        self.kubectl, self.helm = root / "kubectl", root / "helm"
        for path in (self.log, self.live, self.listed):
            path.touch()
        self.answer()

    def answer(self, kinds: str = "", releases: str = "[]", manifest: str = "true") -> None:
        """Say what the programs answer."""
        kinds = kinds or f"cat <<'END'\n{KINDS}END\n"
        named = {"log": self.log, "asked": self.asked, "live": self.live, "listed": self.listed}
        self.kubectl.write_text(KUBECTL.format(kinds=kinds, **named))
        self.helm.write_text(HELM.format(log=self.log, releases=releases, manifest=manifest))
        for path in (self.kubectl, self.helm):
            path.chmod(0o755)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    make(tmp_path)
    made = Stand(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cluster, "find", lambda _: made.kubectl)
    monkeypatch.setattr(cluster, "find_helm", lambda: made.helm)
    return made


@pytest.mark.usefixtures("stand")
def test_of_an_empty_cluster_everything_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "dev"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "missing  Deployment site/web" in lines
    assert "missing  PrometheusRule site/rules" in lines  # Its kind is not even served.
    assert "missing  Release site/metrics" in lines
    assert lines[-1] == "dev on context test: 9 objects, 9 differences"


def test_programs_are_asked_to_read_and_of_the_context_of_the_stack(stand: Stand) -> None:
    stand.answer(releases='[{"name": "metrics", "chart": "grafana-12.11.1", "status": "deployed"}]')
    main(["drift", "dev"])
    calls = stand.log.read_text().splitlines()
    assert {" ".join(call.split()[:2]) for call in calls} == {
        "kubectl api-resources",
        "kubectl get",
        "helm list",
        "helm get",
    }
    assert all("--context=test" in call or "--kube-context test" in call for call in calls)
    stubs = json.loads(stand.asked.read_text())["items"]
    assert {tuple(stub) for stub in stubs} == {("apiVersion", "kind", "metadata")}
    assert "PrometheusRule" not in {stub["kind"] for stub in stubs}
    (listed,) = (call for call in calls if "--namespace=site" in call)
    assert listed.split()[2] == "configmaps,secrets,services,deployments.apps,ingresses.networking.k8s.io"


def test_one_object_alone_is_no_list(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "site", "uid": "x"}}
    stand.live.write_text(json.dumps(space))
    main(["drift", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert (data["stack"], data["context"], data["objects"], len(data["differences"])) == ("dev", "test", 9, 8)
    assert "Namespace site" not in [one["object"] for one in data["differences"]]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"kinds": "echo 'dial tcp: refused' >&2; exit 1"}, "kubectl api-resources: dial tcp: refused"),
        ({"kinds": "exit 1"}, "kubectl api-resources: it said nothing"),
        ({"manifest": "echo 'Error: secrets is forbidden' >&2; exit 1"}, "helm get: secrets is forbidden"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_two(
    stand: Stand, capsys: pytest.CaptureFixture[str], answers: dict[str, str], message: str
) -> None:
    stand.answer(**{"releases": '[{"name": "metrics", "chart": "c", "status": "deployed"}]', **answers})
    assert main(["drift"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == f"the cluster cannot be read: {message}"


def test_a_manifest_of_helm_that_is_no_yaml(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.answer(releases='[{"name": "metrics", "chart": "c", "status": "deployed"}]', manifest="echo 'a: b: c'")
    assert main(["drift"]) == 2
    assert "release metrics: " in capsys.readouterr().err.splitlines()[-1]


def test_a_cluster_that_hangs(
    stand: Stand, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS", 1)
    stand.answer(kinds="exec sleep 20")
    assert main(["drift"]) == 2
    assert "the cluster does not answer within 1 s: kubectl api-resources" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"), [("find", "kubectl is not on PATH"), ("find_helm", "helm is not at hand")]
)
def test_without_a_program(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    monkeypatch.setattr(cluster, name, lambda *_: None)
    monkeypatch.setenv("PATH", str(stand.root / "nowhere"))
    assert main(["drift"]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_an_unknown_stack(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "proud"]) == 2
    assert "proud" in capsys.readouterr().err
    assert stand.log.read_text() == ""


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, preview.__main__ as m\ntry: m.main(['drift', '--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Exit status: 0 nothing differs" in " ".join(done.stdout.split())
    assert not {"pulumi", "rich", "yaml", "jsonschema"} & set(done.stdout.splitlines()[-1].split())
