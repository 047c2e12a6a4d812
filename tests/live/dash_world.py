"""All that dashboards look at, alive: the demo in every scenario, exporters, rules, alerts, and a week before."""

import json
import math
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alerts
from components.settings import Settings, parse
from tests.components.platform_settings import platform
from tests.live import replay, servers
from tests.loopback import HOST, free_port
from tests.waiting import wait

SCRAPE = "1s"
SCENARIOS = (
    "normal",
    "errors",
    "slow-database",
    "failing-payments",
    "memory-leak",
    "cache-down",
    "database-down",
    "burst",
    "silence",
    "normal",
)
SECONDS = 4.0
"""How long each scenario lasts."""
FASTER = 20
"""Short windows of rules are so many times shorter here, or they would still be almost empty at the end."""
HOUR, WEEK = 3600, 7 * 86400
A_WEEK_AGO = (WEEK + HOUR, WEEK - HOUR)
"""From and to so many seconds ago: as much of the past as queries need, which takes a second."""
TWO_WEEKS = (2 * WEEK + HOUR, 3 * HOUR)
"""As much as pictures need, which takes a quarter of a minute."""
STEP = 240
"""Seconds between samples of the past: closer together than Prometheus looks back for one."""
APPLICATION = {
    "namespace": "neuroerp",
    "service": "neuroerp-api",
    "pod": "neuroerp-api-0",
    "container": "neuroerp-api",
    "instance": "10.0.2.1:8080",
}
PAST = {
    'business_revenue_total{%s,currency="EUR",product="hardware"}': 7200.0,
    'business_revenue_total{%s,currency="EUR",product="services"}': 3200.0,
    'business_revenue_total{%s,currency="CHF",product="hardware"}': 1600.0,
    'business_refunds_total{%s,currency="EUR",product="hardware"}': 240.0,
    'business_transactions_total{%s,type="order",status="success"}': 0.2,
    'business_transactions_total{%s,type="payment",status="success"}': 0.15,
    'business_transactions_total{%s,type="payment",status="failed"}': 0.005,
}
"""What the application counted before, at its mean rate per second."""
OF_PAYMENTS = 'namespace="neuroerp",service="neuroerp-api",type="payment"'
PAST_GAUGES = {
    'active_users_total{namespace="neuroerp"}': 30.0,
    f"namespace_type:business_transactions:failed_ratio_rate15m{{{OF_PAYMENTS}}}": 0.03,
}
"""What rules recorded before, at noon."""


@dataclass(frozen=True)
class World:
    """A Prometheus that saw all scenarios, and when the first began and the last ended, as Unix times."""

    prometheus: servers.Prometheus
    start: float
    end: float


@contextmanager
def world(tools: Mapping[str, Path], folder: Path, past: tuple[int, int] = A_WEEK_AGO) -> Iterator[World]:
    """Start everything, let every scenario happen; takes about a minute."""
    settings = parse(platform("prod"))
    _past(tools["promtool"], folder, *past)
    (folder / "rules.json").write_text(json.dumps({"groups": list(rule_groups(settings))}))
    (folder / "blackbox.yml").write_text(json.dumps({"modules": alerts.probes(settings.application)["modules"]}))
    port = free_port()
    listen = f"--web.listen-address={HOST}:{port}"
    command: list[str | Path] = [tools["blackbox_exporter"], "--config.file=blackbox.yml", listen]
    with (
        servers.demo(folder) as demo,
        servers.running(servers.Server, "blackbox", port, command, folder, ready="/-/healthy") as blackbox,
        servers.alertmanager(tools["alertmanager"], folder, _routes(blackbox)) as alertmanager,
        replay.exporters(replay.load()) as played,
    ):
        jobs = [*scrapes(demo, blackbox, alertmanager), *played]
        config = {
            "global": {"scrape_interval": SCRAPE, "evaluation_interval": SCRAPE, "scrape_timeout": SCRAPE},
            "rule_files": ["rules.json"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.address]}]}]},
            "scrape_configs": jobs,
        }
        options = ("--enable-feature=exemplar-storage", "--storage.tsdb.retention.time=35d")
        with servers.prometheus(tools["prometheus"], folder, config, *options) as prometheus:
            targets = sum(len(job["static_configs"]) for job in jobs) + 1
            wait("all targets", lambda: len(prometheus.query("up")) == targets, 60)
            start = time.time()
            for scenario in SCENARIOS:
                demo.post(f"/demo/scenario/{scenario}")
                time.sleep(SECONDS)
            yield World(prometheus, start, time.time())


def rule_groups(settings: Settings) -> Iterator[dict[str, Any]]:
    """The deployed rules of all jobs, evaluated at each scrape and over shorter windows; alerts fire at once."""
    jobs = {*alerts.jobs(settings), *alerts.NEEDED_JOB.values()}
    for content in alerts.rules(settings.alerting, jobs).values():
        for group in content["groups"]:
            yield {"name": group["name"], "interval": SCRAPE, "rules": [_hurried(rule) for rule in group["rules"]]}


def _hurried(rule: Mapping[str, Any]) -> dict[str, Any]:
    def shorter(match: re.Match[str]) -> str:
        return f"[{int(match[1]) * 60 // FASTER}s]"

    return {key: part for key, part in rule.items() if key != "for"} | {
        "expr": re.sub(r"\[(\d+)m\]", shorter, rule["expr"])
    }


def scrapes(demo: servers.Server, blackbox: servers.Server, alertmanager: servers.Server) -> list[dict[str, Any]]:
    """The jobs of what really runs here, and one whose target is down."""
    probe = {**APPLICATION, "instance": f"{demo.url}/health", "__param_target": f"{demo.url}/health"}
    del probe["pod"], probe["container"]
    return [
        _scrape(alerts.JOB, demo.address, APPLICATION),
        _scrape("alertmanager-alertmanager", alertmanager.address, {"namespace": "observability"}),
        _scrape("grafana", f"{HOST}:{free_port()}", {"namespace": "observability", "pod": "grafana-0"}),
        {
            **_scrape(alerts.HEALTH_JOB, blackbox.address, probe),
            "metrics_path": "/probe",
            "params": {"module": ["http_health"]},
        },
    ]


def _scrape(job: str, address: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"job_name": job, "static_configs": [{"targets": [address], "labels": dict(labels)}]}


def _routes(server: servers.Server) -> dict[str, Any]:
    """Each alert is a message to two ways: a server that takes a POST at one path, and refuses it at another."""
    route = {"receiver": "team", "group_by": ["..."], "group_wait": "1s", "group_interval": "2s"}
    ways = [{"url": f"{server.url}/{path}"} for path in ("-/reload", "probe")]
    return {"route": route, "receivers": [{"name": "team", "webhook_configs": ways}]}


def _past(promtool: Path, folder: Path, since: int, until: int) -> None:
    """Blocks with what long ranges look back at; the last hours belong to the demo."""
    labels = ",".join(f'{name}="{value}"' for name, value in {"job": alerts.JOB, **APPLICATION}.items())
    now = int(time.time())
    times = range(now - since, now - until, STEP)
    lines = []
    for series, rate in PAST.items():
        total = 0.0
        for moment in times:
            total += rate * STEP * _busy(moment)
            lines.append(f"{series % labels} {total:.2f} {moment}")
    lines += [f"{name} {most * _busy(moment):.3f} {moment}" for name, most in PAST_GAUGES.items() for moment in times]
    (folder / "past.txt").write_text("\n".join([*lines, "# EOF\n"]))
    command: list[str | Path] = [promtool, "tsdb", "create-blocks-from", "openmetrics", "-q", "past.txt", "data"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _busy(moment: int) -> float:
    """Much at noon, little at night, half at the weekend."""
    day, second = divmod(moment, 86400)
    weekend = (day + 3) % 7 >= 5  # the first day of Unix was a Thursday
    return (0.55 - 0.45 * math.cos(2 * math.pi * second / 86400)) * (0.5 if weekend else 1)
