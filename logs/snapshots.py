"""Requests that let Elasticsearch make snapshots of the streams: where they go, and the policy."""

from copy import deepcopy
from typing import Any

from components import cron
from components.elasticsearch_snapshots import SnapshotsSettings

from .streams import INDEX_PREFIX, JAEGER_INDICES, streams

POLICY_FILE = "snapshot-policy.json"


def repository(environment: str, s: SnapshotsSettings) -> dict[str, Any]:
    """The place, by the client `default`, whose endpoint and keys the nodes have."""
    folder = s.base_path or environment
    if s.type == "fs":
        return {"type": "fs", "settings": {"location": folder}}
    place = "container" if s.type == "azure" else "bucket"
    return {"type": s.type, "settings": {place: s.bucket, "base_path": folder}}


def policy(base: dict[str, Any], environment: str, s: SnapshotsSettings) -> dict[str, Any]:
    """The policy with this schedule and this retention, for the streams of this environment."""
    body = deepcopy(base)
    body["name"] = f"<{INDEX_PREFIX}-{environment}-{{now/d}}>"
    body["schedule"] = cron.for_elasticsearch(s.schedule)
    body["config"]["indices"] = [*streams(environment), *([JAEGER_INDICES] if s.traces else [])]
    # In days, as everything here: 36h would come back as 1.5d, and be a difference for ever.
    body["retention"] = {"expire_after": f"{s.keep_days}d", "min_count": s.at_least, "max_count": s.at_most}
    body["unhealthy_if_no_snapshot_within"] = f"{s.stale_days}d"
    return body


def requests(base: dict[str, Any], environment: str, s: SnapshotsSettings) -> dict[str, tuple[str, dict[str, Any]]]:
    """File name -> path and body. They come last: a place that cannot be reached stops no template."""
    return {
        "40-snapshot-repository.json": (f"/_snapshot/{INDEX_PREFIX}", repository(environment, s)),
        "50-snapshot-policy.json": (f"/_slm/policy/{INDEX_PREFIX}", policy(base, environment, s)),
    }
