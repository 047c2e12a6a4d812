"""Pulumi components of an observability platform; each is usable on its own."""

from .alertmanager import Alertmanager
from .cluster import on_cluster
from .collector import Collector
from .elastic_operator import ElasticOperator
from .elasticsearch import Elasticsearch
from .elasticsearch_bootstrap import ElasticsearchBootstrap
from .elasticsearch_exporter import ElasticsearchExporter
from .exposure import Exposure
from .filebeat import Filebeat
from .grafana import Grafana
from .health_probes import HealthProbes
from .jaeger import Jaeger
from .kibana import Kibana
from .kubernetes import PlacedArgs, StorageArgs
from .login_proxy import LoginProxy
from .logstash import Logstash
from .logstash_exporter import LogstashExporter
from .namespaces import Namespaces
from .prometheus import Prometheus
from .redis_exporter import RedisExporter

__all__ = [
    "Alertmanager",
    "Collector",
    "ElasticOperator",
    "Elasticsearch",
    "ElasticsearchBootstrap",
    "ElasticsearchExporter",
    "Exposure",
    "Filebeat",
    "Grafana",
    "HealthProbes",
    "Jaeger",
    "Kibana",
    "LoginProxy",
    "Logstash",
    "LogstashExporter",
    "Namespaces",
    "PlacedArgs",
    "Prometheus",
    "RedisExporter",
    "StorageArgs",
    "on_cluster",
]
