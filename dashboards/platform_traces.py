"""The traces of the observability platform: the Collector, where there is one, and Jaeger."""

from . import erp
from .panels import Panel, panel

JAEGER = 'job="jaeger"'
COLLECTOR = 'job="otel-collector"'


def jaeger() -> list[Panel]:
    """What Jaeger takes, writes and reads."""
    accepted, refused = (
        erp.rate(f"otelcol_receiver_{what}_spans_total", JAEGER, "receiver") for what in ("accepted", "refused")
    )
    written, errors, lost = (
        erp.rate(f"jaeger_storage_bulk_index_{what}", JAEGER)
        for what in ("inserts_total", "errors_total", "latency_err_seconds_count")
    )
    size, capacity = (f"otelcol_exporter_queue_{what}{{{JAEGER}}}" for what in ("size", "capacity"))
    failed = erp.rate("jaeger_storage_requests_total", f'{JAEGER},result="err"')
    asked = erp.rate("jaeger_storage_requests_total", JAEGER)
    buckets = erp.rate("jaeger_storage_latency_seconds_bucket", JAEGER, "operation, le")
    return [
        panel(
            "timeseries",
            "Spans accepted / refused",
            "Spans per second that Jaeger takes, and those that it refuses: refused ones are lost.",
            "ops",
            (accepted, "ok {{receiver}}"),
            (refused, "refused {{receiver}}"),
        ),
        panel(
            "timeseries",
            "Jaeger storage writes",
            "Documents written to Elasticsearch per second, documents refused, and whole requests that failed.",
            "ops",
            (written, "ok"),
            (errors, "refused"),
            (lost, "requests failed"),
        ),
        panel(
            "timeseries",
            "Jaeger query p99",
            "99 % of the reads from Elasticsearch were answered within this time: above 5 s people wait for traces.",
            "s",
            (f"histogram_quantile(0.99, {buckets})", "{{operation}}"),
            thresholds=erp.above(2, 5),
        ),
        panel(
            "timeseries",
            "Jaeger queue / failed reads",
            "How much of the queue to Elasticsearch is taken, full it loses spans; and the share of failed reads.",
            "percentunit",
            (f"max by (exporter) ({size} / {capacity})", "queue {{exporter}}"),
            (f"{failed} / {asked}", "failed reads"),
            thresholds=erp.above(0.1, 0.8),
        ),
    ]


def collector() -> list[Panel]:
    """What the Collector takes, keeps and holds."""
    accepted, refused, lost = (
        erp.rate(f"otelcol_{what}_spans_total", COLLECTOR)
        for what in ("receiver_accepted", "receiver_refused", "exporter_enqueue_failed")
    )
    decided = erp.rate("otelcol_processor_tail_sampling_global_count_traces_sampled_total", COLLECTOR, "sampled")
    size, capacity = (f"sum(otelcol_exporter_queue_{what}{{{COLLECTOR}}})" for what in ("size", "capacity"))
    return [
        panel(
            "timeseries",
            "Collector spans",
            "Spans per second that the Collector takes, those that it refuses, and those that fit into no queue.",
            "ops",
            (accepted, "ok"),
            (refused, "refused"),
            (lost, "lost"),
        ),
        panel(
            "timeseries",
            "Traces kept",
            "Traces per second that the Collector keeps (true) and does not: it keeps all that failed or were slow.",
            "ops",
            (decided, "kept {{sampled}}"),
        ),
        panel(
            "timeseries",
            "Collector queue",
            "How much of the Collector's queue is taken: once it is full, spans are lost.",
            "percentunit",
            (f"{size} / {capacity}", "used"),
            thresholds=erp.above(0.8, 0.95),
        ),
    ]
