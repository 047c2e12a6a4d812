"""Content of the log path of VALEO-NeuroERP: Logstash pipelines, Elasticsearch templates, users and roles."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.elasticsearch_snapshots import SnapshotsSettings

from . import beats_tls, filebeat
from .data_views import data_views
from .payloads import FILES, Storage, payloads
from .roles import USER_ROLES, roles
from .streams import JAEGER_INDEX_PREFIX, streams

__all__ = ["LogContent", "content", "filebeat"]

LOGSTASH_SETTINGS: dict[str, Any] = {
    "pipeline.ecs_compatibility": "v8",
    # What Logstash has taken over from Filebeat survives a restart and an outage of Elasticsearch.
    "queue.type": "persisted",
    # Without it, a document that Elasticsearch refuses is dropped.
    "dead_letter_queue.enable": True,
    "dead_letter_queue.retain.age": "7d",
    "path.dead_letter_queue": "/usr/share/logstash/data/dead_letter_queue",
}


@dataclass(frozen=True)
class LogContent:
    """All that the components for Elasticsearch, Logstash and the bootstrap Job take from here."""

    pipelines: dict[str, str]
    """Pipeline id -> configuration. It needs these variables: ECK_ES_HOSTS and ECK_ES_SSL_CERTIFICATE_AUTHORITY (set by
    ECK), LOGSTASH_ES_USER, LOGSTASH_ES_PASSWORD and NEUROERP_ENV; with TLS also the certificates of
    `beats_tls`."""
    logstash_settings: dict[str, Any]
    """`logstash.yml`."""
    payloads: dict[str, str]
    """File name -> request that the bootstrap program applies to Elasticsearch, in the order of the names."""
    data_views: dict[str, str]
    """File name -> request that it applies to Kibana."""
    roles: dict[str, Any]
    """`roles.yml`: role -> definition."""
    user_roles: dict[str, list[str]]
    """File-realm user -> its roles, own and built-in ones."""
    bootstrap: dict[str, str]
    """The Python package that applies the payloads: file name -> text."""
    app_index: str
    """Name of the stream with the application's lines."""
    jaeger_index_prefix: str
    """Jaeger's `index_prefix`, which the roles of Jaeger and its cleaner hold to."""


def content(
    environment: str,
    *,
    index_replicas: int,
    retention_days: int,
    rollover_age: str,
    rollover_size: str,
    shards: int = 1,
    cluster_issuer: str | None = None,
    plain_text: bool = False,  # noqa: ARG001 - a decision of people, which changes nothing here
    snapshots: SnapshotsSettings | None = None,
) -> LogContent:
    """The content for an environment, whose name ends each stream's; ``rollover_size`` is like 500Mi or 30Gi.

    With a ``cluster_issuer`` Logstash takes lines over mutual TLS alone. With ``snapshots`` they are made, and the user
    of the bootstrap program may do what that takes.
    """
    # What Kubernetes calls Gi is gb for Elasticsearch: powers of two for both.
    size = f"{rollover_size.removesuffix('i').lower()}b"
    storage = Storage(environment, index_replicas, shards, retention_days, rollover_age, size, snapshots)
    here = Path(__file__).parent
    pipelines = {name: _text(here / "pipeline" / f"{name}.conf") for name in ("main", "dead_letter")}
    if cluster_issuer:
        pipelines["main"] = beats_tls.encrypted(pipelines["main"])
    return LogContent(
        pipelines=pipelines,
        logstash_settings={**LOGSTASH_SETTINGS, **(beats_tls.SETTINGS if cluster_issuer else {})},
        payloads=payloads({name: _text(here / "elasticsearch" / name) for name in FILES}, storage),
        data_views=data_views(environment),
        roles=roles(environment, snapshots=snapshots is not None),
        user_roles={user: list(names) for user, names in USER_ROLES.items()},
        bootstrap={file.name: _text(file) for file in sorted((here / "bootstrap").glob("*.py"))},
        app_index=streams(environment)[0],
        jaeger_index_prefix=JAEGER_INDEX_PREFIX,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
