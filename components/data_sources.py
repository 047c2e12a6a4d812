"""Grafana's data sources with fixed uids, and the links that lead from metrics to traces to logs and back.

Grafana expands `$` in provisioning files: a literal one is written `$$`, and `$__file{...}` reads a mounted secret.
"""

from typing import Any

import pulumi

from .grafana import ELASTICSEARCH_FILES

# The spans' tags that select the metrics of the same service.
SERVICE_TAGS = [{"key": "service.name", "value": "service"}]


def prometheus(url: pulumi.Input[str], scrape_interval: str) -> dict[str, Any]:
    """Metrics; an exemplar leads to its trace."""
    exemplars = [{"name": "trace_id", "datasourceUid": "jaeger", "urlDisplayLabel": "View trace"}]
    options = {"httpMethod": "POST", "timeInterval": scrape_interval, "exemplarTraceIdDestinations": exemplars}
    return _source("Prometheus", "prometheus", url, {**options, "manageAlerts": False}, isDefault=True)


def alertmanager(url: pulumi.Input[str]) -> dict[str, Any]:
    """Alerts and silences."""
    return _source("Alertmanager", "alertmanager", url, {"implementation": "prometheus"})


def jaeger(url: pulumi.Input[str], requests_query: str) -> dict[str, Any]:
    """Traces; a span leads to its logs and to the request rate of its service (``requests_query``, with `$$__tags`)."""
    logs = {
        "datasourceUid": "elasticsearch",
        "customQuery": True,
        "query": 'trace_id:"$${__trace.traceId}"',
        "spanStartTimeShift": "-5m",
        "spanEndTimeShift": "5m",
    }
    metrics = {
        "datasourceUid": "prometheus",
        "tags": SERVICE_TAGS,
        "queries": [{"name": "Requests", "query": requests_query}],
    }
    return _source(
        "Jaeger", "jaeger", url, {"tracesToLogsV2": logs, "tracesToMetrics": metrics, "nodeGraph": {"enabled": True}}
    )


def elasticsearch(url: pulumi.Input[str], index: str) -> dict[str, Any]:
    """Logs below ``index``; a line leads to its trace. The password and the CA are mounted files."""
    trace = {"field": "trace_id", "datasourceUid": "jaeger", "url": "$${__value.raw}", "urlDisplayLabel": "View trace"}
    options = {
        "index": index,
        "timeField": "@timestamp",
        "logMessageField": "message",
        "logLevelField": "level",
        "tlsAuthWithCACert": True,
        "dataLinks": [trace],
    }
    secure = {
        "basicAuthPassword": f"$__file{{{ELASTICSEARCH_FILES}/user/password}}",
        "tlsCACert": f"$__file{{{ELASTICSEARCH_FILES}/ca/ca.crt}}",
    }
    return _source(
        "Elasticsearch", "elasticsearch", url, options, basicAuth=True, basicAuthUser="grafana", secureJsonData=secure
    )


def _source(name: str, kind: str, url: pulumi.Input[str], options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "uid": kind, "type": kind, "access": "proxy", "url": url, "jsonData": options, **more}
