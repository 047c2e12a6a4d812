"""What can happen to the demo, which metrics it moves, and which rules of the platform see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A state of the demo; it lasts until another one is chosen."""

    name: str
    help: str
    load: float = 1.0
    """Requests, as a multiple of the chosen rate; 0 means that nobody asks for anything, not even for health."""
    broken: float = 0.0
    """Share of the requests to orders that end with an exception."""
    query_seconds: float = 0.0
    """Time that each query takes longer, holding its connection."""
    declined: float = 0.02
    """Share of the payments that the customer's bank declines."""
    provider_down: bool = False
    """Whether the payment provider answers no payment at all, which its health check tells."""
    leak: int = 0
    """Bytes a second that are kept for nothing, up to `faults.MOST_LEAKED`."""
    cache_down: bool = False
    database_down: bool = False
    moves: tuple[str, ...] = ()
    """Series that change because of it, as selectors of PromQL."""
    rules: tuple[str, ...] = ()
    """Recording rules and alerts that see it; an alert's name begins with a capital letter."""


_FAILURES = "namespace_type:business_transactions:failed_ratio_rate15m"
_ERRORS = ("namespace_service:http_requests:error_ratio_rate5m", "HighErrorRate", "ErrorBudgetBurnFast")

_ALL = (
    Scenario(
        name="normal",
        help="A day like any other: orders, invoices, payments, some of them declined.",
        moves=(
            'http_requests_total{endpoint="/api/v1/orders",method="POST",status="201"}',
            'business_transactions_total{type="order",status="success"}',
            'business_transactions_total{type="payment",status="success"}',
            "business_revenue_total",
            'health_check_duration_seconds_count{check="database"}',
        ),
        rules=("namespace_service:http_requests:rate5m", "namespace_currency:business_revenue:increase1h"),
    ),
    Scenario(
        name="errors",
        help="Two of five requests to orders end with an exception and status 500.",
        broken=0.4,
        moves=('http_requests_total{status="500"}', 'http_request_errors_total{error_type="RuntimeError"}'),
        rules=_ERRORS,
    ),
    Scenario(
        name="slow-database",
        help="Each query takes 0.6 s longer, and connections get scarce.",
        query_seconds=0.6,
        moves=('http_request_duration_seconds_bucket{le="1.0"}', 'app_saturation_ratio{resource="db_pool"}'),
        rules=(
            "namespace_service:http_request_duration_seconds:slow_ratio_rate5m",
            "namespace_service:http_request_duration_seconds:p95_5m",
            "LatencyBudgetBurnFast",
        ),
    ),
    Scenario(
        name="failing-payments",
        help="The payment provider is out of order: payments fail, the requests themselves are answered well.",
        provider_down=True,
        moves=(
            'business_transactions_total{type="payment",status="failed"}',
            'business_errors_total{type="payment",code="unreachable"}',
            'health_check_failures_total{check="dependencies",reason="unhealthy"}',
            'health_check_status{check="dependencies",critical="false"}',
        ),
        rules=(_FAILURES, "TransactionFailureRatioHigh", "TransactionFailureRatioCritical", "HealthCheckDegraded"),
    ),
    Scenario(
        name="memory-leak",
        help="20 MB a second are kept for nothing, 215 MB at most; they are given back with the next scenario.",
        leak=20_000_000,
        moves=("process_resident_memory_bytes",),
        rules=("namespace_pod_container:process_memory:limit_ratio", "HighMemoryUsage"),
    ),
    Scenario(
        name="cache-down",
        help="The cache refuses connections: still ready, but slower and with a warning.",
        cache_down=True,
        moves=(
            'health_check_status{check="cache",critical="false"}',
            'health_check_failures_total{check="cache",reason="error"}',
        ),
        rules=("HealthCheckDegraded",),
    ),
    Scenario(
        name="database-down",
        help="The database refuses connections: requests get 503, and the pod is no longer ready.",
        database_down=True,
        moves=(
            'health_check_status{check="database",critical="true"}',
            'health_check_failures_total{check="database",reason="error"}',
            'http_requests_total{status="503"}',
            'business_transactions_total{type="order",status="failed"}',
            'business_errors_total{type="database",code="unavailable"}',
        ),
        rules=(*_ERRORS, "HealthCheckFailing", _FAILURES, "TransactionFailureRatioCritical"),
    ),
    Scenario(
        name="burst",
        help="Ten times as many requests.",
        load=10.0,
        moves=("http_requests_total", "process_cpu_seconds_total"),
        rules=("namespace_service:http_requests:rate5m", "namespace_pod_container:process_cpu:limit_ratio"),
    ),
    Scenario(
        name="silence",
        help="Nobody asks for anything, and without a kubelet no health check runs.",
        load=0.0,
        rules=(
            "namespace_service:http_requests:rate5m",
            "namespace_type:business_transactions:rate15m",
            "HealthCheckStale",
        ),
    ),
)
SCENARIOS = {scenario.name: scenario for scenario in _ALL}
NORMAL = SCENARIOS["normal"]
