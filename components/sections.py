"""Sections of the settings that belong to no single component."""

import re
from collections.abc import Iterable

from pydantic import Field

from .model import Copies, Days, Flag, Model, Name, Url, seconds


class ChartsSettings(Model):
    """Where charts come from, and their images."""

    mirror: str | None = None
    """Directory of charts, or URL of an HTTP(S) repository or OCI registry; without it, the public repositories."""
    images: list[str] | None = Field(default=None, min_length=1)
    """Repositories that the policy lets images come from, like `docker.io/grafana/*`; without it, its own list."""

    def problems(self) -> Iterable[str]:
        """Every image names its registry, so a pattern without one lets nothing in."""
        for pattern in self.images or ():
            registry, slash, path = pattern.partition("/")
            if not slash or not path or not re.search(r"[.:]|^localhost$", registry):
                yield f"images: {pattern} names no registry and repository; write one like docker.io/grafana/*"


class ApplicationSettings(Model):
    """The application that is watched."""

    namespace: Name
    """Namespace of its pods."""
    part_of: str
    """Value of the label `app.kubernetes.io/part-of` on its pods and Services."""
    service: Name
    """Service whose health is probed."""
    metrics_port: str = "http"
    """Name of the Service's port that serves /metrics."""
    health_urls: list[Url] = Field(default_factory=list)
    """Health endpoints to probe, in the cluster and from outside."""


class LogsSettings(Model):
    """How logs are sent, and how long they are kept."""

    retention_days: Days = 3
    """Days after which logs are deleted."""
    index_replicas: Copies = 0
    """Copies of each index; fewer than Elasticsearch has nodes."""
    rollover_age: str = Field(default="1d", pattern=r"^[1-9]\d*[hd]$")
    """Age at which a new index begins, in hours or days."""
    rollover_size: str = Field(default="2Gi", pattern=r"^[1-9]\d*[MGT]i$")
    """Size of an index's primary shard at which a new one begins, in Mi, Gi or Ti."""
    cluster_issuer: Name | None = None
    """ClusterIssuer of cert-manager with an authority of your own, for mutual TLS from Filebeat to Logstash."""
    plain_text: Flag = False
    """Whether lines may go from Filebeat to Logstash without TLS, where production has no such ClusterIssuer."""

    def problems(self) -> Iterable[str]:
        """Only indices that rolled over are deleted, and TLS is either wanted or not."""
        if self.cluster_issuer and self.plain_text:
            yield "plainText: lines cannot be plain with a clusterIssuer; remove one of the two"
        if seconds(self.rollover_age) > 86400 * self.retention_days:
            days = self.retention_days
            yield f"rolloverAge: {self.rollover_age} is over retentionDays ({days}); write at most {days}d"
