"""What silences what: while an alert fires, nobody is told what follows from it."""

from typing import Any

USERS_OF_ELASTICSEARCH = (
    "ElasticsearchClusterYellow|ElasticsearchUnassignedShards"
    "|LogstashOutputStalled|LogstashIndexingFailures|LogstashQueueFilling"
    "|JaegerStorageWriteErrors|JaegerStorageUnreachable|JaegerQueryErrors|JaegerReadsFailing|TraceQueueFilling"
    "|SpansExportFailed"
)
"""Alerts that follow from an outage of Elasticsearch."""
GREATER = "TransactionFailureRatioCritical|ElasticsearchDiskCritical|TLSCertificateExpiryCritical"
LESSER = "TransactionFailureRatioHigh|ElasticsearchDiskLow|TLSCertificateExpiringSoon"
"""The warnings of the same conditions."""
REFUSED = "PrometheusConfigReloadFailed|AlertmanagerConfigReloadFailed"
"""Alerts on a configuration that is refused: the sidecar that brings it reports the same."""


def inhibitions() -> list[dict[str, Any]]:
    """What an alert makes superfluous: its consequences, and the smaller version of itself.

    Labels that both alerts lack count as equal, so a rule says which labels its targets have.
    """
    rules: list[tuple[list[str], list[str], list[str]]] = [
        # A service that is down: what else is wrong with it, and with the business of its namespace.
        (['outage="app"'], ['component=~"app|business"', 'outage=""', 'service!=""'], ["namespace", "service"]),
        (['outage="app"', 'namespace!=""'], ['component="business"', 'outage=""', 'service=""'], ["namespace"]),
        # No target of the application is left: it has no namespace to compare.
        (['alertname="NeuroERPAbsent"'], ['component=~"app|business"', 'alertname!="NeuroERPAbsent"'], []),
        (
            ['severity="critical"', 'slo=~".+"'],
            ['severity="warning"', 'slo=~".+"'],
            ["namespace", "service", "slo"],
        ),
        (
            [f'alertname=~"{GREATER}"'],
            [f'alertname=~"{LESSER}"'],
            ["namespace", "service", "type", "cluster", "name", "instance"],
        ),
        (['outage="elasticsearch"'], [f'alertname=~"{USERS_OF_ELASTICSEARCH}"'], ["namespace"]),
        # The exporter of Redis lives in another namespace than the application.
        (['alertname="RedisDown"'], ['alertname=~"HealthCheckFailing|HealthCheckDegraded"', 'check="cache"'], []),
        # Without a target it has no namespace to compare.
        (['alertname="JaegerDown"'], ['alertname=~"JaegerReadsFailing|CollectorQueueFilling"'], []),
        (['alertname="ExporterDown"'], ['alertname="ExporterAbsent"'], ["job"]),
        # Alerts of the chart's own rules of Kubernetes, which see more than ours, but these cases too.
        (['alertname="NodeFilesystemAlmostOutOfSpace"'], ['alertname="HostDiskWillFill"'], ["instance", "mountpoint"]),
        ([f'alertname=~"{REFUSED}"'], ['alertname="ConfigReloaderSidecarErrors"'], ["namespace", "pod"]),
        (
            ['alertname="ElasticsearchSetupDrift"'],
            ['alertname="KubeJobFailed"', 'job_name=~".+-bootstrap-check-.+"'],
            ["namespace"],
        ),
    ]
    keys = ("source_matchers", "target_matchers", "equal")
    return [{key: part for key, part in zip(keys, rule, strict=True) if part} for rule in rules]
