"""What Filebeat reads: one input for each container of the pods of the ERP. Where it sends to is not decided here."""

from typing import Any

_LABEL = "kubernetes.labels.app_kubernetes_io/part-of"
"""The pod label `app.kubernetes.io/part-of` as autodiscover knows it: `labels.dedot` makes underscores of dots."""


def inputs(part_of: str) -> dict[str, Any]:
    """The part of `filebeat.yml` that reads the lines of all pods with this `app.kubernetes.io/part-of` label.

    The container must have the node's name in `NODE_NAME`, and `/var/log/containers` and `/var/log/pods` of the node.
    """
    container = {
        "type": "filestream",
        "id": "neuroerp-${data.kubernetes.container.id}",
        # One file for each input: with `*.log`, each of them would read, and send, the lines of all containers.
        "paths": ["/var/log/containers/*-${data.kubernetes.container.id}.log"],
        # Files there are links into /var/log/pods. The fingerprint is as short as Filebeat takes it: a shorter file is
        # not read, and the default of 1024 bytes would hold back the few lines of a short-lived Job for ever.
        "prospector": {"scanner": {"symlinks": True, "fingerprint": {"enabled": True, "offset": 0, "length": 64}}},
        "file_identity": {"fingerprint": {}},
        "parsers": [
            {"container": {"stream": "all", "format": "auto"}},
            {
                "multiline": {
                    "type": "pattern",
                    # An event begins with a date or with JSON; what follows, such as a stack trace, belongs to it.
                    "pattern": r"^(\d{4}-\d{2}-\d{2}[T ]|\{)",
                    "negate": True,
                    "match": "after",
                    "max_lines": 500,
                    "timeout": "5s",
                }
            },
        ],
        "message_max_bytes": 1048576,
        # The pipeline tells the ERP's lines from others by this label.
        "processors": [{"add_fields": {"target": "labels", "fields": {"log_type": "application"}}}],
    }
    return {
        "filebeat.autodiscover": {
            "providers": [
                {
                    "type": "kubernetes",
                    "node": "${NODE_NAME}",
                    "labels.dedot": True,
                    "templates": [{"condition": {"equals": {_LABEL: part_of}}, "config": [container]}],
                }
            ]
        }
    }
