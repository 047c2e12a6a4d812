"""The upper half of the system overview: is everything up, do the checks pass, are users served."""

from . import erp
from .links import Links
from .panels import Panel, panel, thresholds

CHECK = "service, check"
CHECK_TIMES = ("health_check_duration_seconds_bucket", erp.APP, f"{CHECK}, le")
LEGEND = "{{service}}/{{check}}"


def now(links: Links) -> list[Panel]:
    """Targets, alerts, probes and checks at a glance."""
    return [
        panel(
            "stat",
            "Targets up",
            "Share of the application's pods that Prometheus can scrape: below 100 % at least one pod is down.",
            "percentunit",
            (f"sum(up{{{erp.APP}}}) / count(up{{{erp.APP}}})", "up"),
            thresholds=erp.UP,
        ),
        panel(
            "stat",
            "Firing alerts",
            "Critical and warning alerts of the whole platform that fire now: five at once usually share one cause.",
            "short",
            ('sum(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)', "firing"),
            thresholds=erp.above(1, 5),
            links=links.alerts("Alerts in Alertmanager"),
        ),
        panel(
            "stat",
            "External probe",
            "On while every health URL answers the probe from outside: off means that users cannot get in.",
            "bool_on_off",
            ('min(probe_success{job="neuroerp-health"})', "probe"),
            thresholds=erp.UP,
        ),
        panel(
            "state-timeline",
            "Health checks",
            "One line per dependency check of a service: red while at least one pod reports it as failing.",
            "bool_on_off",
            (
                'min by (service, check) (health_check_status{namespace=~"$namespace"})',
                "{{service}}/{{check}}",
            ),
            thresholds=erp.UP,
        ),
    ]


def checks() -> list[Panel]:
    """How often the checks of dependencies fail, and how long they take."""
    buckets = erp.rate(*CHECK_TIMES)
    return [
        panel(
            "timeseries",
            "Failed health checks",
            "Failures of each dependency check: a few are restarts of what it asks, more are an outage of it.",
            "short",
            (erp.increase("health_check_failures_total", erp.APP, CHECK, "$__rate_interval"), LEGEND),
        ),
        panel(
            "timeseries",
            "Time of health checks (p95)",
            "95 % of the runs of a check took less than this: a check that gets slow will time out next.",
            "s",
            (f"histogram_quantile(0.95, {buckets})", LEGEND),
        ),
    ]


def ages() -> Panel:
    """What is slow or late without being down."""
    last = f"min by ({CHECK}) (health_check_last_run_timestamp_seconds{{{erp.APP}}})"
    return panel(
        "timeseries",
        "Probe time / age of checks",
        "Time that a probe from outside takes, and time since a check last ran: above 120 s nobody knows its state.",
        "s",
        ('avg by (instance) (probe_duration_seconds{job="neuroerp-health"})', "probe {{instance}}"),
        (f"time() - {last}", f"check {LEGEND}"),
        thresholds=erp.above(2, 120),
    )


def services() -> list[Panel]:
    """What users get."""
    selected = "{" + erp.NAMESPACE + "}"
    return [
        panel(
            "timeseries",
            "Requests of users",
            "Requests per second that each service answers, without probes and scrapes, over 5 minutes.",
            "reqps",
            (f"namespace_service:http_requests:rate5m{selected}", "{{service}}"),
        ),
        panel(
            "timeseries",
            "Response time (p95)",
            "95 % of a service's requests were answered within this time, over 5 minutes: it belongs below 500 ms.",
            "s",
            (f"namespace_service:http_request_duration_seconds:p95_5m{selected}", "{{service}}"),
            thresholds=thresholds("green", (0.5, "red")),
        ),
    ]
