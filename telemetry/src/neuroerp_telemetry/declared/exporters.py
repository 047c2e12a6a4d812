"""The series of exporters that rules and dashboards rely on: name, type, unit, labels."""

from typing import get_args

from .model import Label, Metric, MetricType

_TABLES = {
    "prometheus": """
        ALERTS gauge bool alertname alertstate severity namespace service
        prometheus_config_last_reload_successful gauge bool
        prometheus_notifications_alertmanagers_discovered gauge servers
        prometheus_notifications_dropped_total counter notifications
        prometheus_rule_evaluation_failures_total counter failures rule_group
        prometheus_target_scrapes_exceeded_sample_limit_total counter scrapes
        prometheus_tsdb_compactions_failed_total counter failures
        prometheus_tsdb_head_samples_appended_total counter samples type
        prometheus_tsdb_head_series gauge series
        prometheus_tsdb_wal_corruptions_total counter corruptions
        up gauge bool job instance namespace service pod
    """,
    "alertmanager": """
        alertmanager_config_last_reload_successful gauge bool
        alertmanager_notifications_failed_total counter notifications integration reason
        alertmanager_notifications_total counter notifications integration
    """,
    "node-exporter": """
        node_cpu_seconds_total counter seconds instance cpu mode
        node_filesystem_avail_bytes gauge bytes instance device fstype mountpoint
        node_filesystem_size_bytes gauge bytes instance device fstype mountpoint
        node_load1 gauge tasks instance
        node_memory_MemAvailable_bytes gauge bytes instance
        node_memory_MemTotal_bytes gauge bytes instance
        node_network_receive_bytes_total counter bytes instance device
        node_network_transmit_bytes_total counter bytes instance device
    """,
    "kube-state-metrics": """
        kube_pod_container_resource_limits gauge cores|bytes namespace pod container resource unit
        kube_pod_container_status_restarts_total counter restarts namespace pod container
    """,
    "redis-exporter": """
        redis_blocked_clients gauge clients instance
        redis_connected_clients gauge clients instance
        redis_keyspace_hits_total counter lookups instance
        redis_keyspace_misses_total counter lookups instance
        redis_memory_max_bytes gauge bytes instance
        redis_memory_used_bytes gauge bytes instance
        redis_rejected_connections_total counter connections instance
        redis_up gauge bool instance
    """,
    "blackbox-exporter": """
        probe_duration_seconds gauge seconds instance namespace service
        probe_failed_due_to_cel gauge bool instance namespace service
        probe_http_status_code gauge status instance namespace service
        probe_ssl_earliest_cert_expiry gauge seconds instance namespace service
        probe_success gauge bool instance namespace service
    """,
    "elasticsearch-exporter": """
        elasticsearch_cluster_health_number_of_data_nodes gauge nodes cluster
        elasticsearch_cluster_health_status gauge bool cluster color
        elasticsearch_cluster_health_unassigned_shards gauge shards cluster
        elasticsearch_filesystem_data_available_bytes gauge bytes cluster name
        elasticsearch_filesystem_data_size_bytes gauge bytes cluster name
        elasticsearch_ilm_index_status gauge bool index action phase step
        elasticsearch_indices_indexing_index_total counter documents cluster name
        elasticsearch_jvm_memory_max_bytes gauge bytes cluster name area
        elasticsearch_jvm_memory_used_bytes gauge bytes cluster name area
        elasticsearch_thread_pool_rejected_count counter operations cluster name type
    """,
    "logstash-exporter": """
        logstash_info_up gauge bool
        logstash_stats_pipeline_dead_letter_queue_dropped_events counter events pipeline
        logstash_stats_pipeline_dead_letter_queue_size_in_bytes gauge bytes pipeline
        logstash_stats_pipeline_events_in counter events pipeline
        logstash_stats_pipeline_events_out counter events pipeline
        logstash_stats_pipeline_plugin_documents_non_retryable_failures counter documents pipeline plugin_id
        logstash_stats_pipeline_plugin_events_out counter events pipeline plugin_id
        logstash_stats_pipeline_queue_events_queue_size gauge bytes pipeline
        logstash_stats_pipeline_queue_max_size_in_bytes gauge bytes pipeline
        logstash_stats_pipeline_up gauge bool pipeline
    """,
    "jaeger": """
        jaeger_storage_bulk_index_attempts_total counter items name kind role
        jaeger_storage_bulk_index_errors_total counter items name kind role
        jaeger_storage_bulk_index_inserts_total counter items name kind role
        jaeger_storage_latency_seconds histogram seconds name kind role operation result
        jaeger_storage_requests_total counter requests name kind role operation result
    """,
    "otel-collector": """
        otelcol_exporter_enqueue_failed_spans_total counter spans job exporter
        otelcol_exporter_queue_capacity gauge batches job exporter
        otelcol_exporter_queue_size gauge batches job exporter
        otelcol_exporter_send_failed_spans_total counter spans job exporter
        otelcol_receiver_accepted_spans_total counter spans job receiver
        otelcol_receiver_refused_spans_total counter spans job receiver
    """,
}
_TYPES: dict[str, MetricType] = {name: name for name in get_args(MetricType)}


def _metric(owner: str, line: str) -> Metric:
    name, kind, unit, *labels = line.split()
    text = f"Exported by {owner}, see its documentation."
    return Metric(name, _TYPES[kind], unit, text, owner, tuple(Label(label) for label in labels))


METRICS = tuple(_metric(owner, line) for owner, table in _TABLES.items() for line in table.strip().splitlines())
