"""Roles of the Elasticsearch users, as `roles.yml` has them, each with the least that its client works with."""

from typing import Any

from .streams import JAEGER_INDICES, streams

USER_ROLES: dict[str, list[str]] = {
    "logstash": ["neuroerp_logs_writer"],
    "jaeger": ["neuroerp_traces_writer"],
    "jaeger-cleaner": ["neuroerp_traces_cleaner"],
    "grafana": ["neuroerp_logs_reader"],
    "exporter": ["neuroerp_metrics_reader"],
    "bootstrap": ["neuroerp_bootstrap"],
    # A person's login. Not "kibana": Elasticsearch keeps that name for itself and skips such a user without a word to
    # the client. kibana_admin is built in: all of Kibana, but no index of ours.
    "kibana-user": ["kibana_admin", "neuroerp_kibana_reader"],
}
"""File-realm user -> its roles."""


def _on(names: list[str], *privileges: str) -> list[dict[str, list[str]]]:
    # New lists each time: a shared one would become a YAML anchor in roles.yml.
    return [{"names": list(names), "privileges": list(privileges)}]


def roles(environment: str, *, snapshots: bool = False) -> dict[str, Any]:
    """Role -> definition. Rights on a data stream hold for its backing indices too."""
    logs = streams(environment)
    # A policy makes its snapshots with the rights of the user who last put it; what deletes them needs none.
    of_snapshots = ["cluster:admin/repository/put", "cluster:admin/slm/get", "cluster:admin/slm/put", "create_snapshot"]
    return {
        # The two raw actions are what the output plugin asks for at start; without auto_configure it retries for ever.
        "neuroerp_logs_writer": {
            "cluster": ["cluster:monitor/main", "cluster:monitor/xpack/license/get"],
            "indices": _on(logs, "auto_configure", "create_doc"),
        },
        # `index`, since Jaeger writes with that operation; it puts its own index templates at start.
        "neuroerp_traces_writer": {
            "cluster": ["monitor", "manage_index_templates"],
            "indices": _on([JAEGER_INDICES], "create_index", "index", "read"),
        },
        "neuroerp_traces_cleaner": {
            "indices": _on([JAEGER_INDICES], "delete_index", "view_index_metadata"),
        },
        # The raw actions are Grafana's health check of its data source.
        "neuroerp_logs_reader": {
            "cluster": ["cluster:monitor/main", "cluster:monitor/health"],
            "indices": _on(logs, "read", "view_index_metadata"),
        },
        "neuroerp_metrics_reader": {
            "cluster": ["monitor", "read_ilm"],
            "indices": _on([*logs, JAEGER_INDICES], "monitor", "view_index_metadata"),
        },
        # `manage` on the streams: lifecycle steps run with the rights of the user who last put the policy. In Kibana it
        # may manage data views and nothing else.
        "neuroerp_bootstrap": {
            "cluster": ["monitor", "manage_ilm", "manage_index_templates", *(of_snapshots if snapshots else [])],
            "indices": _on(logs, "manage"),
            "applications": [
                {
                    "application": "kibana-.kibana",
                    "privileges": ["feature_indexPatterns.all"],
                    "resources": ["space:default"],
                }
            ],
        },
        "neuroerp_kibana_reader": {
            "indices": _on(logs, "read", "view_index_metadata"),
        },
    }
