"""Does the observability platform itself work: the ways of logs, spans, samples and alerts."""

from . import erp, platform_health, platform_traces
from .grafana import Dashboard, Row
from .links import UNREADABLE_VIEW, Links
from .panels import Panel, override, panel

LOGSTASH = 'job="logstash-exporter"'
SEARCH = 'job="elasticsearch-exporter"'
COLORS = [override(color, {"color": {"mode": "fixed", "fixedColor": color}}) for color in ("green", "yellow", "red")]


def dashboard(links: Links) -> Dashboard:
    """Observability Platform."""
    return erp.dashboard(
        __name__,
        "Observability Platform",
        {
            "Metrics and alerts": [
                Row(_metrics(links)),
                Row([platform_health.alerts(), platform_health.losses()]),
                Row(platform_health.monitoring()),
            ],
            "Logs: Logstash": [Row(_logstash(links), widths=(10, 10, 4))],
            "Logs: Elasticsearch": [Row(_elasticsearch(), widths=(6, 9, 9)), Row(_faults())],
            "Traces: Collector, where there is one": [Row(platform_traces.collector())],
            "Traces: Jaeger": [Row(platform_traces.jaeger())],
            "Logs of the application": [Row([_recent_errors()], height=10)],
        },
        tags=["platform"],
        variables=[],
    )


def _metrics(links: Links) -> list[Panel]:
    sent, failed = (
        erp.rate(f"alertmanager_notifications_{kind}", "", "integration") for kind in ("total", "failed_total")
    )
    # Alertmanager has counters for all receivers that it knows, most of which nobody uses.
    used = f"{erp.increase('alertmanager_notifications_total', '', 'integration', '1d')} > 0"
    return [
        panel(
            "timeseries",
            "Prometheus ingestion / series",
            "Samples that Prometheus takes in per second and series that it holds: memory grows with the series.",
            "short",
            (erp.rate("prometheus_tsdb_head_samples_appended_total", ""), "samples per s"),
            ("sum(prometheus_tsdb_head_series)", "series"),
            overrides=[override("series", {"custom.axisPlacement": "right"})],
        ),
        panel(
            "table",
            "Targets down",
            "Targets that Prometheus cannot scrape now: rules and panels about them show nothing, or what is old.",
            "short",
            ("count by (job, namespace, pod, instance) (up == 0)", ""),
            overrides=[erp.values("down", "auto")],
        ),
        panel(
            "timeseries",
            "Notifications",
            "Messages that Alertmanager sends per second, and those that fail: a failed one is an unheard alert.",
            "ops",
            (f"{sent} and {used}", "sent {{integration}}"),
            (f"{failed} and {used}", "failed {{integration}}"),
            links=links.alerts("Alerts in Alertmanager"),
        ),
    ]


def _logstash(links: Links) -> list[Panel]:
    came, went = (erp.rate(f"logstash_stats_pipeline_events_{way}", LOGSTASH, "pipeline") for way in ("in", "out"))
    unparsed, both = (
        erp.rate("logstash_stats_pipeline_plugin_events_out", f"{LOGSTASH},plugin_id{which}")
        for which in ('="es_unparsed"', '=~"es_app|es_unparsed"')
    )
    letters = f"max by (pipeline) (logstash_stats_pipeline_dead_letter_queue_size_in_bytes{{{LOGSTASH}}})"
    return [
        panel(
            "timeseries",
            "Logstash events",
            "Events per second into and out of each pipeline: while less goes out than comes in, the queue fills.",
            "eps",
            (came, "in {{pipeline}}"),
            (went, "out {{pipeline}}"),
        ),
        panel(
            "timeseries",
            "Logstash queue / DLQ",
            "How full each queue is, and the bytes of refused documents: at 100 % Filebeat has to wait.",
            "percentunit",
            ("max by (pipeline) (pipeline:logstash_queue_fill:ratio)", "queue {{pipeline}}"),
            (letters, "dlq {{pipeline}}"),
            thresholds=erp.above(0.7, 0.9),
            overrides=[override("dlq .*", {"unit": "bytes", "custom.axisPlacement": "right"})],
        ),
        panel(
            "stat",
            "Unparsed lines",
            "Share of log lines that the pipeline cannot read: above 5 % a service has changed the form of its lines.",
            "percentunit",
            (f"{unparsed} / {both}", "unparsed"),
            thresholds=erp.above(0.01, 0.05),
            links=links.logs("Unreadable lines in Kibana", "*", UNREADABLE_VIEW),
        ),
    ]


def _elasticsearch() -> list[Panel]:
    disk, size = (f"elasticsearch_filesystem_data_{what}_bytes{{{SEARCH}}}" for what in ("available", "size"))
    used, most = (f'elasticsearch_jvm_memory_{what}_bytes{{{SEARCH},area="heap"}}' for what in ("used", "max"))
    return [
        panel(
            "state-timeline",
            "Elasticsearch status",
            "The colour of the cluster: yellow lacks copies of data, red lacks data.",
            "none",
            (f"max by (cluster, color) (elasticsearch_cluster_health_status{{{SEARCH}}}) == 1", "{{color}}"),
            overrides=COLORS,
        ),
        panel(
            "timeseries",
            "Elasticsearch disk free / heap",
            "Free disk and used heap of each node: below 15 % of the disk it takes no new shards.",
            "percentunit",
            (f"min by (name) ({disk} / {size})", "disk {{name}}"),
            (f"max by (name) ({used} / {most})", "heap {{name}}"),
            low=0,
            high=1,
        ),
        panel(
            "timeseries",
            "Elasticsearch indexing",
            "Documents that each node indexes per second: logs and spans together.",
            "ops",
            (erp.rate("elasticsearch_indices_indexing_index_total", SEARCH, "name"), "{{name}}"),
        ),
    ]


def _faults() -> list[Panel]:
    """What Elasticsearch and Logstash do not do."""
    rejected = erp.increase("elasticsearch_thread_pool_rejected_count", SEARCH, "type", "$__rate_interval")
    stuck = f'elasticsearch_ilm_index_status{{{SEARCH},step="ERROR"}} == 1'
    lost = erp.increase("logstash_stats_pipeline_dead_letter_queue_dropped_events", LOGSTASH, "", "$__rate_interval")
    return [
        panel(
            "timeseries",
            "Elasticsearch faults",
            "Shards without a node, indices whose lifecycle is stuck, and requests that were rejected.",
            "short",
            (f"max(elasticsearch_cluster_health_unassigned_shards{{{SEARCH}}})", "unassigned shards"),
            (f"count({stuck}) or vector(0)", "stuck indices"),
            (rejected, "rejected {{type}}"),
        ),
        panel(
            "timeseries",
            "Logstash down / losses",
            "Instances and pipelines that are down, and refused documents that found no place in their queue.",
            "short",
            (f"count(logstash_info_up{{{LOGSTASH}}} == 0) or vector(0)", "instances down"),
            (f"count(logstash_stats_pipeline_up{{{LOGSTASH}}} == 0) or vector(0)", "pipelines down"),
            (lost, "lost"),
        ),
    ]


def _recent_errors() -> Panel:
    return panel(
        "logs",
        "Recent errors",
        "Errors of all services, newest first: the trace id of a line leads to its trace.",
        "",
        ("level:(ERROR OR CRITICAL)", ""),
    )
