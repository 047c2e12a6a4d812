"""The monitoring of the monitoring: alerts of the platform, and what Prometheus and Alertmanager say of themselves."""

from . import erp
from .panels import Panel, panel


def alerts() -> Panel:
    """Every alert of the platform, also those that no other panel shows."""
    text = "Alerts of the platform while they fire, Watchdog always: the first of several is nearest to their cause."
    of = "cache|elasticsearch|logging|monitoring|tracing"
    firing = f'count by (alertname) (ALERTS{{alertstate="firing",component=~"{of}"}})'
    return panel("timeseries", "Firing alerts", text, "short", (firing, "{{alertname}}"))


def losses() -> Panel:
    """What the telemetry of services lost before it was sent."""
    lines, values = (
        (erp.increase(f"telemetry_{what}_total", erp.JOB, "service", "1h"), f"{shown} {{{{service}}}}")
        for what, shown in (("log_lines_dropped", "lines"), ("label_overflow", "labels"))
    )
    text = "Log lines that services lost and label values that they folded into `other`, in the hour before."
    return panel("timeseries", "Lost telemetry", text, "short", lines, values)


def monitoring() -> list[Panel]:
    """Rules, configurations and losses of Prometheus and Alertmanager."""
    failed, late, over, compactions, wal = (
        erp.increase(f"prometheus_{what}_total", "", "", "$__rate_interval")
        for what in (
            "rule_evaluation_failures",
            "rule_group_iterations_missed",
            "target_scrapes_exceeded_sample_limit",
            "tsdb_compactions_failed",
            "tsdb_wal_corruptions",
        )
    )
    return [
        panel(
            "timeseries",
            "Rules failed / late",
            "Evaluations of rules that failed or were left out: alerts of such a group are blind or late.",
            "short",
            (failed, "failed"),
            (late, "left out"),
        ),
        panel(
            "state-timeline",
            "Configurations taken",
            "On while the newest configuration is in use, and Prometheus finds an Alertmanager to send to.",
            "bool_on_off",
            ("min(prometheus_config_last_reload_successful)", "Prometheus"),
            ("min(alertmanager_config_last_reload_successful)", "Alertmanager"),
            ("min(prometheus_notifications_alertmanagers_discovered) > bool 0", "found"),
            thresholds=erp.UP,
        ),
        panel(
            "timeseries",
            "Losses of Prometheus",
            "Alerts that did not reach Alertmanager, scrapes above their limit, and faults of the storage.",
            "short",
            (erp.rate("prometheus_notifications_dropped_total", ""), "alerts per s"),
            (over, "scrapes"),
            (compactions, "compactions"),
            (wal, "write-ahead log"),
        ),
    ]
