"""Where each Helm chart and each image of ours comes from. Nothing else in the project names a version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml


@dataclass(frozen=True)
class Chart:
    """A chart of a public repository, pinned to one version."""

    name: str
    version: str
    repository: str


PROMETHEUS_COMMUNITY = "https://prometheus-community.github.io/helm-charts"
GRAFANA_COMMUNITY = "https://grafana-community.github.io/helm-charts"
ELASTIC = "https://helm.elastic.co"
OPEN_TELEMETRY = "https://open-telemetry.github.io/opentelemetry-helm-charts"
JAEGERTRACING = "https://jaegertracing.github.io/helm-charts"

# renovate: datasource=helm depName=prometheus-operator-crds registryUrl=https://prometheus-community.github.io/helm-charts
PROMETHEUS_CRDS = Chart("prometheus-operator-crds", "31.0.1", PROMETHEUS_COMMUNITY)
# renovate: datasource=helm depName=kube-prometheus-stack registryUrl=https://prometheus-community.github.io/helm-charts
KUBE_PROMETHEUS_STACK = Chart("kube-prometheus-stack", "88.5.3", PROMETHEUS_COMMUNITY)
# renovate: datasource=helm depName=prometheus-blackbox-exporter registryUrl=https://prometheus-community.github.io/helm-charts
BLACKBOX_EXPORTER = Chart("prometheus-blackbox-exporter", "11.17.2", PROMETHEUS_COMMUNITY)
# renovate: datasource=helm depName=prometheus-redis-exporter registryUrl=https://prometheus-community.github.io/helm-charts
REDIS_EXPORTER = Chart("prometheus-redis-exporter", "6.29.0", PROMETHEUS_COMMUNITY)
# renovate: datasource=helm depName=prometheus-elasticsearch-exporter registryUrl=https://prometheus-community.github.io/helm-charts
ELASTICSEARCH_EXPORTER = Chart("prometheus-elasticsearch-exporter", "7.4.0", PROMETHEUS_COMMUNITY)
# renovate: datasource=helm depName=grafana registryUrl=https://grafana-community.github.io/helm-charts
GRAFANA = Chart("grafana", "12.11.1", GRAFANA_COMMUNITY)
# renovate: datasource=helm depName=eck-operator registryUrl=https://helm.elastic.co
ECK_OPERATOR = Chart("eck-operator", "3.5.0", ELASTIC)
# renovate: datasource=helm depName=eck-elasticsearch registryUrl=https://helm.elastic.co
ECK_ELASTICSEARCH = Chart("eck-elasticsearch", "0.20.0", ELASTIC)
# renovate: datasource=helm depName=eck-kibana registryUrl=https://helm.elastic.co
ECK_KIBANA = Chart("eck-kibana", "0.20.0", ELASTIC)
# renovate: datasource=helm depName=eck-logstash registryUrl=https://helm.elastic.co
ECK_LOGSTASH = Chart("eck-logstash", "0.20.0", ELASTIC)
# renovate: datasource=helm depName=eck-beats registryUrl=https://helm.elastic.co
ECK_BEATS = Chart("eck-beats", "0.20.0", ELASTIC)
# renovate: datasource=helm depName=jaeger registryUrl=https://jaegertracing.github.io/helm-charts
JAEGER = Chart("jaeger", "4.11.1", JAEGERTRACING)
# renovate: datasource=helm depName=opentelemetry-collector registryUrl=https://open-telemetry.github.io/opentelemetry-helm-charts
OTEL_COLLECTOR = Chart("opentelemetry-collector", "0.170.0", OPEN_TELEMETRY)

# renovate: datasource=docker depName=docker.elastic.co/elasticsearch/elasticsearch
ELASTIC_STACK_VERSION = "9.5.0"
# renovate: datasource=docker depName=quay.io/oauth2-proxy/oauth2-proxy
OAUTH2_PROXY_IMAGE = "quay.io/oauth2-proxy/oauth2-proxy:v7.15.4"
# renovate: datasource=docker depName=docker.io/kuskoman/logstash-exporter
LOGSTASH_EXPORTER_IMAGE = "docker.io/kuskoman/logstash-exporter:v2.0.0-pre11"
# Python for the bootstrap Job: the image of Grafana's sidecar, so that the cluster pulls nothing more for it.
# renovate: datasource=docker depName=quay.io/kiwigrid/k8s-sidecar
PYTHON_IMAGE = "quay.io/kiwigrid/k8s-sidecar:2.10.1"

CHARTS = tuple(value for value in list(globals().values()) if isinstance(value, Chart))


class ChartNotFoundError(pulumi.RunError):
    """The mirror directory lacks a chart, or has another version of it."""


def source(chart: Chart, mirror: str | None) -> dict[str, Any]:
    """The arguments of a Helm release that say where its chart comes from.

    ``mirror`` is nothing (the chart's public repository), the URL of an OCI registry's folder or of an HTTP(S)
    repository, or a directory of charts, packaged (``grafana-12.11.1.tgz``) or unpacked (``grafana/``).
    """
    if mirror is None:
        return {"chart": chart.name, "version": chart.version, "repository_opts": {"repo": chart.repository}}
    if mirror.startswith("oci://"):
        return {"chart": f"{mirror.rstrip('/')}/{chart.name}", "version": chart.version}
    if mirror.startswith(("https://", "http://")):
        return {"chart": chart.name, "version": chart.version, "repository_opts": {"repo": mirror}}
    return {"chart": str(directory_entry(chart, Path(mirror))), "version": chart.version}


def missing(mirror: str | None) -> list[str]:
    """What a mirror directory lacks, a line for each chart; known before anything is created."""
    lines = []
    for chart in CHARTS:
        try:
            source(chart, mirror)
        except ChartNotFoundError as error:
            lines.append(str(error))
    return lines


def directory_entry(chart: Chart, directory: Path) -> Path:
    """The packaged or unpacked chart in a mirror directory; raises ``ChartNotFoundError`` when it is not there."""
    packaged, unpacked = directory / f"{chart.name}-{chart.version}.tgz", directory / chart.name
    if packaged.is_file():
        return packaged
    if not (unpacked / "Chart.yaml").is_file():
        raise ChartNotFoundError(
            f"platform.charts.mirror: {directory} has neither {packaged.name} nor {chart.name}/Chart.yaml; "
            f"put one there (helm pull {chart.name} --repo {chart.repository} --version {chart.version} -d {directory})"
        )
    found = yaml.load((unpacked / "Chart.yaml").read_text(), yaml.CSafeLoader)["version"]
    if found != chart.version:
        raise ChartNotFoundError(f"platform.charts.mirror: {unpacked} is version {found}; put {chart.version} there")
    return unpacked
