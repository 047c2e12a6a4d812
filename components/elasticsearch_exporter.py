"""Metrics of Elasticsearch."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from . import charts, secrets
from .kubernetes import StorageArgs, job_label, release
from .model import Duration, Model, Resources, small

CA_FOLDER = "/ssl"


class ElasticsearchExporterSettings(Model):
    """How often Elasticsearch is asked."""

    interval: Duration = "30s"
    """Time between two scrapes; each asks for the statistics of every index."""
    resources: Resources = small("10m", "32Mi", "128Mi")
    """Resources of the exporter."""


class ElasticsearchExporterArgs(StorageArgs):
    """Arguments of ``ElasticsearchExporter``."""

    snapshots: NotRequired[bool]
    """Whether Elasticsearch makes snapshots, whose state is then a metric."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ElasticsearchExporterSettings``."""


def _values(name: str, s: ElasticsearchExporterSettings, args: ElasticsearchExporterArgs) -> dict[str, Any]:
    login = secrets.elasticsearch_user("exporter").name
    return {
        "fullnameOverride": name,
        "resources": s.resources.spec(),
        "serviceAccount": {"create": True, "name": name, "automountServiceAccountToken": False},
        "es": {
            "uri": args["elasticsearch_url"],
            "ssl": {
                "enabled": True,
                "useExistingSecrets": True,
                "ca": {"path": f"{CA_FOLDER}/ca.crt"},
                "client": {"enabled": False},
            },
            "snapshots": False,  # Needs rights to the repository; the health report needs none.
            "cluster_settings": True,
            "data_stream": True,
            "ilm": True,
        },
        **({"extraArgs": ["--collector.health-report"]} if args.get("snapshots") else {}),
        "extraEnvSecrets": {
            "ES_USERNAME": {"secret": login, "key": "username"},
            "ES_PASSWORD": {"secret": login, "key": "password"},
        },
        "secretMounts": [{"name": "es-ca", "secretName": args["ca_secret"], "path": CA_FOLDER}],
        "serviceMonitor": {
            "enabled": True,
            "interval": s.interval,
            "scrapeTimeout": "20s",
            "relabelings": [job_label(name)],
        },
    }


class ElasticsearchExporter(pulumi.ComponentResource):
    """The Elasticsearch exporter with its scrape job and its own user."""

    def __init__(self, name: str, args: ElasticsearchExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the release."""
        super().__init__("neuroerp-observability:index:ElasticsearchExporter", name, {}, opts)
        settings = ElasticsearchExporterSettings.model_validate(args.get("settings", {}))
        child = pulumi.ResourceOptions(parent=self)
        release(name, charts.ELASTICSEARCH_EXPORTER, args, _values(name, settings, args), child)
        self.register_outputs({})
