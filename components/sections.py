"""Sections of the settings that belong to no single component."""

from collections.abc import Iterable
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field

from .model import Copies, Days, Email, Flag, Model, Name, Url, seconds


class ChartsSettings(Model):
    """Where charts come from."""

    mirror: str | None = None
    """Directory of charts, or URL of an HTTP(S) repository or OCI registry; without it, the public repositories."""


class ApplicationSettings(Model):
    """The application that is watched."""

    namespace: Name
    """Namespace of its pods."""
    part_of: str
    """Value of the label `app.kubernetes.io/part-of` on its pods and Services."""
    service: Name
    """Service whose health is probed."""
    metrics_port: str = "http"
    """Name of the Service's port that serves /metrics."""
    health_urls: list[Url] = Field(default_factory=list)
    """Health endpoints to probe, in the cluster and from outside."""


class QuietHours(Model):
    """When business alerts wait for the morning."""

    start: str = Field(default="20:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """When nights begin, as hh:mm."""
    end: str = Field(default="06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """When nights end, as hh:mm."""
    time_zone: str = "Europe/Berlin"
    """Time zone of these times, as in the tz database."""

    def problems(self) -> Iterable[str]:
        """Alertmanager refuses a whole configuration for one unknown time zone."""
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            near = get_close_matches(self.time_zone, available_timezones(), 1) or ["Europe/Berlin"]
            yield f"timeZone: {self.time_zone} is not in the tz database; write one of it, like {near[0]}"
        if self.start <= self.end:
            yield f"start: nights from {self.start} to {self.end} do not span midnight; write a start after the end"


class EmailSettings(Model):
    """How alerts are mailed."""

    to: list[Email] = Field(min_length=1)
    """Who gets them."""
    sender: Email
    """Who they are from."""
    smarthost: str = Field(pattern=r"^[^\s:]+:\d+$")
    """Mail server, as host:port."""
    user: str | None = None
    """User at the mail server; its password is the secret `smtpPassword`."""


class AlertingSettings(Model):
    """Who hears of alerts, and when."""

    email: EmailSettings
    """Mail, the default receiver."""
    heartbeat: Flag = False
    """Whether a dead-man's switch is called all the time; its URL is the secret `heartbeatUrl`."""
    quiet_hours: QuietHours = QuietHours()
    """When business alerts wait."""
    runbook_url: Url
    """Where runbooks are: alerts link to a page below it."""


class LogsSettings(Model):
    """How long logs are kept."""

    retention_days: Days = 3
    """Days after which logs are deleted."""
    index_replicas: Copies = 0
    """Copies of each index; fewer than Elasticsearch has nodes."""
    rollover_age: str = Field(default="1d", pattern=r"^[1-9]\d*[hd]$")
    """Age at which a new index begins, in hours or days."""
    rollover_size: str = Field(default="2Gi", pattern=r"^[1-9]\d*[MGT]i$")
    """Size of an index's primary shard at which a new one begins, in Mi, Gi or Ti."""

    def problems(self) -> Iterable[str]:
        """Only indices that rolled over are deleted."""
        if seconds(self.rollover_age) > 86400 * self.retention_days:
            days = self.retention_days
            yield f"rolloverAge: {self.rollover_age} is over retentionDays ({days}); write at most {days}d"
