"""What this package answers itself: the exposition and the health endpoints."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from .declared.app import METRICS_PATH, OWN_PATHS
from .health import HealthRegistry
from .threads import BoundedThreads, Busy

_SCRAPES = 4
_FASTEST = 1
"""Level of compression: a scrape is sent over a short way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exposition(registry: CollectorRegistry, accept: str = "", encoding: str = "") -> Answer:
    """All metrics, in OpenMetrics or the classic text as the Accept header asks for."""
    encode, content_type = choose_encoder(accept)
    body = encode(registry)
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if any(part.split(";")[0].strip().lower() == "gzip" for part in encoding.split(",")):
        body = gzip.compress(body, _FASTEST)
        headers["Content-Encoding"] = "gzip"
    return Answer(200, headers, body)


def health_answer(status: int, body: dict[str, Any]) -> Answer:
    """A health endpoint's answer, never to be kept by anybody."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Answer(status, headers, json.dumps(body).encode())


class Endpoints:
    """Answers requests to the paths that belong to this package."""

    def __init__(self, registry: CollectorRegistry, health: HealthRegistry) -> None:
        self._registry = registry
        self._health = health
        self._threads = BoundedThreads(_SCRAPES, "metrics")

    @staticmethod
    def own(path: str, root: str = "") -> str | None:
        """The path below the root when it is one of ours."""
        if path in OWN_PATHS:
            return path
        below = path[len(root) :] if root and path.startswith(root) else ""
        return below if below in OWN_PATHS else None

    async def answer(self, path: str, method: str, accept: str = "", encoding: str = "") -> Answer:
        """The answer to a request to one of our paths; never raises an error of a check."""
        if method not in {"GET", "HEAD"}:
            return Answer(405, {"Content-Type": "text/plain", "Allow": "GET, HEAD"}, b"method not allowed\n")
        if path != METRICS_PATH:
            return health_answer(*await self._health.answer(path))
        try:
            # Tens of thousands of lines take a while, and requests must go on meanwhile.
            return await self._threads.start(lambda: exposition(self._registry, accept, encoding))
        except Busy:
            return Answer(503, {"Content-Type": "text/plain", "Retry-After": "1"}, b"too many scrapes\n")
