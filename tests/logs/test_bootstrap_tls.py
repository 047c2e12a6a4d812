"""The program over TLS: it talks to a server of the authority that it was given, and to no other."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs.bootstrap_run import run, words
from tests.logs.certificates import authority, issue
from tests.logs.elasticsearch_stub import Stub, running

SPEC = {"privateKey": {"algorithm": "ECDSA", "size": 256}, "usages": ["digital signature", "server auth"]}


@pytest.fixture
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture
def encrypted(ours: Path) -> Iterator[Stub]:
    """Its certificate is for 127.0.0.1."""
    files = issue(ours, ours.parent / "server", {**SPEC, "ipAddresses": ["127.0.0.1"]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "tls.crt", files / "tls.key")
    stub = Stub()
    stub.socket = context.wrap_socket(stub.socket, server_side=True, do_handshake_on_connect=False)
    with running(stub):
        yield stub


def secure(stub: Stub, host: str = "127.0.0.1") -> str:
    return f"https://{host}:{stub.server_port}"


def test_a_server_of_the_given_authority_is_trusted(encrypted: Stub, folder: Path, ours: Path) -> None:
    assert run(folder, secure(encrypted), SERVER_CA=str(ours / "ca.crt")) == (0, words("created"))


def test_a_server_of_another_authority_gets_no_password(encrypted: Stub, folder: Path, ours: Path) -> None:
    theirs = authority(ours.parent / "theirs")
    for ca in (str(theirs / "ca.crt"), ""):
        code, lines = run(folder, secure(encrypted), SERVER_CA=ca, WAIT_SECONDS="600")
        assert (code, len(lines)) == (1, 1)
        assert lines[0].startswith("failed: the server's certificate is not trusted: ")
    assert encrypted.seen == []


def test_a_server_of_another_name_gets_no_password(encrypted: Stub, folder: Path, ours: Path) -> None:
    code, lines = run(folder, secure(encrypted, "localhost"), SERVER_CA=str(ours / "ca.crt"), WAIT_SECONDS="600")
    assert (code, len(lines)) == (1, 1)
    assert "is not trusted: Hostname mismatch, certificate is not valid for 'localhost'" in lines[0]
    assert encrypted.seen == []
