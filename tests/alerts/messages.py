"""What Alertmanager gives to templates: groups of alerts as its notifiers build them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.alerts import examples

Alert = dict[str, Any]
URL = "https://alertmanager.example.com"
STARTED = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)
NEVER = "0001-01-01T00:00:00Z"


def alert(labels: Mapping[str, str], annotations: Mapping[str, str], *, resolved: bool = False) -> Alert:
    """One alert of a group; a resolved one was over after 95 minutes."""
    return {
        "status": "resolved" if resolved else "firing",
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": STARTED.isoformat(),
        "endsAt": (STARTED + timedelta(minutes=95)).isoformat() if resolved else NEVER,
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=up%3D%3D0&g0.tab=1",
        "fingerprint": "0123456789abcdef",
    }


def of_rule(name: str, *, resolved: bool = False, **labels: str) -> Alert:
    """An alert of our rules, with more labels or others."""
    return alert({**examples.labels(name), **labels}, examples.annotations(name), resolved=resolved)


def group(alerts: Sequence[Alert]) -> dict[str, Any]:
    """A group of alerts, with what is common to all."""
    return {
        "receiver": "team-email",
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": alerts[0]["labels"].get("alertname", "")},
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": URL,
    }


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for name, value in maps[0].items() if all(other.get(name) == value for other in maps)}
