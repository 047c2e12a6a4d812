"""What the dashboards share about VALEO-NeuroERP: filters, annotations, query shapes and links of errors."""

from collections.abc import Mapping, Sequence

from . import grafana, panels
from .grafana import Dashboard, Row, Variable
from .links import Links
from .panels import Link, Override, Panel, Thresholds

TAG = "neuroerp"
TRACED_SERVICE = "neuroerp-api"  # for series without a service label: Jaeger searches in one service only

NAMESPACE = 'namespace=~"$namespace"'
JOB = 'job="valeo-neuroerp"'
APP = f"{JOB},{NAMESPACE}"
SERVICE = f'{APP},service=~"$service"'
ENDPOINT = f'{SERVICE},endpoint=~"$endpoint"'
SERVER_ERROR = 'status=~"5.."'

NAMESPACES = grafana.variable("namespace", 'label_values(up{job="valeo-neuroerp"}, namespace)')
SERVICES = grafana.variable("service", 'label_values(http_requests_total{namespace=~"$namespace"}, service)')
ENDPOINTS = grafana.variable("endpoint", 'label_values(http_requests_total{namespace=~"$namespace"}, endpoint)')
PODS = grafana.variable("pod", f"label_values(up{{{APP}}}, pod)")
NODES = grafana.variable("node", "label_values(node_load1, instance)")
CURRENCIES = grafana.variable("currency", "label_values(business_revenue_total, currency)")

ALERTS = grafana.annotation(
    "Critical alerts",
    "red",
    'ALERTS{alertstate="firing",severity="critical"}',
    "{{alertname}} {{namespace}} {{service}}",
)
DEPLOYS = grafana.annotation(
    "Deployments",
    "blue",
    "count by (version) (neuroerp_build_info) unless count by (version) (neuroerp_build_info offset 5m)",
    "{{version}}",
)

UP = panels.thresholds("red", (1, "green"))


def uid(module: str) -> str:
    """The uid of the dashboard that a module describes: links to it survive a new title."""
    return f"{TAG}-{module.rpartition('.')[2].replace('_', '-')}"


def dashboard(
    module: str,
    title: str,
    content: Mapping[str, Sequence[Row]],
    *,
    tags: Sequence[str],
    variables: Sequence[Variable],
    since: str = "now-1h",
) -> Dashboard:
    """The dashboard of a module, with what all of them have in common."""
    return grafana.dashboard(uid(module), title, [TAG, *tags], since, list(variables), [ALERTS, DEPLOYS], content)


def above(warning: float, critical: float) -> Thresholds:
    """Green, yellow from `warning`, red from `critical`."""
    return panels.thresholds("green", (warning, "yellow"), (critical, "red"))


def values(heading: str, style: str = "color-background") -> Override:
    """The heading of a table's values, and how their thresholds show."""
    return panels.override("Value", {"displayName": heading, "custom.cellOptions": {"type": style}})


def rate(metric: str, labels: str, by: str = "", window: str = "$__rate_interval", function: str = "rate") -> str:
    """Events per second, added up over all labels but `by`."""
    selector = f"{{{labels}}}" if labels else ""
    return f"sum{f' by ({by}) ' if by else ''}({function}({metric}{selector}[{window}]))"


def increase(metric: str, labels: str, by: str = "", window: str = "$__range") -> str:
    """Events within a window, added up over all labels but `by`."""
    return rate(metric, labels, by, window, "increase")


def quantile(share: float, labels: str, by: str = "le", window: str = "$__rate_interval") -> str:
    """The response time that `share` of the requests stay below."""
    return f"histogram_quantile({share:.2f}, {rate('http_request_duration_seconds_bucket', labels, by, window)})"


def response_times(title: str, labels: str) -> Panel:
    """Heatmap of the response times; its exemplars lead to Jaeger through the data source."""
    return panels.panel(
        "heatmap",
        title,
        "The darker a cell, the more requests took that long at that moment: a dot is one request and opens its trace.",
        "s",
        (rate("http_request_duration_seconds_bucket", labels, "le"), "{{le}}"),
        exemplars=True,
    )


def error_links(links: Links, kuery: str = "level:ERROR", service: str = TRACED_SERVICE) -> list[Link]:
    """From an error rate to the log lines and traces of the same time."""
    return [*links.logs("Error logs in Kibana", kuery), *links.failed_traces("Failed traces in Jaeger", service)]
