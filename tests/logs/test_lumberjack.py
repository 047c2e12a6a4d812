"""Sender and receiver of the protocol of Beats understand each other, and keep strangers out."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.logs.certificates import authority, issue
from tests.logs.lumberjack import Receiver, receiving, send

KEY = {"privateKey": {"algorithm": "ECDSA", "size": 256}}
SERVER = {**KEY, "dnsNames": ["logstash"], "usages": ["digital signature", "server auth"]}
CLIENT = {**KEY, "commonName": "filebeat", "usages": ["digital signature", "client auth"]}
EVENTS: list[dict[str, Any]] = [{"message": "ü" * 70000, "log": {"offset": 0}}, {"message": "x"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ours = authority(tmp_path / "ours")
    issue(ours, tmp_path / "logstash", SERVER)
    issue(ours, tmp_path / "filebeat", CLIENT)
    stranger = issue(authority(tmp_path / "theirs"), tmp_path / "stranger", CLIENT)
    (stranger / "ca.crt").write_bytes((ours / "ca.crt").read_bytes())
    return tmp_path


@pytest.fixture
def receiver(folder: Path) -> Iterator[Receiver]:
    with receiving(folder / "logstash") as made:
        yield made


def test_events_arrive_in_their_order_and_are_acknowledged(folder: Path, receiver: Receiver) -> None:
    send(receiver.port, EVENTS, folder / "filebeat", "logstash")
    send(receiver.port, EVENTS[1:], folder / "filebeat", "logstash")
    assert receiver.events == [*EVENTS, EVENTS[1]]


@pytest.mark.parametrize(("client", "name"), [("stranger", "logstash"), ("filebeat", "elsewhere")])
def test_other_certificates_are_refused(folder: Path, receiver: Receiver, client: str, name: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        send(receiver.port, EVENTS, folder / client, name)
    assert receiver.events == []
