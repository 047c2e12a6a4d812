"""The way of every alert by the real amtool: to a receiver that tells somebody, for all kinds of settings."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from components.alerting import AlertingSettings
from tests.alerts import examples
from tests.alerts.amtool import Amtool
from tests.alerts.examples import CHANNELS, Labels, settings
from tests.components.platform_settings import ROOT

Config = dict[str, Any]
STACKS = ("dev", "prod")
CONFIGURATIONS = dict(examples.configurations())
MAIL = {"to": ["a@example.com"], "sender": "b@example.com", "smarthost": "mail:25"}


def config(stack: str = "prod", **alerting: object) -> Config:
    return alerts.config(settings(stack, **alerting))


def receivers(of: Config) -> dict[str, dict[str, Any]]:
    return {made["name"]: made for made in of["receivers"]}


def tells(receiver: dict[str, Any]) -> list[str]:
    """The ways that a receiver has."""
    return [key.removesuffix("_configs") for key, ways in receiver.items() if key.endswith("_configs") and ways]


def every_alert() -> Iterator[Labels]:
    yield from (examples.labels(name) for name in examples.names())


def strays(folder: Path, of: Config, fired: list[Labels]) -> list[str]:
    """Alerts that no route expects, and those that end where nobody is told."""
    rooted = copy.deepcopy(of)
    rooted["route"]["receiver"] = "root"
    rooted["receivers"].append({"name": "root"})
    tool, known = Amtool(folder, rooted), receivers(rooted)
    complaints = []
    for labels in fired:
        name, ends = labels["alertname"], tool.receiver(labels)
        silent = labels["severity"] in ("none", "info") and (name != "Watchdog" or "heartbeat" not in known)
        if ends == "root":
            complaints.append(f"{name}: no route expects severity {labels['severity']}")
        elif not tells(known[ends]) and not (ends == "null" and silent):
            complaints.append(f"{name}: ends at {ends}, which tells nobody")
    return complaints


@pytest.mark.parametrize("stack", STACKS)
def test_every_alert_has_a_route_to_somebody(tmp_path: Path, stack: str) -> None:
    fired = list(every_alert())
    assert len(fired) > 50
    assert strays(tmp_path, config(stack), fired) == []


def without_route(index: int) -> Callable[[Config], None]:
    return lambda of: of["route"]["routes"].pop(index)


def emptied(name: str) -> Callable[[Config], None]:
    def change(of: Config) -> None:
        of["receivers"] = [{"name": name} if made["name"] == name else made for made in of["receivers"]]

    return change


MUTATIONS = {
    "heartbeat route": (without_route(0), "Watchdog: ends at null, which tells nobody"),
    "critical route": (without_route(2), "HighErrorRate: no route expects severity critical"),
    "warning route": (without_route(4), "HighCPUUsage: no route expects severity warning"),
    "critical receiver": (emptied("team-email-critical"), "HighErrorRate: ends at team-email-critical, which tells"),
    "business receiver": (emptied("business-email"), "RevenueStalled: ends at business-email, which tells nobody"),
    "heartbeat receiver": (emptied("heartbeat"), "Watchdog: ends at heartbeat, which tells nobody"),
}


@pytest.mark.parametrize(("change", "says"), MUTATIONS.values(), ids=MUTATIONS)
def test_an_alert_that_would_be_lost_is_found(tmp_path: Path, change: Callable[[Config], None], says: str) -> None:
    broken = config("prod")
    change(broken)
    probes = [examples.labels(name) for name in ("Watchdog", "HighErrorRate", "HighCPUUsage", "RevenueStalled")]
    found = strays(tmp_path, broken, probes)
    assert [line for line in found if line.startswith(says)], found


def test_a_misspelt_severity_is_found_and_still_reaches_somebody_at_once(tmp_path: Path) -> None:
    for name in ("HighErrorRate", "RevenueStalled"):
        labels = {**examples.labels(name), "severity": "crit"}
        assert strays(tmp_path / name, config(), [labels]) == [f"{name}: no route expects severity crit"]
        # Not the receiver of the business, which waits for the morning.
        assert Amtool(tmp_path / name, config(quietHours={"mutes": "warnings"})).receiver(labels) == "team-email"


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
def test_an_alert_goes_where_its_labels_ask(tmp_path: Path, labels: Labels, expected: str) -> None:
    assert Amtool(tmp_path, config()).receiver(labels) == expected


def test_without_a_dead_mans_switch_its_alert_tells_nobody(tmp_path: Path) -> None:
    made = config(heartbeat=False)
    assert "heartbeat" not in receivers(made)
    assert Amtool(tmp_path, made).receiver(examples.labels("Watchdog")) == "null"


def test_the_example_of_the_readme_is_a_good_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(alerting:.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    made = config(**yaml.safe_load(example)["alerting"])
    assert Amtool(tmp_path, made).complaint() == ""
    assert tells(receivers(made)["team-email-critical"]) == ["email", "slack", "pagerduty"]


@pytest.mark.parametrize("given", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_real_amtool_takes_the_configuration(tmp_path: Path, given: AlertingSettings) -> None:
    assert Amtool(tmp_path, alerts.config(given)).complaint() == ""


BREAKS: dict[str, Callable[[Config], object]] = {
    "an unknown receiver": lambda of: of["route"].update(receiver="nobody"),
    "an unknown interval": lambda of: of["route"]["routes"][3].update(mute_time_intervals=["nights"]),
    "an unknown zone": lambda of: of["time_intervals"][0]["time_intervals"][0].update(location="Europe/Berln"),
    "an end before the start": lambda of: of["time_intervals"][0]["time_intervals"][1].update(
        times=[{"start_time": "20:00", "end_time": "06:00"}]
    ),
    "an unknown day": lambda of: of["time_intervals"][0]["time_intervals"][0].update(weekdays=["sonntag"]),
    "no server": lambda of: of["global"].pop("smtp_smarthost"),
    "no repeat": lambda of: of["route"].update(repeat_interval="0s"),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_the_real_amtool_refuses_what_is_wrong(tmp_path: Path, change: Callable[[Config], object]) -> None:
    broken = config()
    change(broken)
    assert "FAILED" in Amtool(tmp_path, broken).complaint()


def test_secrets_are_files_and_only_where_settings_need_them() -> None:
    made = config(**CHANNELS)
    assert made["global"]["smtp_auth_password_file"] == "/etc/alertmanager/secrets/alertmanager-smtp/password"
    assert "smtp_auth_password_file" not in config(email=MAIL)["global"]
    critical, heartbeat = receivers(made)["team-email-critical"], receivers(made)["heartbeat"]
    assert heartbeat["webhook_configs"][0]["url_file"] == "/etc/alertmanager/secrets/alertmanager-heartbeat/url"
    assert critical["webhook_configs"][0]["url_file"] == "/etc/alertmanager/secrets/alertmanager-webhook/url"
    assert critical["slack_configs"][0]["api_url_file"] == "/etc/alertmanager/secrets/alertmanager-slack/url"
    assert (
        critical["pagerduty_configs"][0]["routing_key_file"] == "/etc/alertmanager/secrets/alertmanager-pagerduty/key"
    )
    assert critical["opsgenie_configs"][0]["api_key_file"] == "/etc/alertmanager/secrets/alertmanager-opsgenie/key"


def test_each_way_gets_the_severities_of_its_settings() -> None:
    made = receivers(config(**{**CHANNELS, "webhook": {"severities": ["warning"]}}))
    assert tells(made["team-email"]) == tells(made["business-email"]) == ["email", "webhook", "slack"]
    assert tells(made["team-email-critical"]) == ["email", "slack", "pagerduty", "opsgenie"]
    assert made["team-email-critical"]["pagerduty_configs"][0]["severity"] == "critical"
    assert all(way["send_resolved"] for key in made["team-email"] if key != "name" for way in made["team-email"][key])


def test_mail_goes_to_those_of_the_settings() -> None:
    made = receivers(config(email={**MAIL, "to": ["a@b.example", "c@d.example"], "criticalTo": ["night@b.example"]}))
    addresses = {name: made[name]["email_configs"][0]["to"] for name in made if made[name].get("email_configs")}
    assert addresses == {
        "team-email": "a@b.example, c@d.example",
        "team-email-critical": "night@b.example",
        "business-email": "a@b.example, c@d.example",
    }
    assert made["team-email-critical"]["email_configs"][0]["headers"]["X-Priority"] == "1"


@pytest.mark.parametrize(
    ("port", "tls", "expected"),
    [
        (587, True, {"smtp_require_tls": True}),
        (465, True, {"smtp_force_implicit_tls": True}),
        (25, False, {"smtp_require_tls": False}),
        (465, False, {"smtp_force_implicit_tls": True}),
    ],
)
def test_mail_is_encrypted_in_the_way_of_its_port(port: int, tls: bool, expected: dict[str, bool]) -> None:
    made = config(email={**MAIL, "smarthost": f"mail:{port}", "tls": tls})["global"]
    assert {key: value for key, value in made.items() if key.endswith("tls")} == expected


def test_alerts_are_told_again_as_often_as_the_settings_say() -> None:
    tree = config(repeat={"critical": "15m", "warning": "1d", "other": "2h"})["route"]
    by_receiver = {(route["receiver"], route.get("repeat_interval")) for route in tree["routes"]}
    assert {("team-email-critical", "15m"), ("team-email", "1d"), ("business-email", "1d")} < by_receiver
    assert tree["repeat_interval"] == "2h"


@pytest.mark.parametrize(
    ("mutes", "quiet"),
    [("business", {"business-email"}), ("warnings", {"business-email", "team-email"}), ("nothing", set())],
)
def test_only_what_can_wait_waits(mutes: str, quiet: set[str]) -> None:
    tree = config(quietHours={"mutes": mutes})["route"]
    muted = [route for route in tree["routes"] if route.get("mute_time_intervals")]
    assert {route["receiver"] for route in muted} == quiet
    assert all('severity="warning"' in route["matchers"] for route in muted)
    assert "mute_time_intervals" not in tree


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        ("22:00", "05:00", [("00:00", "05:00"), ("22:00", "24:00")]),
        ("12:00", "13:30", [("12:00", "13:30")]),
        ("20:00", "00:00", [("20:00", "24:00")]),
    ],
)
def test_quiet_hours_may_span_the_night(start: str, end: str, times: list[tuple[str, str]]) -> None:
    hours = {"start": start, "end": end, "timeZone": "UTC", "days": ["sunday"]}
    days, night = config(quietHours=hours)["time_intervals"][0]["time_intervals"]
    assert days == {"weekdays": ["sunday"], "location": "UTC"}
    assert night["location"] == "UTC"
    assert [(part["start_time"], part["end_time"]) for part in night["times"]] == times
