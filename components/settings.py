"""The settings of a stack: one closed `platform` object, read and checked as a whole before anything is created."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal

import pulumi
from pydantic import ValidationError

from . import charts, demands, secrets
from .alerting import AlertingSettings
from .alertmanager import AlertmanagerSettings
from .cluster import ClusterSettings
from .collector import CollectorSettings
from .elastic_operator import ElasticOperatorSettings
from .elasticsearch import ElasticsearchSettings
from .elasticsearch_bootstrap import ElasticsearchBootstrapSettings
from .elasticsearch_exporter import ElasticsearchExporterSettings
from .exposure import ExposureSettings
from .filebeat import FilebeatSettings
from .grafana import GrafanaSettings
from .health_probes import HealthProbesSettings
from .jaeger import JaegerSettings
from .kibana import KibanaSettings
from .load import LoadSettings
from .logstash import LogstashSettings
from .logstash_exporter import LogstashExporterSettings
from .model import Model, Name
from .namespaces import NamespacesSettings
from .problems import explain
from .prometheus import PrometheusSettings
from .redis_exporter import RedisExporterSettings
from .sections import ApplicationSettings, ChartsSettings, LogsSettings

OBJECT = "platform"


class SettingsError(pulumi.RunError):
    """Settings that cannot be right: one line for each problem."""


class Settings(Model):
    """The settings of one stack."""

    environment: Name
    """Environment: a label on alerts, a part of index names; usually the stack's name."""
    tier: Literal["development", "production"]
    """`production` demands replicas, volumes, heartbeat and TLS."""
    application: ApplicationSettings
    """The application that is watched."""
    alerting: AlertingSettings
    """Who hears of alerts, and when."""
    redis_exporter: RedisExporterSettings
    """The exporter of the application's Redis."""
    logs: LogsSettings = LogsSettings()
    """How logs are sent, and how long they are kept."""
    load: LoadSettings | None = None
    """The load that the sizes are to hold; `python -m preview capacity` tells whether they do."""
    exposure: ExposureSettings = ExposureSettings()
    """How people reach the UIs."""
    cluster: ClusterSettings = ClusterSettings()
    """The cluster of the stack."""
    charts: ChartsSettings = ChartsSettings()
    """Where charts come from, and their images."""
    namespaces: NamespacesSettings = NamespacesSettings()
    """The namespaces of the platform."""
    prometheus: PrometheusSettings = PrometheusSettings()
    """Prometheus."""
    alertmanager: AlertmanagerSettings = AlertmanagerSettings()
    """Alertmanager."""
    grafana: GrafanaSettings = GrafanaSettings()
    """Grafana."""
    elastic_operator: ElasticOperatorSettings = ElasticOperatorSettings()
    """The operator of Elasticsearch, Kibana, Logstash and Filebeat."""
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    """Elasticsearch."""
    bootstrap: ElasticsearchBootstrapSettings = ElasticsearchBootstrapSettings()
    """The Jobs that prepare Elasticsearch and Kibana."""
    kibana: KibanaSettings = KibanaSettings()
    """Kibana."""
    logstash: LogstashSettings = LogstashSettings()
    """Logstash."""
    filebeat: FilebeatSettings = FilebeatSettings()
    """Filebeat."""
    jaeger: JaegerSettings = JaegerSettings()
    """Jaeger."""
    collector: CollectorSettings = CollectorSettings()
    """The OpenTelemetry Collector in front of Jaeger."""
    health_probes: HealthProbesSettings = HealthProbesSettings()
    """Probes of health endpoints."""
    elasticsearch_exporter: ElasticsearchExporterSettings = ElasticsearchExporterSettings()
    """The exporter of Elasticsearch."""
    logstash_exporter: LogstashExporterSettings = LogstashExporterSettings()
    """The exporter of Logstash."""

    def problems(self) -> Iterable[str]:
        """What sections demand of each other, and production of all."""
        yield from demands.across(self)
        if self.tier == "production":
            yield from demands.production(self)

    def given_secrets(self) -> list[secrets.SecretSpec]:
        """The secrets that these settings need from the stack's configuration."""
        login = self.exposure.login
        needed = {
            secrets.SMTP: self.alerting.email.user,
            secrets.HEARTBEAT: self.alerting.heartbeat,
            secrets.WEBHOOK: self.alerting.webhook,
            secrets.SLACK: self.alerting.slack,
            secrets.PAGERDUTY: self.alerting.pagerduty,
            secrets.OPSGENIE: self.alerting.opsgenie,
            secrets.GRAFANA_DATABASE: self.grafana.database,
            secrets.OIDC_CLIENT: login and login.oidc,
            secrets.REDIS: self.redis_exporter.password,
            secrets.SNAPSHOTS: self.elasticsearch.snapshots and self.elasticsearch.snapshots.secret_wanted,
        }
        return [spec for spec, condition in needed.items() if condition]


def parse(raw: Any) -> Settings:
    """Check the `platform` object; raises ``SettingsError`` with all problems at once."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        lines = explain(error, Settings, OBJECT)
        wrong = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
    if wrong and isinstance(raw, dict):
        # The rules between sections run only on whole settings: find out what they say of the right sections.
        lines += [line for line in _between(raw, wrong) if line.split(".")[1].split(":")[0] not in wrong]
    raise SettingsError("\n".join(lines))


def _between(raw: dict[str, Any], wrong: set[int | str]) -> list[str]:
    try:
        Settings.model_validate({key: value for key, value in raw.items() if key not in wrong})
    except ValidationError as error:
        return explain(error, Settings, OBJECT)
    return []


def load() -> Settings:
    """Read and check this stack's configuration; raises ``SettingsError``."""
    config = pulumi.Config()
    known = {OBJECT, *(spec.config_key for spec in secrets.INVENTORY if spec.config_key)}
    own = [key.removeprefix(f"{config.name}:") for key in _all_keys() if key.startswith(f"{config.name}:")]
    # The engine accepts any key without a word: a misspelt secret would be a secret that nobody reads.
    unknown = [
        f"{key}: is not a configuration key; did you mean {(get_close_matches(key, known, 1, 0) or [OBJECT])[0]}?"
        for key in sorted(set(own) - known)
    ]
    text = config.get(OBJECT)
    if text is None:
        raise SettingsError(
            "\n".join([*unknown, f"{OBJECT}: is missing; write it in Pulumi.{pulumi.get_stack()}.yaml"])
        )
    try:
        settings = parse(json.loads(text))
    except SettingsError as error:
        raise SettingsError("\n".join([*unknown, str(error)])) from None
    if lines := [*unknown, *charts.missing(settings.charts.mirror)]:
        raise SettingsError("\n".join(lines))
    return settings


def _all_keys() -> Iterable[str]:
    return {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
