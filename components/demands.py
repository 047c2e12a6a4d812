"""What sections of the settings demand of each other, and what production demands of all."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .model import seconds

if TYPE_CHECKING:
    from .settings import Settings


def across(s: "Settings") -> Iterable[str]:
    """Contradictions between sections, as `path: what is wrong; what to write instead`."""
    for section, copies in (("logs", s.logs.index_replicas), ("jaeger", s.jaeger.index_replicas)):
        if copies >= s.elasticsearch.nodes:
            nodes = s.elasticsearch.nodes
            yield f"{section}.indexReplicas: {copies} copies need more than {nodes} nodes; write at most {nodes - 1}"
    if s.application.namespace in (s.namespaces.platform, s.namespaces.agents):
        taken = s.application.namespace
        yield f"application.namespace: {taken} is a namespace of the platform; write the application's own"
    # What Alertmanager has forgotten it tells again.
    for name, interval in s.alerting.repeat:
        if seconds(interval) > seconds(s.alertmanager.retention):
            remembered = s.alertmanager.retention
            yield f"alerting.repeat.{name}: {interval} is over alertmanager.retention; write at most {remembered}"


def production(s: "Settings") -> Iterable[str]:
    """What production demands, so that the loss of a node or of a restart loses neither data nor alerts."""
    at_least = {
        "prometheus.replicas": (s.prometheus.replicas, 2),
        "alertmanager.replicas": (s.alertmanager.replicas, 3),
        "elasticsearch.nodes": (s.elasticsearch.nodes, 3),
        "logstash.replicas": (s.logstash.replicas, 2),
        "jaeger.replicas": (s.jaeger.replicas, 2),
        "logs.indexReplicas": (s.logs.index_replicas, 1),
        "jaeger.indexReplicas": (s.jaeger.index_replicas, 1),
    }
    for path, (value, least) in at_least.items():
        if value < least:
            yield f"{path}: production needs {least} or more, not {value}; write {least}"
    apart = {
        "prometheus": s.prometheus.anti_affinity,
        "alertmanager": s.alertmanager.anti_affinity,
        "elasticsearch": s.elasticsearch.anti_affinity,
        "logstash": s.logstash.anti_affinity,
        "jaeger": s.jaeger.anti_affinity,
    }
    for section in (section for section, mode in apart.items() if mode == "none"):
        yield f"{section}.antiAffinity: production keeps replicas on different nodes; write soft or hard"
    must = {
        "prometheus.volume: production keeps its samples; write volume with a size": s.prometheus.volume,
        "prometheus.retentionSize: production limits samples; write 80 % of the volume": s.prometheus.retention_size,
        "alertmanager.volume: production keeps its silences; write volume with a size": s.alertmanager.volume,
        "elasticsearch.volume: production keeps its logs; write volume with a size": s.elasticsearch.volume,
        "logstash.volume: production keeps its queues; write volume with a size": s.logstash.volume,
        "grafana.volume: production keeps what people make; write volume or database": s.grafana.volume
        or s.grafana.database,
        "alerting.heartbeat: production notices when alerting itself dies; write true": s.alerting.heartbeat,
        "alerting.email.tls: production mails over TLS alone; write true": s.alerting.email.tls,
        "logs.clusterIssuer: production encrypts lines on their way; write a ClusterIssuer, or plainText: true": (
            s.logs.cluster_issuer or s.logs.plain_text
        ),
        "jaeger.storage: production keeps its traces; write elasticsearch": s.jaeger.storage == "elasticsearch",
        "cluster.context: production names its cluster; write a context of your kubeconfig": s.cluster.context,
        "namespaces.keep: production keeps volumes when the stack is destroyed; write true": s.namespaces.keep,
        "elasticsearch.keepVolumes: production keeps its logs; write true": s.elasticsearch.keep_volumes,
        "exposure.className: production names its controller; write an IngressClass": s.exposure.class_name
        or s.exposure.kind != "ingress",
        "exposure.gateway.sectionName: production uses HTTPS alone; write its listener": s.exposure.kind != "gateway"
        or (s.exposure.gateway and s.exposure.gateway.section_name),
        "exposure.tls: production uses HTTPS; write tls, or a gateway with https": s.exposure.https
        or s.exposure.kind == "none",
    }
    yield from (demand for demand, met in must.items() if not met)
