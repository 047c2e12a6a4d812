"""Starting the server: which Java it gets, and what is said when it does not start."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.elastic import java
from tests.elastic.server import ADMIN, PASSWORD, Server, hashed


def jdk(home: Path, release: str, compiler: bool = True) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text(release, encoding="utf-8")
    if compiler:
        (home / "bin" / "javac").touch()
    return home


@pytest.mark.parametrize(
    ("release", "compiler", "found"),
    [
        ('IMPLEMENTOR="x"\nJAVA_VERSION="25.0.1"\n', True, 25),
        ('JAVA_VERSION="21"\n', True, 21),
        ('JAVA_VERSION="1.8.0_402"\n', True, 1),
        ('JAVA_VERSION="25.0.1"\n', False, None),
        ("", True, None),
    ],
)
def test_java_knows_its_version(tmp_path: Path, release: str, compiler: bool, found: int | None) -> None:
    assert java.version(jdk(tmp_path / "home", release, compiler)) == found


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JAVA_HOME")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ES_JAVA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "old", 'JAVA_VERSION="17.0.1"')))
    monkeypatch.setenv("JAVA_HOME_21_X64", str(jdk(tmp_path / "new", 'JAVA_VERSION="21.0.1"')))
    assert java.find_java() == tmp_path / "new"


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_java_the_reason_is_told(ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(java, "_homes", lambda: iter(()))
    with pytest.raises(outcome, match="needs a JDK of version 21 or newer"):
        java.need_java()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the user of the server can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def program(folder: Path, text: str) -> Path:
    made = folder / "home" / "bin" / "elasticsearch"
    made.parent.mkdir(parents=True)
    (folder / "home" / "config").mkdir()
    made.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    made.chmod(0o755)
    return made


def test_a_server_that_ends_tells_why(folder: Path) -> None:
    (folder / "server").mkdir()
    server = Server(program(folder, "echo no room on the disk; exit 1"), Path("/jdk"), folder / "server")
    with pytest.raises(RuntimeError, match="did not start; the end of its log:\nno room on the disk"):
        server.start({}, {})


def test_a_checkout_that_others_cannot_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/root/elasticsearch")

    (folder / "server").mkdir()
    monkeypatch.setattr(Server, "_started", refused)
    with pytest.raises(RuntimeError, match=r"cannot reach /root/elasticsearch: put the checkout where others can"):
        Server(program(folder, "exit 1"), Path("/jdk"), folder / "server").start({}, {})


def test_passwords_are_hashed_with_their_own_salt() -> None:
    assert PASSWORD not in hashed(PASSWORD)
    assert hashed(PASSWORD) != hashed(PASSWORD)


def test_the_server_keeps_no_client_waiting(server: Server) -> None:
    with server.client(ADMIN) as client:
        assert client.get("/_cluster/health").json()["status"] in ("green", "yellow")
        assert client.get("/_license").json()["license"]["type"] == "basic"
    assert server.url.startswith("http://127.0.0.1:")
