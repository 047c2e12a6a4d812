"""Stand-ins in the demo's own memory; all of them hold so much and no more."""
# ruff: noqa: D102 - `stores` describes the methods

import asyncio
import itertools
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from .faults import Faults, Unavailable
from .stores import CONNECTIONS, LONGEST_QUEUE, SESSION_SECONDS, STOCK_AT_START, Handle, Record

MOST_RECORDS = 5_000
"""Of each kind; the oldest go."""
MOST_KEYS = 2_000
_SECONDS_TO_WAIT = 2.0
_ROUND_TRIP = 0.001

_logger = logging.getLogger(__name__)


class MemoryDatabase:
    """Records in memory, behind as many connections as a real pool has."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._in_use = 0
        self._records: dict[str, OrderedDict[int, Record]] = {}
        self._numbers = itertools.count(1)
        self._stock = dict(STOCK_AT_START)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._free.acquire(), _SECONDS_TO_WAIT)
        except TimeoutError as error:
            raise Unavailable("database") from error
        self._in_use += 1
        try:
            await self._faults.query()
            await asyncio.sleep(_ROUND_TRIP)
            yield
        finally:
            self._in_use -= 1
            self._free.release()

    def _of(self, kind: str) -> OrderedDict[int, Record]:
        return self._records.setdefault(kind, OrderedDict())

    async def add(self, kind: str, record: Record) -> int:
        async with self._connection():
            number = next(self._numbers)
            records = self._of(kind)
            records[number] = {**record, "number": number}
            if len(records) > MOST_RECORDS:
                records.popitem(last=False)
            return number

    async def get(self, kind: str, number: int) -> Record | None:
        async with self._connection():
            found = self._of(kind).get(number)
            return dict(found) if found else None

    async def move(self, kind: str, number: int, before: Collection[str], after: str) -> bool:
        async with self._connection():
            found = self._of(kind).get(number)
            if found is None or found["state"] not in before:
                return False
            found["state"] = after
            return True

    async def newest(self, kind: str, limit: int, below: int | None = None) -> list[Record]:
        async with self._connection():
            latest = reversed(self._of(kind).values())
            chosen = (record for record in latest if below is None or record["number"] < below)
            return [dict(record) for record in itertools.islice(chosen, limit)]

    async def stock(self, sku: str) -> int | None:
        async with self._connection():
            return self._stock.get(sku)

    async def change_stock(self, sku: str, by: int) -> bool:
        async with self._connection():
            left = self._stock.get(sku, 0) + by
            if left < 0:
                return False
            self._stock[sku] = left
            return True

    def in_use(self) -> float:
        return self._in_use / CONNECTIONS

    async def ping(self) -> None:
        async with self._connection():
            return

    async def close(self) -> None:
        return


class MemoryCache:
    """Texts and sessions in memory."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._texts: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._users: OrderedDict[str, float] = OrderedDict()

    async def get(self, key: str) -> str | None:
        self._faults.cache()
        end, value = self._texts.get(key, (0.0, None))
        return value if end > time.monotonic() else None

    async def put(self, key: str, value: str, seconds: float) -> None:
        self._faults.cache()
        self._texts[key] = (time.monotonic() + seconds, value)
        if len(self._texts) > MOST_KEYS:
            self._texts.popitem(last=False)

    async def forget(self, key: str) -> None:
        self._faults.cache()
        self._texts.pop(key, None)

    async def seen(self, user: str) -> None:
        self._faults.cache()
        self._users[user] = time.monotonic()
        self._users.move_to_end(user)
        if len(self._users) > MOST_KEYS:
            self._users.popitem(last=False)

    async def active(self) -> int:
        self._faults.cache()
        oldest = time.monotonic() - SESSION_SECONDS
        while self._users and next(iter(self._users.values())) < oldest:
            self._users.popitem(last=False)
        return len(self._users)

    async def ping(self) -> None:
        self._faults.cache()

    async def close(self) -> None:
        return


class MemoryQueue:
    """Messages in memory."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Record] = asyncio.Queue(LONGEST_QUEUE)

    async def put(self, message: Record) -> bool:
        try:
            self._messages.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    async def work(self, handle: Handle) -> None:
        while True:
            message = await self._messages.get()
            try:
                await handle(message)
            except Exception:
                _logger.exception("a message was not handled")

    async def fill(self) -> float:
        return self._messages.qsize() / LONGEST_QUEUE

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        return
