"""The metrics that the application exports through this package."""

from .health import CHECKS, ENDPOINTS, REASONS
from .model import Label, Metric

UNMATCHED = "unmatched"
METRICS_PATH = "/metrics"
OWN_PATHS = (*(endpoint.path for endpoint in ENDPOINTS), METRICS_PATH)
STATUSES_AT_START = ("200", "400", "404", "500", "503")
ERRORS_AT_START = ("KeyError", "RuntimeError", "TimeoutError", "TypeError", "ValueError")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_METHOD = Label("method", "Request method", METHODS)
_ENDPOINT = Label("endpoint", "Route template, never the path", (UNMATCHED, *OWN_PATHS), limit=200)
_STATUS = Label("status", "Three digits of the HTTP status", STATUSES_AT_START, limit=40, pattern=r"[1-5]\d\d")
_ERROR = Label("error_type", "Class of the exception", ERRORS_AT_START, limit=50, pattern=r"[A-Za-z_]\w*")
_RESOURCE = Label("resource", "What is used up", ("db_pool", "worker_pool", "queue", "event_loop"))
_TRANSACTION = Label("type", "Kind of transaction", setting="transaction_types")
_RESULT = Label("status", "Result; rejected by validation is no failure", ("success", "failed", "rejected"))
_PRODUCT = Label("product", "Product line", limit=50, setting="products")
# Amounts of different currencies must not be added, so there is no `other` for them.
_CURRENCY = Label("currency", "ISO 4217", limit=30, pattern="[A-Z]{3}", setting="currencies", unknown="refuse")
_ERROR_TYPE = Label("type", "Kind of business error", setting="business_error_types")
_CODE = Label("code", "Code of the business error", setting="business_error_codes")
_CHECK = Label("check", "Health check", tuple(check.name for check in CHECKS), limit=20)
_CRITICAL = Label("critical", "Whether readiness depends on it", ("true", "false"))
_REASON = Label("reason", "Why it failed", REASONS)
_VERSION = Label("version", "Version of the application", setting="service_version")
_REVISION = Label("revision", "Commit that was built", setting="revision")
_DROPPED = Label("reason", "Why a line was lost", ("queue_full", "write_error", "format_error"))

_LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 0.7, 1.0, 3.0, 5.0, 10.0)
_CHECK_TIME = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0)

_DECLARED = (
    Metric(
        "http_request_duration_seconds",
        "histogram",
        "seconds",
        "Time from the request to the end of its response.",
        labels=(_METHOD, _ENDPOINT),
        buckets=_LATENCY,
        exemplars=True,
    ),
    Metric(
        "http_requests_total",
        "counter",
        "requests",
        "Requests answered.",
        labels=(_METHOD, _ENDPOINT, _STATUS),
        exemplars=True,
    ),
    Metric(
        "http_request_errors_total",
        "counter",
        "errors",
        "Requests that ended with an exception, by its class.",
        labels=(_METHOD, _ENDPOINT, _ERROR),
    ),
    Metric("http_requests_in_progress", "gauge", "requests", "Requests being handled."),
    Metric("app_saturation_ratio", "gauge", "ratio", "Share of a limited resource in use.", labels=(_RESOURCE,)),
    Metric("active_users", "gauge", "users", "Users seen in the last five minutes; every replica reports the same."),
    Metric(
        "business_transactions_total",
        "counter",
        "transactions",
        "Business transactions.",
        labels=(_TRANSACTION, _RESULT),
    ),
    Metric(
        "business_revenue_total",
        "counter",
        "hundredths",
        "Revenue in hundredths of the currency's major unit.",
        labels=(_PRODUCT, _CURRENCY),
    ),
    Metric(
        "business_refunds_total",
        "counter",
        "hundredths",
        "Refunds in hundredths of the currency's major unit.",
        labels=(_PRODUCT, _CURRENCY),
    ),
    Metric("business_errors_total", "counter", "errors", "Business errors.", labels=(_ERROR_TYPE, _CODE)),
    Metric("process_cpu_seconds_total", "counter", "seconds", "Total user and system CPU time spent in seconds."),
    Metric("process_resident_memory_bytes", "gauge", "bytes", "Resident memory size in bytes."),
    Metric("process_open_fds", "gauge", "fds", "Number of open file descriptors."),
    Metric(
        "health_check_status",
        "gauge",
        "bool",
        "1 when the check passed last, 0 when it failed, NaN before its first run.",
        labels=(_CHECK, _CRITICAL),
    ),
    Metric(
        "health_check_duration_seconds",
        "histogram",
        "seconds",
        "Time that a health check took.",
        labels=(_CHECK,),
        buckets=_CHECK_TIME,
    ),
    Metric(
        "health_check_last_run_timestamp_seconds",
        "gauge",
        "seconds",
        "Unix time of the last run; of the registration before the first.",
        labels=(_CHECK,),
    ),
    Metric("health_check_failures_total", "counter", "failures", "Failed health checks.", labels=(_CHECK, _REASON)),
    Metric("neuroerp_build_info", "gauge", "info", "What is running; always 1.", labels=(_VERSION, _REVISION)),
    Metric("telemetry_log_lines_dropped_total", "counter", "lines", "Log lines that were lost.", labels=(_DROPPED,)),
)

PROCESS = frozenset(metric.name for metric in _DECLARED if metric.name.startswith("process_"))
"""Metrics that come from the client library's own collector."""

_METRIC = Label("metric", "Metric whose label overflowed", tuple(m.name for m in _DECLARED if m.labels))

METRICS = (
    *_DECLARED,
    Metric(
        "telemetry_label_overflow_total",
        "counter",
        "values",
        "Label values outside of their vocabulary: folded into `other`, or refused.",
        labels=(_METRIC,),
    ),
)
