"""Certificates as the stack asks for them do for mutual TLS, with what Filebeat and Logstash are told to hold to."""

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.components.test_log_transport import HOST, certificates
from tests.components.test_stacks import plan
from tests.logs.certificates import authority, issue


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What is mounted: of Filebeat, of Logstash, and of somebody with another authority."""
    folder = tmp_path_factory.mktemp("tls")
    ours, theirs = authority(folder / "ours"), authority(folder / "theirs")
    specs = {name: spec for name, (_, spec) in certificates(plan("prod")).items()}
    made = {name: issue(ours, folder / name, spec) for name, spec in specs.items()}
    return {**made, "stranger": issue(theirs, folder / "stranger", specs["filebeat"])}


def handshake(server: Path, client: Path | None, trusted: Path, name: str = HOST) -> str:
    """What the server reads of the client, who calls it by this name; or why there was no connection."""
    # As the input of Logstash: ssl_certificate, ssl_key, ssl_certificate_authorities, ssl_client_authentication.
    taking = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=server / "ca.crt")
    taking.load_cert_chain(server / "tls.crt", server / "tls.key")
    taking.verify_mode = ssl.CERT_REQUIRED
    # As the output of Filebeat with verification_mode full.
    sending = ssl.create_default_context(cafile=trusted / "ca.crt")
    if client:
        sending.load_cert_chain(client / "tls.crt", client / "tls.key")
    result: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_take, args=(listening, taking, result))
        thread.start()
        try:
            plain = socket.create_connection(listening.getsockname(), 10)
            with plain, sending.wrap_socket(plain, server_hostname=name) as talking:
                talking.sendall(b"line")
                talking.recv(1)
        except OSError as error:
            result.insert(0, f"client: {error}")
        thread.join(10)
    return result[0]


def _take(listening: socket.socket, context: ssl.SSLContext, result: list[str]) -> None:
    try:
        plain, _ = listening.accept()
        plain.settimeout(10)
        with context.wrap_socket(plain, server_side=True) as talking:
            text = talking.recv(10).decode()
            certificate: Any = talking.getpeercert()
            result.append(f"{certificate['subject'][0][0][1]}: {text}")
    except OSError as error:
        result.append(f"server: {error}")


def test_filebeat_and_logstash_understand_each_other(files: dict[str, Path]) -> None:
    assert handshake(files["logstash-beats"], files["filebeat"], files["filebeat"]) == "filebeat: line"


def test_who_has_no_certificate_of_the_authority_sends_nothing(files: dict[str, Path]) -> None:
    assert "line" not in handshake(files["logstash-beats"], None, files["filebeat"])
    assert "line" not in handshake(files["logstash-beats"], files["stranger"], files["filebeat"])


def test_filebeat_sends_to_no_other_server(files: dict[str, Path]) -> None:
    assert "Hostname mismatch" in handshake(files["logstash-beats"], files["filebeat"], files["filebeat"], "other.svc")
    assert "self-signed" in handshake(files["logstash-beats"], files["filebeat"], files["stranger"])


def test_neither_certificate_does_for_the_other_side(files: dict[str, Path]) -> None:
    assert "line" not in handshake(files["logstash-beats"], files["logstash-beats"], files["filebeat"])
    assert "line" not in handshake(files["filebeat"], files["filebeat"], files["filebeat"])
