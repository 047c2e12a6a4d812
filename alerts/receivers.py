"""Who is told, and on which ways: mail, and what the settings add to it. The texts are in the templates."""

from collections.abc import Iterable
from typing import Any

from components import secrets
from components.alerting import AlertingSettings, Severity
from components.alertmanager import secret_file


def receivers(s: AlertingSettings) -> Iterable[dict[str, Any]]:
    """One receiver for each kind of alert, each with mail and the other ways of its severity."""
    to = s.email.to
    yield {"name": "null"}
    yield {"name": "team-email", **_mail(to), **_channels(s, "warning")}
    yield {
        "name": "team-email-critical",
        **_mail(s.email.critical_to or to, **{"X-Priority": "1"}),
        **_channels(s, "critical"),
    }
    yield {"name": "business-email", **_mail(s.email.business_to or to), **_channels(s, "warning")}
    if s.heartbeat:
        beat = {"url_file": secret_file(secrets.HEARTBEAT), "send_resolved": False}
        yield {"name": "heartbeat", "webhook_configs": [beat]}


def _text(name: str) -> str:
    return f'{{{{ template "neuroerp.{name}" . }}}}'


def _whole(name: str) -> str:
    """A message inside a payload, which Alertmanager reads as YAML: none begins with a tab, so it stays text."""
    return f"\t{_text(name)}"


def _mail(to: list[str], **headers: str) -> dict[str, Any]:
    mail = {"to": ", ".join(to), "headers": {"Subject": _text("subject"), **headers}}
    return {"email_configs": [{**mail, "text": _text("text"), "html": _text("html"), "send_resolved": True}]}


def _channels(s: AlertingSettings, severity: Severity) -> dict[str, Any]:
    """What a receiver of this severity has beside mail."""
    made: dict[str, Any] = {}
    if s.webhook and severity in s.webhook.severities:
        payload = {"payload": {"text": _whole("text")}} if s.webhook.form == "text" else {}
        made["webhook_configs"] = [{"url_file": secret_file(secrets.WEBHOOK), **payload, "send_resolved": True}]
    if s.slack and severity in s.slack.severities:
        slack = {"title": _text("subject"), "fallback": _text("subject"), "text": _text("slack")}
        where = {"api_url_file": secret_file(secrets.SLACK), "channel": s.slack.channel}
        made["slack_configs"] = [{**where, **slack, "color": _text("color"), "send_resolved": True}]
    if s.pagerduty and severity in s.pagerduty.severities:
        where = {"routing_key_file": secret_file(secrets.PAGERDUTY), "url": s.pagerduty.url}
        incident = {"description": _text("subject"), "severity": severity, "details": {"text": _whole("text")}}
        made["pagerduty_configs"] = [{**where, **incident, "send_resolved": True}]
    if s.opsgenie and severity in s.opsgenie.severities:
        where = {"api_key_file": secret_file(secrets.OPSGENIE), "api_url": s.opsgenie.url}
        alert = {"message": _text("title"), "description": _text("text")}
        priority = {"critical": "P1", "warning": "P3"}[severity]
        made["opsgenie_configs"] = [{**where, **alert, "priority": priority, "send_resolved": True}]
    return made
