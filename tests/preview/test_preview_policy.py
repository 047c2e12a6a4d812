"""The preview holds a project that has a policy to it: what the program asks for, and what its charts render to."""

from dataclasses import replace
from pathlib import Path

import pytest

from policy.preview_check import check_rendered_policy
from preview.__main__ import main
from preview.checks import NotRunError
from preview.rendered import Rendering
from tests.preview.preview_project import make
from tests.preview.shop_chart import make as make_shop


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("CHARTS_MIRROR", raising=False)
    monkeypatch.setenv("CHART_VALUES", "charts")
    return tmp_path


def test_a_project_without_a_policy_is_held_to_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["dev"])
    assert "policy" not in capsys.readouterr().out
    assert project.is_dir()


def test_a_project_with_one_is_held_to_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "policy").mkdir()
    assert main(["dev"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "✗ Every object and every release holds the policy" in out
    assert "Deployment site/web: container web may take all memory of its node" in out
    assert "12 checks of rendered charts (not run" in out


def test_the_pods_of_a_chart_are_held_to_it(tmp_path: Path) -> None:
    found = make_shop(tmp_path).reasons(check_rendered_policy)
    assert any("Deployment site/web" in line and "container shop may run as root" in line for line in found), found
    worse = make_shop(tmp_path / "worse")
    worse.change("templates/deployment.yaml", "      containers:", "      hostNetwork: true\n      containers:")
    more = [line for line in worse.reasons(check_rendered_policy) if "hostNetwork" in line]
    begin = "Deployment site/web (release web): pod has hostNetwork; "
    assert more == [f"{begin}remove it, or place the pod with the agents [host-namespaces]"]
    assert not any("hostNetwork" in line for line in found)


def test_without_rendered_charts_it_says_that_it_was_not_made(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    with pytest.raises(NotRunError, match="no chart was rendered"):
        check_rendered_policy(shop.plan, replace(shop.context(), rendering=Rendering()))
