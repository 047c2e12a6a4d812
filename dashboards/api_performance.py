"""How fast and how reliably the API answers, down to the single endpoint."""

from alerts import slo_views, slos

from . import erp
from .grafana import Dashboard, Row
from .links import Links
from .panels import Panel, Thresholds, panel, thresholds

BY_ENDPOINT = "method, endpoint"


def dashboard(links: Links) -> Dashboard:
    """API Performance."""
    busiest, slowest, failing = _endpoints(links)
    return erp.dashboard(
        __name__,
        "API Performance",
        {
            "Response times": [Row([erp.response_times("Response Time", erp.ENDPOINT), _percentiles()])],
            "Errors": [Row(_errors(links))],
            "Endpoints": [Row([busiest]), Row([slowest, failing], height=10)],
            "Objectives": _objectives(),
        },
        tags=["api", "performance"],
        variables=[erp.NAMESPACES, erp.SERVICES, erp.ENDPOINTS],
    )


def _percentiles() -> Panel:
    return panel(
        "timeseries",
        "Latency percentiles",
        "Half, 95 % and 99 % of the requests were answered within this time: p95 belongs below the line at 500 ms.",
        "s",
        *((erp.quantile(share, erp.ENDPOINT), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99)),
        thresholds=thresholds("green", (0.5, "red")),
        exemplars=True,
    )


def _errors(links: Links) -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Error Rate",
            "Server errors per second, by status: 500 is a defect, 502 to 504 are overload or a missing dependency.",
            "reqps",
            (erp.rate("http_requests_total", f"{erp.ENDPOINT},{erp.SERVER_ERROR}", "status"), "{{status}}"),
            links=erp.error_links(links),
        ),
        panel(
            "timeseries",
            "Errors by class",
            "Exceptions per second, by class: the class that rises together with the error rate is the cause.",
            "reqps",
            (erp.rate("http_request_errors_total", erp.SERVICE, "error_type"), "{{error_type}}"),
        ),
    ]


def _endpoints(links: Links) -> list[Panel]:
    requests = erp.rate("http_requests_total", erp.SERVICE, BY_ENDPOINT, "$__range")
    failures = erp.rate("http_requests_total", f"{erp.SERVICE},{erp.SERVER_ERROR}", BY_ENDPOINT, "$__range")
    slowness = erp.quantile(0.95, erp.SERVICE, f"{BY_ENDPOINT}, le", "$__range")
    only = links.dashboard(
        "Only this endpoint",
        erp.uid(__name__),
        "datasource",
        "namespace",
        "service",
        endpoint="${__data.fields.endpoint}",
    )
    return [
        panel(
            "timeseries",
            "Requests by endpoint",
            "Requests per second of the ten busiest endpoints: a sudden drop is as telling as a peak.",
            "reqps",
            (
                f"topk(10, {erp.rate('http_requests_total', erp.ENDPOINT, BY_ENDPOINT)})",
                "{{method}} {{endpoint}}",
            ),
        ),
        panel(
            "table",
            "Slowest endpoints (p95)",
            "95 % of an endpoint's requests in the time range were faster than this: click to see only that endpoint.",
            "s",
            (f"topk(20, {slowness})", ""),
            thresholds=erp.above(0.5, 1),
            overrides=[erp.values("p95")],
            links=only,
        ),
        panel(
            "table",
            "Failing endpoints",
            "Share of an endpoint's requests that got a server error, in the time range: the worst come first.",
            "percentunit",
            (f"topk(20, {failures} / {requests})", ""),
            thresholds=erp.above(0.01, 0.05),
            overrides=[erp.values("failed")],
        ),
    ]


def _objectives() -> list[Row]:
    """A row for each objective of ``alerts/slos.yaml``: what is left of its budget, and how fast that is used up."""
    selected = 'namespace=~"$namespace",service=~"$service"'
    looks = thresholds("red", (0, "yellow"), (0.25, "green")), erp.above(*sorted(factor for factor, *_ in slos.FAST))
    return [
        Row([_panel(shown, look) for shown, look in zip(pair, looks, strict=True)], widths=(6, 18))
        for pair in slo_views.panels(slos.load(), selected)
    ]


def _panel(shown: slo_views.Panel, look: Thresholds) -> Panel:
    return panel(shown["kind"], shown["title"], shown["description"], shown["unit"], *shown["queries"], thresholds=look)
