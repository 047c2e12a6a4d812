"""Response time, errors, throughput and saturation of the services at a glance."""

from . import erp
from .grafana import Dashboard, Row
from .links import Links
from .panels import Panel, panel, thresholds

SELECTED = '{namespace=~"$namespace",service=~"$service"}'
NODE = '{instance=~"$node"}'


def dashboard(links: Links) -> Dashboard:
    """Performance."""
    return erp.dashboard(
        __name__,
        "Performance",
        {
            "Requests": [
                Row([erp.response_times("API Response Time", erp.SERVICE), _error_rate(links)]),
                Row(_requests()),
            ],
            "Load": [Row(_load(), widths=(6, 18)), Row(_saturation())],
        },
        tags=["performance"],
        variables=[erp.NAMESPACES, erp.SERVICES, erp.NODES],
    )


def _error_rate(links: Links) -> Panel:
    service = "${__field.labels.service}"
    return panel(
        "timeseries",
        "Error Rate",
        "Share of each service's requests that got a server error, over 5 minutes: above 5 % users complain.",
        "percentunit",
        (f"namespace_service:http_requests:error_ratio_rate5m{SELECTED}", "{{service}}"),
        thresholds=erp.above(0.01, 0.05),
        links=erp.error_links(links, f'level:ERROR and service:"{service}"', service),
    )


def _requests() -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Requests per Second",
            "Requests per second that each service answers: the load to compare all other panels with.",
            "reqps",
            (erp.rate("http_requests_total", erp.SERVICE, "service"), "{{service}}"),
        ),
        panel(
            "timeseries",
            "Slow requests (>500 ms)",
            "Share of each service's requests that took more than 500 ms: the goal is to stay below the line at 5 %.",
            "percentunit",
            (f"namespace_service:http_request_duration_seconds:slow_ratio_rate5m{SELECTED}", "{{service}}"),
            thresholds=thresholds("green", (0.05, "red")),
        ),
    ]


def _load() -> list[Panel]:
    return [
        panel(
            "gauge",
            "System Load",
            "Load of the busiest node for each of its CPUs: above 100 % processes wait for a CPU.",
            "percentunit",
            (f"max(instance:system_load1_per_cpu:ratio{NODE})", "load"),
            thresholds=erp.above(1, 1.5),
            low=0,
            high=2,
        ),
        panel(
            "timeseries",
            "System load, absolute",
            "Processes that run or wait on each node, averaged over a minute: compare with its number of CPUs.",
            "short",
            (f"system_load_average_1m{NODE}", "{{instance}}"),
        ),
    ]


def _saturation() -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Application saturation",
            "How full each service's pools and queues are: at 100 % requests wait for a free place.",
            "percentunit",
            (f"max by (service, resource) (app_saturation_ratio{SELECTED})", "{{service}} {{resource}}"),
            thresholds=erp.above(0.8, 0.9),
        ),
        panel(
            "timeseries",
            "Requests in progress",
            "Requests that each service works on at the same time: rises when answers get slow, even at equal load.",
            "short",
            (f"sum by (service) (http_requests_in_progress{SELECTED})", "{{service}}"),
        ),
    ]
