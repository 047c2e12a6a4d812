"""The series that recording rules make of the others."""

from .model import Label, Metric

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def _recorded(name: str, unit: str, labels: str, text: str) -> Metric:
    return Metric(name, "gauge", unit, text, "recording-rule", tuple(Label(label) for label in labels.split()))


METRICS = (
    _recorded("active_users_total", "users", "namespace", "Active users of all replicas."),
    _recorded("system_load_average_1m", "tasks", "instance", "Load of the last minute."),
    _recorded("instance:system_cpu_usage:ratio_rate5m", "ratio", "instance", "CPU of a node in use."),
    _recorded("instance:system_memory_usage:ratio", "ratio", "instance", "Memory of a node in use."),
    _recorded("instance_mountpoint:system_disk_usage:ratio", "ratio", "instance mountpoint", "File system in use."),
    _recorded("instance:system_network_receive_bytes:rate5m", "bytes per second", "instance", "Network, in."),
    _recorded("instance:system_network_transmit_bytes:rate5m", "bytes per second", "instance", "Network, out."),
    _recorded("instance:system_load1_per_cpu:ratio", "ratio", "instance", "Load per CPU."),
    _recorded("namespace_service:http_requests:rate5m", "requests per second", "namespace service", "User traffic."),
    _recorded("namespace_service:http_request_duration_seconds:p95_5m", "seconds", "namespace service", "Latency."),
    *(
        _recorded(
            f"namespace_service:http_requests:error_ratio_rate{window}",
            "ratio",
            "namespace service",
            f"Requests answered with 5xx, over {window}.",
        )
        for window in WINDOWS
    ),
    *(
        _recorded(
            f"namespace_service:http_request_duration_seconds:slow_ratio_rate{window}",
            "ratio",
            "namespace service",
            f"Requests slower than 500 ms, over {window}.",
        )
        for window in WINDOWS
    ),
    _recorded(
        "namespace_pod_container:process_cpu:limit_ratio", "ratio", "namespace service pod container", "CPU of limit."
    ),
    _recorded(
        "namespace_pod_container:process_memory:limit_ratio",
        "ratio",
        "namespace service pod container",
        "Memory of limit.",
    ),
    _recorded("namespace_type:business_transactions:rate15m", "per second", "namespace service type", "Transactions."),
    _recorded(
        "namespace_type:business_transactions:failed_ratio_rate15m", "ratio", "namespace service type", "Failed ones."
    ),
    _recorded("namespace_currency:business_revenue:increase1h", "hundredths", "namespace currency", "Revenue."),
    _recorded("pipeline:logstash_queue_fill:ratio", "ratio", "namespace pod pipeline", "Persistent queue in use."),
    _recorded("slo:events:rate5m", "per second", "namespace service slo", "Events that an objective counts."),
    _recorded("slo:bad_events:rate5m", "per second", "namespace service slo", "Those of them that are bad."),
    _recorded(
        "slo:error_budget:remaining_ratio", "ratio", "namespace service slo", "Error budget left; below 0 overspent."
    ),
)
