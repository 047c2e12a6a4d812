"""What an alarm needs on its way: templates in the pod, every way in the configuration, a mail server with a login."""

import base64
import smtplib
import socket
import ssl
from typing import Any

import pytest
import yaml

import alerts
from tests.alerts.examples import CHANNELS, settings
from tests.cluster.change import GONE, changed
from tests.cluster.chart_objects import MONITORING, make
from tests.cluster.monitoring import Monitoring
from tests.cluster.monitoring_checks import misconfigured
from tests.cluster.servers import OUTSIDE, Servers
from tests.cluster.stack_objects import SMTP_PASSWORD
from tests.waiting import settled

pytestmark = pytest.mark.parametrize("deployment", ["prod"], indirect=True)


def test_the_templates_are_in_the_pod_beside_the_configuration(servers: Servers) -> None:
    folder = servers.processes["alertmanager"].root / "etc/alertmanager/config"
    given = servers.monitoring.stack.values("alertmanager")["alertmanager"]["templateFiles"]
    assert given
    assert {name: (folder / name).read_text() for name in given} == given


def test_the_operator_leaves_every_way_as_it_is(monitoring: Monitoring) -> None:
    """It reads a configuration into types of its own, and drops or refuses what it does not know."""
    config = alerts.config(settings("prod", **CHANNELS))
    space, spec = monitoring.stack.platform, {**monitoring.alertmanager["spec"], "replicas": 0, "configSecret": "ways"}
    monitoring.deployment.make(
        make("v1", "Secret", "ways", space, stringData={"alertmanager.yaml": yaml.safe_dump(config)}),
        make(MONITORING, "Alertmanager", "ways", space, spec=spec),
    )
    assert settled("the operator", lambda: misconfigured(config, monitoring.alertmanager_config("ways"))) == []
    stripped = changed(config, "receivers|1|slack_configs|0|color", GONE)
    assert misconfigured(stripped, monitoring.alertmanager_config("ways")) == ["receivers: is not as configured"]


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
