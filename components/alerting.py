"""The section `alerting` of the settings: who hears of alerts, by which way, how often, and when not."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field

from .model import Email, Flag, Model, Url, seconds
from .thresholds import IgnoredSettings, ThresholdsSettings

Severity = Literal["critical", "warning"]
Severities = Annotated[list[Severity], Field(min_length=1)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
GROUP_INTERVAL = "5m"
"""How long Alertmanager waits before it tells news of a group; a repeat cannot come sooner."""
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_INTERVAL = r"^[1-9]\d*[smhd]$"


class EmailSettings(Model):
    """How alerts are mailed."""

    to: list[Email] = Field(min_length=1)
    """Who gets them."""
    critical_to: list[Email] | None = Field(default=None, min_length=1)
    """Who gets critical ones, like an on-call team; the same as `to` when it is left out."""
    business_to: list[Email] | None = Field(default=None, min_length=1)
    """Who gets warnings about the business; the same as `to` when it is left out."""
    sender: Email
    """Who they are from."""
    smarthost: str = Field(pattern=r"^[^\s:]+:\d+$")
    """Mail server, as host:port."""
    user: str | None = None
    """User at the mail server; its password is the secret `smtpPassword`."""
    tls: Flag = True
    """Whether mail goes only over TLS; false for a mail catcher that knows none."""

    def problems(self) -> Iterable[str]:
        """What Alertmanager would find out only when it has a mail to send."""
        addresses = {"to": self.to, "criticalTo": self.critical_to or [], "businessTo": self.business_to or []}
        for field, found in (*addresses.items(), ("sender", [self.sender])):
            for address in (address for address in found if set(address) & set(',;<>"()')):
                yield f"{field}: {address} is not one plain address; write each as an item, without a name"
        if int(self.smarthost.rpartition(":")[2]) not in range(1, 65536):
            yield f"smarthost: {self.smarthost} has no port from 1 to 65535; write one like mail.example.com:587"
        if self.user and not self.tls:
            yield "tls: a password is never sent in the clear; write true, or remove user"


class WebhookSettings(Model):
    """Calls of a web service of yours; its URL is the secret `webhookUrl`."""

    form: Literal["alertmanager", "text"] = "alertmanager"
    """`alertmanager` sends Alertmanager's own JSON, `text` an object with the message as `text`, as chats take it."""
    severities: Severities = Field(default=["critical", "warning"])
    """Severities that go this way; one that no rule should have counts as warning."""


class SlackSettings(Model):
    """Messages in Slack; the URL of the incoming webhook is the secret `slackUrl`."""

    channel: str = Field(pattern=r"^[#@]\S+$")
    """Channel or person, like `#alerts`."""
    severities: Severities = Field(default=["critical", "warning"])
    """Severities that go this way; one that no rule should have counts as warning."""


class PagerdutySettings(Model):
    """Incidents at PagerDuty; the integration key of the service (Events API v2) is the secret `pagerdutyKey`."""

    severities: Severities = Field(default=["critical"])
    """Severities that become incidents."""
    url: Url = "https://events.pagerduty.com/v2/enqueue"
    """Where events are sent; accounts in the EU have another one."""


class OpsgenieSettings(Model):
    """Alerts at Opsgenie; the API key of the integration is the secret `opsgenieKey`."""

    severities: Severities = Field(default=["critical"])
    """Severities that become alerts there."""
    url: Url = "https://api.opsgenie.com/"
    """API of Opsgenie; accounts in the EU have another one."""


class QuietHours(Model):
    """When alerts that can wait do wait. Critical ones never do, and none is lost: what still fires is told later."""

    mutes: Literal["business", "warnings", "nothing"] = "business"
    """What waits: warnings about the business, all warnings, or nothing."""
    start: str = Field(default="20:00", pattern=_TIME)
    """When quiet hours begin, as hh:mm."""
    end: str = Field(default="06:00", pattern=_TIME)
    """When they end, as hh:mm; a time before the start is one of the next day."""
    days: list[Day] = Field(default=["saturday", "sunday"])
    """Days that are quiet from midnight to midnight."""
    time_zone: str = "Europe/Berlin"
    """Time zone of these times, as in the tz database."""

    def problems(self) -> Iterable[str]:
        """Alertmanager refuses a whole configuration for one unknown time zone."""
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = get_close_matches(self.time_zone, available_timezones(), 1) or ["Europe/Berlin"]
            yield f"timeZone: {self.time_zone} is not in the tz database; write one of it, like {near[0]}"
        if self.start == self.end:
            yield f"end: {self.end} is the start too; write another time, or mutes: nothing for no quiet hours"


class RepeatSettings(Model):
    """After which time an alert that still fires is told again, in seconds, minutes, hours or days."""

    critical: str = Field(default="1h", pattern=_INTERVAL)
    """Critical alerts, like 30m or 1h."""
    warning: str = Field(default="12h", pattern=_INTERVAL)
    """Warnings, like 12h or 1d."""
    other: str = Field(default="4h", pattern=_INTERVAL)
    """Alerts of any other severity, like 4h."""

    def problems(self) -> Iterable[str]:
        """Alertmanager looks at a group only so often."""
        for name, interval in self:
            if seconds(interval) < seconds(GROUP_INTERVAL):
                yield f"{name}: {interval} is shorter than groups are looked at; write {GROUP_INTERVAL} or more"


class AlertingSettings(Model):
    """Who hears of alerts, and when."""

    email: EmailSettings
    """Mail, the default receiver."""
    webhook: WebhookSettings | None = None
    """A web service that is called as well."""
    slack: SlackSettings | None = None
    """Slack, as well."""
    pagerduty: PagerdutySettings | None = None
    """PagerDuty, as well."""
    opsgenie: OpsgenieSettings | None = None
    """Opsgenie, as well."""
    heartbeat: Flag = False
    """Whether a dead-man's switch is called all the time; its URL is the secret `heartbeatUrl`."""
    repeat: RepeatSettings = RepeatSettings()
    """How often an alert is told again."""
    quiet_hours: QuietHours = QuietHours()
    """When alerts wait."""
    runbook_url: Url
    """Where runbooks are: alerts link to a page below it."""
    thresholds: ThresholdsSettings = ThresholdsSettings()
    """From where on alerts fire."""
    ignored: IgnoredSettings = IgnoredSettings()
    """What alerts on nodes leave out."""
