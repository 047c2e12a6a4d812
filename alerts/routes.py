"""Alertmanager's configuration: who hears of which alert, how often, and what silences what."""

from typing import Any

from components.alertmanager import HEARTBEAT_URL_FILE, SMTP_PASSWORD_FILE
from components.sections import AlertingSettings, EmailSettings, QuietHours

# Subjects of FIRING and RESOLVED differ, and an alert without a namespace names what it has instead.
SUBJECT = (
    "[{{ .Status | toUpper }}%s] {{ .CommonLabels.alertname }}"
    "{{ with .CommonLabels.namespace }} {{ . }}{{ end }}{{ with .CommonLabels.service }}/{{ . }}{{ end }}"
)
QUIET = "nights-and-weekends"


def config(s: AlertingSettings) -> dict[str, Any]:
    """The configuration for these settings; secrets in it are names of mounted files."""
    return {
        "global": {"resolve_timeout": "5m", **_smtp(s.email)},
        "route": _route(),
        "time_intervals": [_quiet(s.quiet_hours)],
        "inhibit_rules": _inhibitions(),
        "receivers": _receivers(s),
        "templates": ["/etc/alertmanager/config/*.tmpl"],
    }


def _smtp(email: EmailSettings) -> dict[str, Any]:
    login = {"smtp_auth_username": email.user, "smtp_auth_password_file": SMTP_PASSWORD_FILE} if email.user else {}
    # Port 465 speaks TLS from the first byte, every other one begins in the clear and must upgrade.
    implicit = email.smarthost.endswith(":465")
    tls = {"smtp_force_implicit_tls": True} if implicit else {"smtp_require_tls": True}
    return {"smtp_smarthost": email.smarthost, "smtp_from": email.sender, **login, **tls}


def _route() -> dict[str, Any]:
    """The first child that matches takes an alert; the root's receiver is for what no child expects."""
    return {
        "receiver": "team-email",
        "group_by": ["alertname", "namespace", "service"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [
            {
                "matchers": ['alertname="Watchdog"'],
                "receiver": "heartbeat",
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
                "repeat_interval": "1h",
            },
            {
                "matchers": ['component="business"'],
                "receiver": "business-email",
                "group_by": ["alertname", "namespace", "type", "currency"],
                "repeat_interval": "12h",
                "mute_time_intervals": [QUIET],
            },
            {"matchers": ['severity="warning"'], "receiver": "team-email", "repeat_interval": "12h"},
        ],
    }


def _quiet(hours: QuietHours) -> dict[str, Any]:
    night = [{"start_time": "00:00", "end_time": hours.end}, {"start_time": hours.start, "end_time": "24:00"}]
    weekend = {"weekdays": ["saturday", "sunday"], "location": hours.time_zone}
    return {"name": QUIET, "time_intervals": [weekend, {"times": night, "location": hours.time_zone}]}


def _inhibitions() -> list[dict[str, Any]]:
    """What an alert makes superfluous: its consequences, and the smaller version of itself."""
    return [
        {
            "source_matchers": ['outage="app"'],
            "target_matchers": ['component=~"app|business"', 'outage=""'],
            "equal": ["namespace"],
        },
        {
            "source_matchers": ['severity="critical"', 'slo=~".+"'],
            "target_matchers": ['severity="warning"', 'slo=~".+"'],
            "equal": ["namespace", "service", "slo"],
        },
    ]


def _receivers(s: AlertingSettings) -> list[dict[str, Any]]:
    to = ", ".join(s.email.to)

    def mail(name: str, mark: str = "", **headers: str) -> dict[str, Any]:
        subject = {"Subject": SUBJECT % mark, **headers}
        return {"name": name, "email_configs": [{"to": to, "send_resolved": True, "headers": subject}]}

    heartbeat = {"webhook_configs": [{"url_file": HEARTBEAT_URL_FILE, "send_resolved": False}]} if s.heartbeat else {}
    critical = mail("team-email-critical", " CRITICAL", **{"X-Priority": "1"})
    return [{"name": "null"}, mail("team-email"), critical, mail("business-email"), {"name": "heartbeat", **heartbeat}]
