"""What a real Alertmanager sends: by mail over TLS, and on every other way, with secrets from files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import alerts
from tests.alerts import examples
from tests.alerts.alertmanager import URL, running
from tests.alerts.examples import settings
from tests.alerts.messages import of_rule
from tests.alerts.sinks import LOCAL, PASSWORD, USER, Received, open_sinks
from tests.cluster.scaled import scaled
from tests.needs import need
from tests.waiting import wait

ODD = "orders\r\nBcc: someone@example.com\r\n\r\n<script>alert(1)</script>"
BOTH = {"severities": ["critical", "warning"]}
SUBJECT = "HighErrorRate neuroerp/neuroerp-api"


@dataclass(frozen=True)
class Sent:
    """What came, and what Alertmanager said of the alerts that wait."""

    received: Received
    muted: dict[str, list[str]]
    log: str

    def mail(self, subject: str) -> dict[str, Any]:
        """The only mail with this in its subject."""
        (mail,) = (mail for mail in self.received.mails() if subject in mail["Subject"])
        return mail


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    need("alertmanager")
    folder = tmp_path_factory.mktemp("sent")
    with open_sinks(folder) as received:
        web = f"http://{LOCAL}:{received.http_port}"
        config = alerts.config(given(received.mail_port, web))
        secrets = {
            "smtp/password": PASSWORD, "heartbeat/url": f"{web}/heartbeat", "webhook/url": f"{web}/webhook",
            "slack/url": f"{web}/slack", "pagerduty/key": "given-pagerduty", "opsgenie/key": "given-opsgenie",
        }  # fmt: skip
        files = {f"alertmanager-{path}": f"{value}\n" for path, value in secrets.items()}
        with running(folder, scaled(config), files) as server:
            server.fire([examples.labels("Watchdog"), whole("TransactionFailureRatioCritical")])
            server.fire([whole("RevenueStalled"), {**whole("HighCPUUsage"), "labels": odd()}])
            server.fire([whole("HighErrorRate")])
            wait("three mails", lambda: len(received.mails()) == 3)
            server.fire([whole("HighErrorRate")], seconds=0)
            wait("the mail of its end", lambda: len(received.mails()) == 4)
            wait(
                "the other ways", lambda: len(received.called("/opsgenie")) >= 4 and len(received.called("/slack")) >= 4
            )
            yield Sent(received, server.muted(), server.said())


def given(mail_port: int, web: str) -> Any:
    """Settings with all ways, and quiet hours around now."""
    now = datetime.now(UTC)
    start, end = ((now + timedelta(hours=hours)).strftime("%H:%M") for hours in (-2, 2))
    return settings(
        email={
            "to": ["team@example.com", "boss@example.com"], "sender": "alertmanager@example.com",
            "smarthost": f"{LOCAL}:{mail_port}", "user": USER,
        },
        quietHours={"start": start, "end": end, "timeZone": "UTC", "days": []},
        webhook={"form": "text", **BOTH},
        slack={"channel": "#alerts", **BOTH},
        pagerduty={"url": f"{web}/pagerduty", **BOTH},
        opsgenie={"url": f"{web}/opsgenie/", **BOTH},
    )  # fmt: skip


def whole(name: str) -> dict[str, Any]:
    """An alert as Prometheus sends it."""
    made = of_rule(name)
    return {key: made[key] for key in ("labels", "annotations", "generatorURL")}


def odd() -> dict[str, str]:
    return examples.labels("HighCPUUsage") | {"service": ODD}


@pytest.mark.parametrize("status", ["FIRING", "RESOLVED"])
def test_mail_tells_the_beginning_and_the_end_in_text_and_html(sent: Sent, status: str) -> None:
    mail = sent.mail(f"[{status} CRITICAL] {SUBJECT}")
    notes = examples.annotations("HighErrorRate")
    assert (mail["To"], mail["X-Priority"]) == ("team@example.com, boss@example.com", "1")
    assert set(mail["bodies"]) == {"text/plain", "text/html"}
    for body in mail["bodies"].values():
        assert f"{status}: {notes['summary']}" in body
        assert "neuroerp/neuroerp-api (prod)" in body
        assert notes["runbook_url"] in body
        assert (f"{URL}/#/silences/new?filter=%7Balertname%3D%22HighErrorRate%22" in body) is (status == "FIRING")


def test_a_label_adds_no_header_and_no_element(sent: Sent) -> None:
    mail = sent.mail("[FIRING WARNING] HighCPUUsage neuroerp/orders")
    assert mail["names"] == sorted(["Subject", "To", "From", "Message-Id", "Date", "Content-Type", "MIME-Version"])
    assert "<script>" not in mail["bodies"]["text/html"]
    assert "&lt;script&gt;" in mail["bodies"]["text/html"]


def test_only_warnings_wait_for_the_end_of_quiet_hours(sent: Sent) -> None:
    assert [mail["Subject"] for mail in sent.received.mails() if "RevenueStalled" in mail["Subject"]] == []
    assert sent.muted["RevenueStalled"] == ["quiet-hours"]
    assert sent.muted["TransactionFailureRatioCritical"] == sent.muted["HighCPUUsage"] == []
    assert sent.mail("[FIRING CRITICAL] TransactionFailureRatioCritical neuroerp/neuroerp-api")


def test_the_dead_mans_switch_is_called_and_gets_nothing_else(sent: Sent) -> None:
    beats = sent.received.called("/heartbeat")
    assert beats
    assert {alert["labels"]["alertname"] for beat in beats for alert in beat["alerts"]} == {"Watchdog"}


def test_a_chat_behind_a_webhook_gets_the_text_of_the_mail(sent: Sent) -> None:
    (text,) = (
        call["text"] for call in sent.received.called("/webhook") if f"[FIRING CRITICAL] {SUBJECT}" in call["text"]
    )
    assert _stable(text.lstrip()) == _stable(sent.mail(f"[FIRING CRITICAL] {SUBJECT}")["bodies"]["text/plain"])


def _stable(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("  Since")]


def test_slack_gets_title_colour_and_links(sent: Sent) -> None:
    calls = [call for call in sent.received.called("/slack") if SUBJECT in call["attachments"][0]["title"]]
    by_title = {call["attachments"][0]["title"]: call["attachments"][0] for call in calls}
    assert {title: made["color"] for title, made in by_title.items()} == {
        f"[FIRING CRITICAL] {SUBJECT}": "#b71c1c",
        f"[RESOLVED CRITICAL] {SUBJECT}": "#2e7d32",
    }
    assert {call["channel"] for call in calls} == {"#alerts"}
    text = by_title[f"[FIRING CRITICAL] {SUBJECT}"]["text"]
    assert f"<{examples.annotations('HighErrorRate')['runbook_url']}|Runbook>" in text


def test_pagerduty_opens_and_ends_an_incident(sent: Sent) -> None:
    calls = [call for call in sent.received.called("/pagerduty") if SUBJECT in call["payload"]["summary"]]
    assert [call["event_action"] for call in calls] == ["trigger", "resolve"]
    assert {call["routing_key"] for call in calls} == {"given-pagerduty"}
    assert len({call["dedup_key"] for call in calls}) == 1
    assert calls[0]["payload"]["severity"] == "critical"
    assert "Runbook: https://" in calls[0]["payload"]["custom_details"]["text"]


def test_opsgenie_gets_an_alert_and_its_end(sent: Sent) -> None:
    calls = [call for call in sent.received.calls if call["path"].startswith("/opsgenie/v2/alerts")]
    assert {call["key"] for call in calls} == {"GenieKey given-opsgenie"}
    (opened,) = (call["body"] for call in calls if call["body"].get("message") == SUBJECT)
    assert opened["priority"] == "P1"
    assert "Runbook: https://" in opened["description"]
    assert [call["path"] for call in calls if call["path"].endswith("/close?identifierType=alias")]


def test_nothing_failed(sent: Sent) -> None:
    assert "level=ERROR" not in sent.log
    assert "Notify attempt failed" not in sent.log
