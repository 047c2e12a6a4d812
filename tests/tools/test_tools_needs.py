"""A test that needs a tool is skipped without it, but fails in CI."""

from pathlib import Path

import pytest

from tests import needs
from tools import UnknownToolError


@pytest.fixture(autouse=True)
def only_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(needs, "find", lambda name: Path("/there/helm") if name == "helm" else None)


def test_all_there() -> None:
    assert needs.need("helm") == {"helm": Path("/there/helm")}


def test_skipped_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception) as outcome:
        needs.need("promtool")
    assert outcome.value.msg == 'needs promtool: make tools TOOLS="promtool"'


def test_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception) as outcome:
        needs.need("promtool", "helm", "amtool")
    assert outcome.value.msg == 'needs promtool, amtool: make tools TOOLS="promtool amtool"'


def test_a_wrong_name_is_never_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(UnknownToolError):
        needs.need("promtol")
