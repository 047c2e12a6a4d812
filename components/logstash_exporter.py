"""Metrics of Logstash, which has none in Prometheus' form: one exporter asks the API of every pod."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s

from . import charts
from .elasticsearch_bootstrap import digest
from .kubernetes import CONTAINER_SECURITY, PlacedArgs, job_label, service_monitor, user
from .model import Model, Resources, small

PORT = 9198
API_PORT = 9600
NOBODY = 65534
CONFIG_FOLDER, CA_FOLDER = "/etc/logstash-exporter", "/ca"
# For all pods together; below Prometheus' own timeout (10s), so that one that hangs does not hide the others.
ANSWER_WITHIN = "5s"


class LogstashExporterSettings(Model):
    """How much the exporter of Logstash may use."""

    resources: Resources = small("10m", "32Mi", "96Mi")
    """Resources of the exporter."""


class LogstashExporterArgs(PlacedArgs):
    """Arguments of ``LogstashExporter``."""

    pods: Sequence[str]
    """Names of the Logstash pods, whether they run or not; metrics get them as their label `pod`."""
    api_host: pulumi.Input[str]
    """Host of Logstash's API: a headless Service in the same namespace, and the name in its certificate."""
    ca_secret: pulumi.Input[str]
    """Secret with `ca.crt` of the API."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``LogstashExporterSettings``."""


def config(pods: Sequence[str], api_host: str) -> str:
    """The exporter's configuration: JSON, which is YAML too."""
    # A pod's own name is not in the certificate, which is that of the Service.
    tls = {"ca_file": f"{CA_FOLDER}/ca.crt", "server_name": api_host}
    instances = [{"name": pod, "url": f"https://{pod}.{api_host}:{API_PORT}", "tls_config": tls} for pod in pods]
    content = {
        "logstash": {"instances": instances, "httpTimeout": ANSWER_WITHIN},
        "server": {"port": PORT},
        "logging": {"format": "json"},
    }
    return json.dumps(content, indent=2)


def _pod(name: str, s: LogstashExporterSettings, ca_secret: pulumi.Input[str]) -> dict[str, Any]:
    # Answers without asking Logstash: a Logstash that is down is no reason to restart the exporter that tells it.
    probe = {"httpGet": {"path": "/version", "port": "metrics"}}
    volumes: list[tuple[str, str, dict[str, Any]]] = [
        ("config", CONFIG_FOLDER, {"configMap": {"name": name}}),
        ("ca", CA_FOLDER, {"secret": {"secretName": ca_secret}}),
    ]
    return {
        "automountServiceAccountToken": False,
        "securityContext": user(NOBODY),
        "containers": [
            {
                "name": "logstash-exporter",
                "image": charts.LOGSTASH_EXPORTER_IMAGE,
                "args": [f"-config={CONFIG_FOLDER}/config.yml"],
                "ports": [{"name": "metrics", "containerPort": PORT}],
                "readinessProbe": probe,
                "livenessProbe": probe,
                "resources": s.resources.spec(),
                "securityContext": CONTAINER_SECURITY,
                "volumeMounts": [{"name": volume, "mountPath": path, "readOnly": True} for volume, path, _ in volumes],
            }
        ],
        "volumes": [{"name": volume, **source} for volume, _, source in volumes],
    }


def _monitor(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    # All metrics come from one target: the pod is the Logstash that a metric is about, where it is about one.
    about = {"sourceLabels": ["instance_name"], "regex": "(.+)", "targetLabel": "pod"}
    endpoint = {"port": "metrics", "relabelings": [job_label(name)], "metricRelabelings": [about]}
    return {"selector": {"matchLabels": dict(labels)}, "endpoints": [endpoint]}


class LogstashExporter(pulumi.ComponentResource):
    """The exporter of Logstash with its scrape job.

    It stands apart from the pods of Logstash: there, a fault of it would take a healthy Logstash out of its Service,
    and a Logstash whose pod cannot start would not be seen at all.
    """

    def __init__(self, name: str, args: LogstashExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the exporter, its Service and its scrape job."""
        super().__init__("neuroerp-observability:index:LogstashExporter", name, {}, opts)
        settings = LogstashExporterSettings.model_validate(args.get("settings", {}))
        child, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        labels = {"app.kubernetes.io/name": "logstash-exporter", "app.kubernetes.io/instance": name}
        metadata: Any = {"name": name, "namespace": namespace, "labels": labels}
        text = pulumi.Output.from_input(args["api_host"]).apply(lambda host: config(args["pods"], host))
        made = k8s.core.v1.ConfigMap(name, metadata=metadata, data={"config.yml": text}, opts=child)
        # The exporter reads its configuration once.
        version = text.apply(lambda content: digest({"config": content}))
        spec: Any = {
            "replicas": 1,
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"config-version": version}},
                "spec": _pod(name, settings, args["ca_secret"]),
            },
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=[made])
        k8s.apps.v1.Deployment(name, metadata=metadata, spec=spec, opts=after)
        ports: Any = [{"name": "metrics", "port": PORT, "targetPort": "metrics"}]
        k8s.core.v1.Service(name, metadata=metadata, spec={"selector": labels, "ports": ports}, opts=child)
        service_monitor(name, namespace, _monitor(name, labels), child)
        self.register_outputs({})
