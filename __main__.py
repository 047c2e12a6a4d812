"""The observability platform of VALEO-NeuroERP: what runs, and how it is joined."""

import pulumi

import alerts
import components as obs
import dashboards
import logs
from components import data_sources, secrets, settings

s = settings.load()
given = secrets.given(s.given_secrets())
log = logs.content(s.environment, snapshots=s.elasticsearch.snapshots, **s.logs.plain())
url = s.exposure.urls()
links = dashboards.Links(url["grafana"], url["kibana"], url["alertmanager"], url["jaeger"])
after = obs.on_cluster(s.cluster)

spaces = obs.Namespaces("namespaces", {"settings": s.namespaces.plain()}, after())
here = obs.PlacedArgs(namespace=spaces.platform, chart_mirror=s.charts.mirror)
on_nodes = obs.PlacedArgs(namespace=spaces.agents, chart_mirror=s.charts.mirror)

# fmt: off
# Metrics and alerts
prometheus = obs.Prometheus("prometheus", {
    **here, "settings": s.prometheus.plain(), "agents_namespace": spaces.agents, "external_url": url["prometheus"],
    "external_labels": {"environment": s.environment}, "alertmanager_name": "alertmanager",
    "rules": alerts.rules(s.alerting, alerts.jobs(s), url["grafana"]), "monitors": alerts.monitors(s.application)},
    after(spaces))
alertmanager = obs.Alertmanager("alertmanager", {**here, "settings": s.alertmanager.plain(),
    "config": alerts.config(s.alerting), "templates": alerts.routes.templates(), "secrets": given.values,
    "external_url": url["alertmanager"]}, after(prometheus))
obs.HealthProbes("blackbox-exporter", {**here, "settings": s.health_probes.plain(),
    **alerts.probes(s.application, s.namespaces.platform)}, after(prometheus))
obs.RedisExporter("redis-exporter", {
    **here, "settings": s.redis_exporter.plain(), "password": given.get(secrets.REDIS)}, after(prometheus))

# Logs
operator = obs.ElasticOperator("elastic-operator", {**here, "settings": s.elastic_operator.plain()}, after(prometheus))
elasticsearch = obs.Elasticsearch("elasticsearch", {**here, "settings": s.elasticsearch.plain(),
    "users": log.user_roles, "roles": log.roles, "snapshot_secret": given.get(secrets.SNAPSHOTS)}, after(operator))
storage = obs.StorageArgs(elasticsearch_url=elasticsearch.url, ca_secret=elasticsearch.ca_secret, **here)
obs.ElasticsearchExporter("elasticsearch-exporter", {**storage, "settings": s.elasticsearch_exporter.plain(),
    "snapshots": s.elasticsearch.snapshots is not None}, after(elasticsearch))
bootstrap = obs.ElasticsearchBootstrap("elasticsearch-bootstrap", {**storage, "settings": s.bootstrap.plain(),
    "program": log.bootstrap, "payloads": log.payloads, "server_url": elasticsearch.url}, after(elasticsearch))
kibana = obs.Kibana("kibana", {**here, "settings": s.kibana.plain(), "elasticsearch_name": "elasticsearch",
    "external_url": url["kibana"]}, after(elasticsearch))
obs.ElasticsearchBootstrap("kibana-bootstrap", {**storage, "settings": s.bootstrap.plain(),
    "program": log.bootstrap, "payloads": log.data_views, "server_url": kibana.url}, after(kibana))
logstash = obs.Logstash("logstash", {"cluster_issuer": s.logs.cluster_issuer,
    **here, "settings": s.logstash.plain(), "elasticsearch_name": "elasticsearch", "pipelines": log.pipelines,
    "config": log.logstash_settings, "environment": {"NEUROERP_ENV": s.environment}}, after(bootstrap))
obs.LogstashExporter("logstash-exporter", {**here, "settings": s.logstash_exporter.plain(), "pods": logstash.pods,
    "api_host": logstash.api_host, "ca_secret": logstash.ca_secret}, after(logstash))
obs.Filebeat("filebeat", {**on_nodes, "settings": s.filebeat.plain(), "logstash_host": logstash.beats_host,
    "cluster_issuer": s.logs.cluster_issuer, "inputs": logs.filebeat.inputs(s.application.part_of)}, after(logstash))

# Traces
jaeger = obs.Jaeger("jaeger", {
    **storage, "settings": s.jaeger.plain(), "index_prefix": log.jaeger_index_prefix}, after(bootstrap))
collector = obs.Collector("otel-collector", {**here, "settings": s.collector.plain(),
    "jaeger_pods": jaeger.pods, "redacted": s.jaeger.redacted}, after(jaeger))

# Windows on all of it
grafana = obs.Grafana("grafana", {
    **here, "settings": s.grafana.plain(), "dashboards": dashboards.render(links),
    "data_sources": [data_sources.prometheus(prometheus.url, s.prometheus.scrape_interval),
        data_sources.alertmanager(alertmanager.url), data_sources.jaeger(jaeger.url, alerts.SPAN_REQUESTS),
        data_sources.elasticsearch(elasticsearch.url, log.app_index)],
    "elasticsearch_ca_secret": elasticsearch.ca_secret, "database_password": given.get(secrets.GRAFANA_DATABASE),
    "folder": dashboards.FOLDER, "external_url": url["grafana"]}, after(elasticsearch))
exposure = obs.Exposure("exposure", {
    **here, "settings": s.exposure.plain(), "oidc_client_secret": given.get(secrets.OIDC_CLIENT),
    "services": {"grafana": grafana.service, "kibana": kibana.service, "prometheus": prometheus.service,
                 "alertmanager": alertmanager.service, "jaeger": jaeger.service}}, after(spaces))

pulumi.export("urls", exposure.urls)
pulumi.export("loginSecrets", {
    "grafana": grafana.admin_secret, "kibana": elasticsearch.login_secret, "others": exposure.login_secret})
pulumi.export("otlpEndpoint", collector.otlp_endpoint)
