"""The dry run on a cluster, with a stand-in for kubectl; the real one judges in the tests on a control plane."""

from pathlib import Path

import pytest

from preview.__main__ import main
from tests.preview.preview_project import make

KUBECTL = r"""#!/bin/sh
case "$1" in
get) {get} ;;
apply) object=$(cat); printf '%s\n' "$*" >> {log}
  case "$object" in {refuse}*) echo 'Error: first' >&2; echo 'error: {reason}' >&2; exit 1 ;; esac ;;
esac
"""


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    make(project)
    monkeypatch.chdir(project)
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    return tmp_path / "bin/kubectl"


def install(path: Path, get: str = "echo namespace/default", refuse: str = "nothing", reason: str = "") -> Path:
    log = path.parent / "log"
    path.write_text(KUBECTL.format(get=get, log=log, refuse=refuse, reason=reason))
    path.chmod(0o755)
    return log


def verify(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["dev", "--verify", "cluster"])
    return code, " ".join(capsys.readouterr().out.split())


def test_every_object_is_asked_for_and_nothing_is_stored(kubectl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = install(kubectl)
    _, out = verify(capsys)
    assert "✓ The cluster in KUBECONFIG accepts every object" in out
    calls = log.read_text().splitlines()
    assert len(calls) >= 4
    assert all("--dry-run=server" in call and "--validate=strict" in call for call in calls)


def test_a_refusal_is_told_with_its_reason(kubectl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(kubectl, refuse="*Deployment", reason=".spec.replics: field not declared in schema")
    code, out = verify(capsys)
    assert code == 1
    assert "Deployment site/web: .spec.replics: field not declared in schema" in out


def test_a_cluster_that_is_away_is_told(kubectl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(kubectl, get="echo 'connection refused' >&2; exit 1")
    code, out = verify(capsys)
    assert code == 1
    assert "the cluster does not answer: connection refused" in out


def test_without_kubectl_it_says_so(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(kubectl.parent))
    code, out = verify(capsys)
    assert code == 1
    assert "kubectl is not on PATH" in out


def test_nobody_asks_the_cluster_unbidden(kubectl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = install(kubectl)
    main(["dev"])
    assert "KUBECONFIG accepts" not in capsys.readouterr().out
    assert not log.exists()
