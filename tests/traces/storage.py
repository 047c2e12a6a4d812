"""An Elasticsearch that can be ended and started again on the same data."""

import time
from typing import TYPE_CHECKING

import httpx

from logs.streams import JAEGER_INDICES
from tests.elastic.server import ADMIN, Server

if TYPE_CHECKING:
    import subprocess

SPANS = JAEGER_INDICES.replace("*", "span-*")


class Storage(Server):
    """The server of `tests/elastic`, with what tests of traces ask of it."""

    def _started(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        self._environment = environment
        return super()._started(environment)

    def again(self) -> None:
        """Start it after ``stop``, on its old data, and wait until it answers."""
        self._process = self._started(self._environment)
        self._wait()

    def count(self, service: str) -> tuple[int, int]:
        """Spans of a service that can be searched, and how many ids are there more than once."""
        twice = {"terms": {"field": "spanID", "min_doc_count": 2, "size": 1000}}
        query = {"term": {"process.serviceName": service}}
        body = {"query": query, "size": 0, "track_total_hits": True, "aggs": {"twice": twice}}
        with self.client(ADMIN) as client:
            client.post(f"/{JAEGER_INDICES}/_refresh").raise_for_status()
            found = client.post(f"/{SPANS}/_search", json=body).raise_for_status().json()
        # Without any index there is nothing to aggregate.
        doubled = found["aggregations"]["twice"]["buckets"] if "aggregations" in found else []
        return found["hits"]["total"]["value"], len(doubled)

    def settled(self, service: str, spans: int, seconds: float = 30) -> tuple[int, int]:
        """The same, once there are at least so many, or none came for so long."""
        found, end = (0, 0), time.monotonic() + seconds
        while found[0] < spans and time.monotonic() < end:
            before = found[0]
            try:
                found = self.count(service)
            except httpx.HTTPStatusError:  # Not all shards are there yet.
                found = (0, 0)
            if found[0] > before:
                end = time.monotonic() + seconds
            time.sleep(0.5)
        return found

    def traces(self, service: str) -> dict[str, int]:
        """How many spans of each trace of a service can be searched, by the trace's id."""
        by_trace = {"terms": {"field": "traceID", "size": 10000}}
        body = {"query": {"term": {"process.serviceName": service}}, "size": 0, "aggs": {"traces": by_trace}}
        with self.client(ADMIN) as client:
            client.post(f"/{JAEGER_INDICES}/_refresh").raise_for_status()
            found = client.post(f"/{SPANS}/_search", json=body).raise_for_status().json()
        buckets = found["aggregations"]["traces"]["buckets"] if "aggregations" in found else []
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    def documents(self, service: str) -> str:
        """All that is stored of the spans of a service, as text."""
        body = {"query": {"term": {"process.serviceName": service}}, "size": 1000}
        with self.client(ADMIN) as client:
            client.post(f"/{JAEGER_INDICES}/_refresh").raise_for_status()
            return client.post(f"/{SPANS}/_search", json=body).raise_for_status().text
