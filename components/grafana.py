"""Grafana with a generated login, its data sources and its dashboards."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes as k8s

from . import charts, secrets
from .grafana_ini import DATABASE_FILES, Database, ini
from .kubernetes import PlacedArgs, release
from .model import Count, Model, Resources, Volume, small

ELASTICSEARCH_FILES = "/etc/secrets/elasticsearch"


class GrafanaSettings(Model):
    """How available Grafana is and where it keeps what people make in it."""

    replicas: Count = 1
    """Grafana servers; more than one needs a database."""
    database: Database | None = None
    """Database of Grafana; without one it keeps an SQLite file."""
    volume: Volume | None = None
    """Volume of the SQLite file; without volume and database, what people make is lost when the pod restarts."""
    resources: Resources = small("100m", "192Mi", "512Mi")
    """Resources of each server."""
    sidecar_resources: Resources = small("10m", "80Mi", "160Mi")
    """Resources of each of the two sidecars that bring dashboards and data sources."""

    def problems(self) -> Iterable[str]:
        """An SQLite file has one writer."""
        if self.replicas > 1 and not self.database:
            yield f"replicas: {self.replicas} servers cannot share an SQLite file; write database, or replicas: 1"
        if self.database and self.volume:
            yield "volume: is not used beside database; remove one of the two"


class GrafanaArgs(PlacedArgs):
    """Arguments of ``Grafana``."""

    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``GrafanaSettings``."""
    data_sources: NotRequired[Sequence[Mapping[str, Any]]]
    """Data sources in Grafana's provisioning form; secrets in them only as `$__file{...}`."""
    dashboards: NotRequired[Mapping[str, str]]
    """Dashboards: uid to JSON text."""
    folder: NotRequired[str]
    """Folder of these dashboards."""
    external_url: NotRequired[str | None]
    """URL that people reach Grafana at."""
    database_password: NotRequired[pulumi.Input[str] | None]
    """Password at the database."""
    elasticsearch_ca_secret: NotRequired[pulumi.Input[str]]
    """Secret with `ca.crt` of Elasticsearch; with it, the files that the data source reads are mounted."""


def _mounts(s: GrafanaSettings, args: GrafanaArgs) -> list[dict[str, Any]]:
    mounts: dict[str, tuple[pulumi.Input[str], str]] = {}
    if "elasticsearch_ca_secret" in args:
        login = secrets.elasticsearch_user("grafana").name
        mounts["elasticsearch-user"] = (login, f"{ELASTICSEARCH_FILES}/user")
        mounts["elasticsearch-ca"] = (args["elasticsearch_ca_secret"], f"{ELASTICSEARCH_FILES}/ca")
    if s.database:
        mounts["database"] = (secrets.GRAFANA_DATABASE.name, DATABASE_FILES)
    return [
        {"name": name, "secretName": secret, "mountPath": path, "readOnly": True}
        for name, (secret, path) in mounts.items()
    ]


def _sidecars(s: GrafanaSettings) -> dict[str, Any]:
    common = {"enabled": True, "labelValue": "1", "resource": "configmap"}
    probe = {"httpGet": {"path": "/healthz", "port": 8081}, "periodSeconds": 2, "failureThreshold": 60}
    folders = {"folderAnnotation": "grafana_folder", "provider": {"foldersFromFilesStructure": True}}
    # A native sidecar that is waited for: Grafana reads its data sources once, at start.
    waited_for = {"initDatasources": True, "restartPolicy": "Always", "startupProbe": probe}
    return {
        "resources": s.sidecar_resources.spec(),
        "dashboards": {**common, "label": "grafana_dashboard", **folders},
        "datasources": {**common, "label": "grafana_datasource", **waited_for},
    }


def _storage(s: GrafanaSettings) -> dict[str, Any]:
    if not s.volume:
        return {}
    return {
        "persistence": {
            "enabled": True,
            "size": s.volume.size,
            "lookupVolumeName": False,  # True breaks an atomic rollback: the claim's spec is immutable.
            "annotations": {"helm.sh/resource-policy": "keep"},
            **({"storageClassName": s.volume.storage_class} if s.volume.storage_class else {}),
        },
        # A volume that one node mounts cannot be handed over while the old pod lives.
        "deploymentStrategy": {"type": "Recreate"},
    }


def _values(name: str, s: GrafanaSettings, args: GrafanaArgs) -> dict[str, Any]:
    return {
        "fullnameOverride": name,
        "replicas": s.replicas,
        "resources": s.resources.spec(),
        "admin": {"existingSecret": secrets.GRAFANA_ADMIN.name},
        "envValueFrom": {"GF_SECURITY_SECRET_KEY": {"secretKeyRef": {"name": secrets.GRAFANA_KEY.name, "key": "key"}}},
        "extraSecretMounts": _mounts(s, args),
        "grafana.ini": ini(s.database, args.get("external_url")),
        "assertNoLeakedSecrets": True,
        "initChownData": {"enabled": False},
        "testFramework": {"enabled": False},
        "rbac": {"namespaced": True},
        "serviceMonitor": {"enabled": True},
        **({"podDisruptionBudget": {"minAvailable": s.replicas - 1}} if s.replicas > 1 else {}),
        "sidecar": _sidecars(s),
        **_storage(s),
    }


class Grafana(pulumi.ComponentResource):
    """Grafana from its chart: login and encryption key generated, data sources and dashboards from ConfigMaps."""

    url: pulumi.Output[str]
    """URL of Grafana inside the cluster."""
    service: pulumi.Output[str]
    """Name of the Service of Grafana."""
    admin_secret: pulumi.Output[str]
    """Name of the Secret that holds the first login."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create Secrets and ConfigMaps first, so that the first start finds them."""
        super().__init__("neuroerp-observability:index:Grafana", name, {}, opts)
        settings = GrafanaSettings.model_validate(args.get("settings", {}))
        child, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        login: dict[str, pulumi.Input[str]] = {
            "admin-user": "admin",
            "admin-password": secrets.password(secrets.GRAFANA_ADMIN, child).result,
        }
        admin = secrets.secret(secrets.GRAFANA_ADMIN, namespace, login, child)
        made: list[pulumi.Resource] = [admin]
        made.append(
            secrets.secret(
                secrets.GRAFANA_KEY, namespace, {"key": secrets.password(secrets.GRAFANA_KEY, child).result}, child
            )
        )
        if settings.database:
            made.append(
                secrets.secret(
                    secrets.GRAFANA_DATABASE, namespace, {"password": args["database_password"] or ""}, child
                )
            )

        sources = {"apiVersion": 1, "prune": True, "datasources": list(args.get("data_sources", []))}
        made.append(
            _config_map(
                f"{name}-data-sources",
                namespace,
                "grafana_datasource",
                {"data-sources.yaml": pulumi.Output.json_dumps(sources, indent=2)},
                {},
                child,
            )
        )
        folder = {"grafana_folder": args.get("folder", "General")}
        for uid, text in args.get("dashboards", {}).items():
            made.append(
                _config_map(
                    f"{name}-dashboard-{uid}", namespace, "grafana_dashboard", {f"{uid}.json": text}, folder, child
                )
            )
        release(
            name,
            charts.GRAFANA,
            args,
            _values(name, settings, args),
            pulumi.ResourceOptions(parent=self, depends_on=made),
        )

        self.service = pulumi.Output.from_input(name)
        self.url = pulumi.Output.format("http://{0}.{1}.svc", name, namespace)
        self.admin_secret = admin.metadata["name"]
        self.register_outputs({"url": self.url, "service": self.service, "adminSecret": self.admin_secret})


def _config_map(
    name: str,
    namespace: pulumi.Input[str],
    label: str,
    data: Mapping[str, pulumi.Input[str]],
    annotations: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> k8s.core.v1.ConfigMap:
    metadata: Any = {"name": name, "namespace": namespace, "labels": {label: "1"}, "annotations": dict(annotations)}
    return k8s.core.v1.ConfigMap(name, metadata=metadata, data=dict(data), opts=opts)
