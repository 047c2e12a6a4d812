"""Without its servers a test is skipped with the command that brings them, and fails in CI."""

import pytest

from tests.telemetry.services import daemons


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemons, "FOLDERS", ())
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize(
    ("programs", "packages"),
    [
        (("postgres", "initdb"), "postgresql"),
        (("redis-server",), "redis-server"),
        (("rabbitmq-server", "epmd"), "rabbitmq-server"),
    ],
)
def test_a_missing_server(monkeypatch: pytest.MonkeyPatch, programs: tuple[str, ...], packages: str) -> None:
    reason = f"needs {packages}: apt-get install {packages}"
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=reason):
        daemons.need(*programs)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=reason):
        daemons.need(*programs)
