"""The whole chain runs: 5xx of the application, HighErrorRate, a mail over TLS with a login, and its end."""

import base64
import smtplib
import socket
import ssl
from dataclasses import replace
from typing import Any

import pytest

from tests.cluster.alarm import ALERT, Alarm, raise_alarm, speed_up
from tests.cluster.servers import OUTSIDE, Servers
from tests.cluster.stack_objects import SMTP_PASSWORD

pytestmark = pytest.mark.parametrize("deployment", ["prod"], indirect=True)


@pytest.fixture(scope="module")
def alarm(servers: Servers) -> Alarm:
    speed_up(servers)
    return raise_alarm(servers)


def late(alarm: Alarm) -> list[str]:
    """A mail that took longer than what is configured."""
    took = alarm.mail("FIRING")["at"] - alarm.began
    return [f"the mail came after {took:.1f} s, not within {alarm.most:.1f} s"] if took > alarm.most else []


def test_the_mail_comes_within_the_configured_waits(alarm: Alarm) -> None:
    assert alarm.most == pytest.approx(9.2, abs=0.1)
    assert late(alarm) == []


def test_a_mail_that_comes_later_is_seen(alarm: Alarm) -> None:
    (complaint,) = late(replace(alarm, began=alarm.began - alarm.most))
    assert complaint.endswith("not within 9.2 s")


def test_the_mail_says_what_is_wrong_and_how_bad_it_is(alarm: Alarm) -> None:
    mail = alarm.mail("FIRING")
    assert mail["Subject"] == f"[FIRING CRITICAL] {ALERT} neuroerp-production/neuroerp-api"
    assert mail["X-Priority"] == "1"
    assert mail["To"] == "team@valeo-neuroerp.com"


def test_the_end_is_told_under_another_subject(alarm: Alarm) -> None:
    assert alarm.mail("RESOLVED")["at"] > alarm.ended
    assert alarm.mail("RESOLVED")["Subject"] == f"[RESOLVED CRITICAL] {ALERT} neuroerp-production/neuroerp-api"


def test_the_dead_mans_switch_is_called_all_the_time(alarm: Alarm) -> None:
    during = [beat for beat in alarm.heartbeats if beat["at"] > alarm.began]
    assert len(during) >= 5
    assert {beat["path"] for beat in during} == {"/ping"}
    assert {name for beat in during for name in beat["alerts"]} == {"Watchdog"}


def test_the_applications_own_label_endpoint_survives(alarm: Alarm, servers: Servers) -> None:
    assert alarm.mails
    ours = 'http_requests_total{job="valeo-neuroerp",endpoint="/api/v1/orders/{oid}",exported_endpoint=""}'
    assert len(servers.query(ours)) == 4
    # The mutant without the labeldrop: its samples carry the port's name instead, and rules read the wrong label.
    assert len(servers.query('http_requests_total{job="valeo-neuroerp",exported_endpoint!=""}')) == 4


class Sender(smtplib.SMTP):
    """A sender inside the closed network."""

    def __init__(self, servers: Servers, port: int) -> None:
        self._servers = servers
        super().__init__(OUTSIDE, port, local_hostname="localhost", timeout=10)

    def _get_socket(self, host: Any, port: Any, timeout: Any) -> socket.socket:
        del timeout
        return self._servers.plane.namespace.connect(host, port)


def test_the_mail_server_of_these_tests_takes_nothing_without_tls_and_login(servers: Servers) -> None:
    settings = servers.monitoring.given_config["global"]
    port = int(settings["smtp_smarthost"].rpartition(":")[2])
    before = len(servers.got("mail"))
    with Sender(servers, port) as sender:
        sender.ehlo()
        assert sender.docmd("MAIL", "FROM:<a@example.com>")[0] == 530
        login = base64.b64encode(f"\0alertmanager\0{SMTP_PASSWORD}".encode()).decode()
        assert sender.docmd("AUTH", f"PLAIN {login}")[0] == 502
        context = ssl.create_default_context(cafile=str(servers.folder / "mail.crt"))
        context.check_hostname = False
        sender.starttls(context=context)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            sender.login("alertmanager", f"{SMTP_PASSWORD}-wrong")
        assert sender.docmd("DATA")[0] == 530
    assert len(servers.got("mail")) == before
