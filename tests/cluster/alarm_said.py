"""What recording rules say of the demo's scenarios."""

# What a recording rule says of a scenario, for the service of its name.
SAID = {
    "normal": [
        "namespace_service:http_requests:rate5m > 2",
        "namespace_currency:business_revenue:increase1h > 0",
    ],
    "errors": ["namespace_service:http_requests:error_ratio_rate5m > 0.05"],
    "slow-database": [
        "namespace_service:http_request_duration_seconds:slow_ratio_rate5m > 0.5",
        "namespace_service:http_request_duration_seconds:p95_5m > 0.5",
    ],
    "failing-payments": ['namespace_type:business_transactions:failed_ratio_rate15m{type="payment"} > 0.5'],
    "memory-leak": ["namespace_pod_container:process_memory:limit_ratio > 0.85"],
    "database-down": [
        "namespace_service:http_requests:error_ratio_rate5m > 0.5",
        'namespace_type:business_transactions:failed_ratio_rate15m{type="order"} > 0.5',
    ],
    "burst": [
        "namespace_service:http_requests:rate5m > 20",
        "namespace_pod_container:process_cpu:limit_ratio > 0.05",
    ],
    "silence": [
        "namespace_service:http_requests:rate5m < 1",
        "sum by (service) (namespace_type:business_transactions:rate15m) < 0.1",
    ],
}


def asked(service: str, expression: str) -> str:
    """An expression of ``SAID``, for one service; revenue is told for all of them together."""
    return expression if "currency" in expression else f'({expression}) and on (service) up{{service="{service}"}}'
