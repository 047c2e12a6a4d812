"""The way of an alert: to the receiver that its labels ask for, with a subject that tells whether it is over."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from components.settings import parse
from tests.components.platform_settings import changed, platform
from tests.needs import need

LOCAL_MAIL = {"to": ["a@example.com"], "sender": "b@example.com", "smarthost": "mail:25"}


def config(path: str = "environment", value: object = "prod") -> dict[str, Any]:
    return alerts.config(parse(changed(platform("prod"), path, value)).alerting)


def matches(matcher: str, labels: dict[str, str]) -> bool:
    name, operator, value = re.fullmatch(r'(\w+)(=~|!=|=)"(.*)"', matcher).groups()  # type: ignore[union-attr]
    actual = labels.get(name, "")
    return {"=": actual == value, "!=": actual != value, "=~": bool(re.fullmatch(value, actual))}[operator]


def receiver(tree: dict[str, Any], labels: dict[str, str]) -> str:
    """The receiver of the first route that takes these labels."""
    routes = (route for route in tree["routes"] if all(matches(matcher, labels) for matcher in route["matchers"]))
    return str(next(routes, tree)["receiver"])


ROUTES = [
    ({"alertname": "Watchdog", "severity": "none"}, "heartbeat"),
    ({"alertname": "HighErrorRate", "severity": "critical", "component": "app"}, "team-email-critical"),
    ({"alertname": "HighCPUUsage", "severity": "warning", "component": "app"}, "team-email"),
    ({"alertname": "RevenueStalled", "severity": "warning", "component": "business"}, "business-email"),
    ({"alertname": "SalesDown", "severity": "critical", "component": "business"}, "team-email-critical"),
    ({"alertname": "InfoInhibitor", "severity": "none"}, "null"),
    ({"alertname": "Fyi", "severity": "info"}, "null"),
    ({"alertname": "SomebodyElses"}, "team-email"),
]


@pytest.mark.parametrize(("labels", "expected"), ROUTES)
def test_an_alert_goes_where_its_labels_ask(labels: dict[str, str], expected: str) -> None:
    assert receiver(config()["route"], labels) == expected


def test_without_the_critical_route_a_critical_alert_would_go_astray() -> None:
    tree = config()["route"]
    tree["routes"] = [route for route in tree["routes"] if route["receiver"] != "team-email-critical"]
    assert receiver(tree, {"severity": "critical", "component": "app"}) != "team-email-critical"


def test_every_receiver_that_a_route_names_exists_and_null_too() -> None:
    made = {entry["name"] for entry in config()["receivers"]}
    named = {config()["route"]["receiver"], *(route["receiver"] for route in config()["route"]["routes"])}
    assert named | {"null"} == made


def test_secrets_are_files_and_only_where_settings_need_them() -> None:
    smtp = config()["global"]
    assert smtp["smtp_auth_password_file"] == "/etc/alertmanager/secrets/alertmanager-smtp/password"
    assert "smtp_auth_password" not in smtp
    assert "smtp_auth_password_file" not in config("alerting.email", LOCAL_MAIL)["global"]


def test_mail_is_encrypted_in_the_way_of_its_port() -> None:
    base = {"to": ["a@example.com"], "sender": "b@example.com"}
    upgraded = config("alerting.email", {**base, "smarthost": "mail:587"})["global"]
    from_the_start = config("alerting.email", {**base, "smarthost": "mail:465"})["global"]
    assert upgraded["smtp_require_tls"] is True
    assert from_the_start["smtp_force_implicit_tls"] is True


def test_subjects_tell_firing_from_resolved_and_name_the_service() -> None:
    receivers = {entry["name"]: entry for entry in config()["receivers"]}
    for name in ("team-email", "team-email-critical", "business-email"):
        mail = receivers[name]["email_configs"][0]
        assert "{{ .Status | toUpper }}" in mail["headers"]["Subject"]
        assert ".CommonLabels.service" in mail["headers"]["Subject"]
        assert mail["send_resolved"] is True
    assert receivers["team-email-critical"]["email_configs"][0]["headers"]["X-Priority"] == "1"


def test_quiet_hours_span_the_night_in_the_zone_of_the_settings() -> None:
    interval = config("alerting.quietHours", {"start": "22:00", "end": "05:00", "timeZone": "UTC"})["time_intervals"][0]
    night = interval["time_intervals"][1]
    assert night["location"] == "UTC"
    assert [(part["start_time"], part["end_time"]) for part in night["times"]] == [
        ("00:00", "05:00"),
        ("22:00", "24:00"),
    ]


@pytest.mark.parametrize(("labels", "expected"), ROUTES)
def test_the_real_amtool_routes_likewise(tmp_path: Path, labels: dict[str, str], expected: str) -> None:
    file = tmp_path / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(config()))
    pairs = [f"{name}={value}" for name, value in labels.items()]
    command = [str(need("amtool")["amtool"]), "config", "routes", "test", f"--config.file={file}", *pairs]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


@pytest.mark.parametrize(
    ("path", "value"), [("environment", "prod"), ("alerting.heartbeat", False), ("alerting.email", LOCAL_MAIL)]
)
def test_the_real_amtool_takes_the_configuration(tmp_path: Path, path: str, value: object) -> None:
    settings = changed(changed(platform("prod"), "tier", "development"), path, value)
    file = tmp_path / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(alerts.config(parse(settings).alerting)))
    check = [str(need("amtool")["amtool"]), "check-config", str(file)]
    assert subprocess.run(check, capture_output=True, text=True, check=False).returncode == 0
    file.write_text(file.read_text().replace("receiver: team-email\n", "receiver: nobody\n", 1))
    assert subprocess.run(check, capture_output=True, text=True, check=False).returncode != 0
