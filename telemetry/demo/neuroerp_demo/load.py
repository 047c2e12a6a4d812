"""The load driver: visitors that keep up a rate of requests, and probes like those of a kubelet."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .faults import Faults
from .shopping import Answer, Visitor, probe

VISITORS = 16
"""At most so many requests are under way at once, whatever the rate."""
_SECONDS_BETWEEN_PROBES = 2.0
_SECONDS_BETWEEN_REPORTS = 10.0
_SECONDS_OF_PATIENCE = 10.0
_LOOK_AGAIN = 0.1
_SERVER_ERROR = 500

_logger = logging.getLogger(__name__)

Report = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """What came of the requests of some time."""

    begin: float
    requests: int = 0
    failed: int = 0
    seconds: float = 0.0

    def add(self, begin: float, *, failed: bool) -> None:
        """Count a request that began then."""
        self.requests += 1
        self.failed += failed
        self.seconds += time.monotonic() - begin

    def figures(self) -> dict[str, float]:
        """Requests a second, how many failed, and their mean time in milliseconds."""
        return {
            "requests_per_second": round(self.requests / (time.monotonic() - self.begin), 1),
            "failed": self.failed,
            "mean_ms": round(self.seconds / max(self.requests, 1) * 1000, 1),
        }


class Driver:
    """Sends requests to the demo at a URL until it is cancelled."""

    def __init__(self, url: str, faults: Faults, rate: float, report: Report | None = None) -> None:
        """`rate` is in requests a second; `report` gets lines for people, which are logged otherwise."""
        self._faults = faults
        self._rate = rate
        self._report = report
        self._next = 0.0
        self._tally = Tally(time.monotonic())
        limits = httpx.Limits(max_connections=VISITORS + 2)
        # No proxy of the environment stands between the demo and itself.
        self._client = httpx.AsyncClient(base_url=url, limits=limits, timeout=_SECONDS_OF_PATIENCE, trust_env=False)

    async def run(self) -> None:
        """Drive for ever."""
        async with self._client, asyncio.TaskGroup() as tasks:
            for number in range(VISITORS):
                tasks.create_task(self._visit(Visitor(number, self._ask)))
            tasks.create_task(self._probe())
            tasks.create_task(self._tell())

    async def _turn(self) -> None:
        """Wait until the rate allows another request."""
        while True:
            load = self._faults.scenario.load
            if not load:
                await asyncio.sleep(_LOOK_AGAIN)
                continue
            now = time.monotonic()
            slot = max(self._next, now)
            if slot - now < _LOOK_AGAIN:  # beyond that the scenario may have changed
                self._next = slot + 1 / (self._rate * load)
                await asyncio.sleep(slot - now)
                return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        await self._turn()
        return await self._request(method, path, **options)

    async def _request(self, method: str, path: str, **options: Any) -> Answer:
        begin = time.monotonic()
        try:
            answer = await self._client.request(method, path, **options)
        except httpx.HTTPError:
            self._tally.add(begin, failed=True)
            await asyncio.sleep(_LOOK_AGAIN)
            return None
        self._tally.add(begin, failed=answer.status_code >= _SERVER_ERROR)
        return answer

    async def _visit(self, visitor: Visitor) -> None:
        while True:
            await visitor.visit()

    async def _probe(self) -> None:
        while True:
            if self._faults.scenario.load:
                await probe(self._request)
            await asyncio.sleep(_SECONDS_BETWEEN_PROBES)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_REPORTS)
            name, found = self._faults.scenario.name, self._tally.figures()
            self._tally = Tally(time.monotonic())
            if self._report:
                shown = "{requests_per_second} requests/s, {failed} failed, {mean_ms} ms".format(**found)
                self._report(f"{time.strftime('%H:%M:%S')} {name}: {shown}")
            else:
                _logger.info("load of scenario %s", name, extra=found)
