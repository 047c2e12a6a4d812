"""Requests that prepare Elasticsearch: the files of `elasticsearch/` (production) with the values of an environment."""

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from components.elasticsearch_snapshots import SnapshotsSettings

from . import snapshots
from .streams import INDEX_PREFIX, streams

LIFECYCLE_FILE = "lifecycle-policy.json"
COMPONENT_FILE = "component-template.json"
INDEX_FILE = "index-template.json"
FILES = (LIFECYCLE_FILE, COMPONENT_FILE, INDEX_FILE, snapshots.POLICY_FILE)

_MERGE_PAYS_FROM_DAYS = 7
"""Streams that live shorter than this skip the warm phase: merging costs more than the few days give back."""


@dataclass(frozen=True)
class Storage:
    """How the streams of an environment are stored, and how long."""

    environment: str
    replicas: int
    """Copies beside the primary; a single node can hold none."""
    shards: int
    retention_days: int
    """Days that a document is kept at least; at most the age of a rollover more, since whole indices are deleted."""
    rollover_age: str
    """Age at which a stream gets a new index, in hours or days, like `12h` or `1d`."""
    rollover_size: str
    """Size of a primary shard at which it gets one earlier, like `2gb`."""
    snapshots: SnapshotsSettings | None = None


def lifecycle_policy(base: dict[str, Any], storage: Storage) -> dict[str, Any]:
    """The policy with this rollover and this retention."""
    body = deepcopy(base)
    phases = body["policy"]["phases"]
    phases["hot"]["actions"]["rollover"] = {
        "max_age": storage.rollover_age,
        "max_primary_shard_size": storage.rollover_size,
    }
    phases["delete"]["min_age"] = f"{storage.retention_days}d"
    if storage.retention_days < _MERGE_PAYS_FROM_DAYS:
        del phases["warm"]
    return body


def index_template(base: dict[str, Any], storage: Storage) -> dict[str, Any]:
    """The index template for the streams of this environment."""
    body = deepcopy(base)
    body["index_patterns"] = streams(storage.environment)
    body["template"]["settings"]["index"]["number_of_shards"] = storage.shards
    body["template"]["settings"]["index"]["number_of_replicas"] = storage.replicas
    return body


def payloads(files: dict[str, str], storage: Storage) -> dict[str, str]:
    """File name -> request. The names give the order: what a template names must exist before it."""
    base = {name: json.loads(files[name]) for name in FILES}
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "10-lifecycle-policy.json": (f"/_ilm/policy/{INDEX_PREFIX}", lifecycle_policy(base[LIFECYCLE_FILE], storage)),
        "20-component-template.json": (f"/_component_template/{INDEX_PREFIX}-mappings", base[COMPONENT_FILE]),
        "30-index-template.json": (f"/_index_template/{INDEX_PREFIX}", index_template(base[INDEX_FILE], storage)),
    }
    if storage.snapshots:
        requests |= snapshots.requests(base[snapshots.POLICY_FILE], storage.environment, storage.snapshots)
    return {
        name: json.dumps({"method": "PUT", "path": path, "body": body}, indent=2) + "\n"
        for name, (path, body) in requests.items()
    }
