"""Alertmanager's configuration: who hears of which alert, how often, and what silences what."""

from pathlib import Path
from typing import Any

from components import secrets
from components.alerting import GROUP_INTERVAL, AlertingSettings, EmailSettings, QuietHours
from components.alertmanager import secret_file

from .inhibitions import inhibitions
from .receivers import receivers

TEMPLATES = Path(__file__).parent / "templates"
QUIET = "quiet-hours"


def templates() -> dict[str, str]:
    """The message templates by file name."""
    return {path.name: path.read_text() for path in sorted(TEMPLATES.glob("*.tmpl"))}


def config(s: AlertingSettings) -> dict[str, Any]:
    """The configuration for these settings; secrets in it are names of mounted files."""
    return {
        "global": {"resolve_timeout": "5m", **_smtp(s.email)},
        "route": _route(s),
        "time_intervals": [_quiet(s.quiet_hours)],
        "inhibit_rules": inhibitions(),
        "receivers": list(receivers(s)),
        "templates": ["/etc/alertmanager/config/*.tmpl"],
    }


def _smtp(email: EmailSettings) -> dict[str, Any]:
    password = secret_file(secrets.SMTP)
    login = {"smtp_auth_username": email.user, "smtp_auth_password_file": password} if email.user else {}
    # Port 465 speaks TLS from the first byte, every other one begins in the clear and must upgrade.
    implicit = email.smarthost.endswith(":465")
    tls = {"smtp_force_implicit_tls": True} if implicit else {"smtp_require_tls": email.tls}
    return {"smtp_smarthost": email.smarthost, "smtp_from": email.sender, **login, **tls}


def _route(s: AlertingSettings) -> dict[str, Any]:
    """The first child that matches takes an alert; the root's receiver is for what no child expects."""

    def waits(*muted: str) -> dict[str, Any]:
        return {"mute_time_intervals": [QUIET]} if s.quiet_hours.mutes in muted else {}

    return {
        "receiver": "team-email",
        "group_by": ["alertname", "namespace", "service"],
        "group_wait": "30s",
        "group_interval": GROUP_INTERVAL,
        "repeat_interval": s.repeat.other,
        "routes": [
            {
                "matchers": ['alertname="Watchdog"'],
                "receiver": "heartbeat" if s.heartbeat else "null",
                "group_by": ["alertname"],
                "group_wait": "0s",
                "group_interval": "1m",
                "repeat_interval": "1m",
            },
            {"matchers": ['severity=~"none|info"'], "receiver": "null"},
            {
                "matchers": ['severity="critical"'],
                "receiver": "team-email-critical",
                "group_wait": "10s",
                "repeat_interval": s.repeat.critical,
            },
            # Only warnings wait for the morning: a severity that nobody knows may be a misspelt critical.
            {
                "matchers": ['component="business"', 'severity="warning"'],
                "receiver": "business-email",
                "group_by": ["alertname", "namespace", "service", "type", "currency"],
                "repeat_interval": s.repeat.warning,
                **waits("business", "warnings"),
            },
            {
                "matchers": ['severity="warning"'],
                "receiver": "team-email",
                "repeat_interval": s.repeat.warning,
                **waits("warnings"),
            },
        ],
    }


def _quiet(hours: QuietHours) -> dict[str, Any]:
    over_night = hours.start > hours.end
    parts = [("00:00", hours.end), (hours.start, "24:00")] if over_night else [(hours.start, hours.end)]
    times = [{"start_time": start, "end_time": end} for start, end in parts if start != end]
    whole_days = [{"weekdays": list(hours.days), "location": hours.time_zone}] if hours.days else []
    return {"name": QUIET, "time_intervals": [*whole_days, {"times": times, "location": hours.time_zone}]}
