"""What a real Alertmanager tells at the end of a critical alert that silenced its warning."""

from pathlib import Path

import pytest

import alerts
from tests.alerts import examples
from tests.alerts.alertmanager import running
from tests.alerts.examples import Place, settings
from tests.alerts.rule_files import Rule, alerts_by_name
from tests.alerts.sinks import LOCAL, open_sinks
from tests.cluster.scaled import scaled, seconds
from tests.waiting import wait

CRITICAL, WARNING = "TransactionFailureRatioCritical", "TransactionFailureRatioHigh"
LAST = "HighCPUUsage"
"""An alert whose message comes after all others of its time."""


@pytest.mark.parametrize(
    ("order", "messages"),
    [
        # The warning ends first, as the rules have it: nobody hears of it.
        ((WARNING, CRITICAL), [f"FIRING CRITICAL] {CRITICAL}", f"RESOLVED CRITICAL] {CRITICAL}"]),
        # Otherwise the message that all is well is followed by one that it is not.
        (
            (CRITICAL, WARNING),
            [f"FIRING CRITICAL] {CRITICAL}", f"FIRING WARNING] {WARNING}", f"RESOLVED CRITICAL] {CRITICAL}"],
        ),
    ],
    ids=["warning first", "critical first"],
)
def test_a_warning_that_outlasts_its_critical_alert_is_told_anew(
    tmp_path: Path, order: tuple[str, str], messages: list[str]
) -> None:
    with open_sinks(tmp_path) as received:
        web = f"http://{LOCAL}:{received.http_port}/webhook"
        webhook = {"form": "text", "severities": ["critical", "warning"]}
        config = scaled(alerts.config(settings(webhook=webhook, quietHours={"mutes": "nothing"})))
        config["route"]["group_interval"] = "1s"
        for receiver in config["receivers"]:
            receiver.pop("email_configs", None)

        def said(text: str) -> bool:
            return any(text in call["text"] for call in received.called("/webhook"))

        with running(tmp_path, config, {"alertmanager-webhook/url": web, "alertmanager-heartbeat/url": web}) as server:
            server.fire([examples.labels(CRITICAL), examples.labels(WARNING)])
            wait("the critical alert", lambda: said(f"FIRING CRITICAL] {CRITICAL}"))
            first, second = order
            server.fire([examples.labels(first)], seconds=0)
            if first == CRITICAL:
                wait("the warning", lambda: said(f"FIRING WARNING] {WARNING}"))
            server.fire([examples.labels(second)], seconds=0)
            wait("the end", lambda: said(f"RESOLVED CRITICAL] {CRITICAL}"))
            # Groups wait alike: when this one is told, nothing of before is on its way.
            server.fire([examples.labels(LAST, Place("neuroerp", "last"))])
            wait("the last message", lambda: said(f"FIRING WARNING] {LAST} neuroerp/last"))
        found = {call["text"].strip().splitlines()[0] for call in received.called("/webhook")}
    told = sorted(line.removeprefix("[").rpartition(" ")[0] for line in found if LAST not in line)
    assert [line for line in told if not line.startswith("RESOLVED WARNING")] == messages


def outlasts(critical: Rule, window: str) -> bool:
    """Whether what is in the window when the critical condition ends is out of it before the alert ends."""
    return seconds(critical.get("keep_firing_for", "0s")) >= seconds(window)


def test_the_critical_alert_lasts_as_long_as_what_the_warning_remembers() -> None:
    rule = alerts_by_name()[CRITICAL]
    assert "failed_ratio_rate15m" in alerts_by_name()[WARNING]["expr"]
    assert outlasts(rule, "15m")
    assert not outlasts({**rule, "keep_firing_for": "5m"}, "15m")
