"""Where the demo keeps things: in its own memory, or on real servers where their URLs are given."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from .faults import Faults, Unavailable

Record = dict[str, Any]
Handle = Callable[[Record], Awaitable[None]]

CONNECTIONS = 20
"""Size of the pool."""
LONGEST_QUEUE = 500
"""Messages; a full queue takes no more."""
_SECONDS_TO_CONNECT = 8.0
SESSION_SECONDS = 300.0
"""A user seen within this time is active."""
STOCK_AT_START = {"cable": 400, "sensor": 200, "pump": 40, "training": 100}


class StoreError(Exception):
    """A server that a variable names cannot be used; the message names the variable, and no password."""


class Database(Protocol):
    """Orders, invoices and stock. Every method raises Unavailable when the database does not answer."""

    async def add(self, kind: str, record: Record) -> int:
        """Keep a record; its number."""

    async def get(self, kind: str, number: int) -> Record | None:
        """A record, with its number and state."""

    async def move(self, kind: str, number: int, before: Collection[str], after: str) -> bool:
        """Change a record's state; whether it was in one of those before, so that only one of two callers wins."""

    async def newest(self, kind: str, limit: int, below: int | None = None) -> list[Record]:
        """The latest records, newest first; those with numbers below the given one."""

    async def stock(self, sku: str) -> int | None:
        """Pieces in stock; nothing for an unknown product."""

    async def change_stock(self, sku: str, by: int) -> bool:
        """Add or take pieces; whether there were enough."""

    def in_use(self) -> float:
        """Share of the connections in use, 0 to 1."""

    async def ping(self) -> None:
        """The health check."""

    async def close(self) -> None:
        """Give up the connections."""


class Cache(Protocol):
    """Copies and sessions. Every method raises Unavailable when the cache does not answer."""

    async def get(self, key: str) -> str | None:
        """What was put there, unless its time is over."""

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep a text for so many seconds."""

    async def forget(self, key: str) -> None:
        """Drop a text."""

    async def seen(self, user: str) -> None:
        """Note that a user is there."""

    async def active(self) -> int:
        """Users seen within `SESSION_SECONDS`, by all replicas."""

    async def ping(self) -> None:
        """The health check."""

    async def close(self) -> None:
        """Give up the connections."""


class Queue(Protocol):
    """Work for later. Raises Unavailable when the broker does not answer."""

    async def put(self, message: Record) -> bool:
        """Hand over a message; whether there was room."""

    async def work(self, handle: Handle) -> None:
        """Hand every message to a function, for ever; a message whose handling fails is dropped and logged."""

    async def fill(self) -> float:
        """Share of `LONGEST_QUEUE` that waits, 0 to 1."""

    async def ping(self) -> None:
        """The health check."""

    async def close(self) -> None:
        """Give up the connection."""


async def open_stores(faults: Faults, environment: Mapping[str, str]) -> tuple[Database, Cache, Queue]:
    """Servers where the environment has their URLs, memory for the rest; raises StoreError."""
    stores: list[Any] = []
    for name, (load, schemes) in _SERVERS.items():
        url = environment.get(name)
        if url and not _names_a_server(url, schemes):
            raise StoreError(f"{name} is no URL of such a server: write {schemes[0]}://user:password@host:port/...")
        try:
            async with asyncio.timeout(_SECONDS_TO_CONNECT):
                stores.append(await load(url, faults))
        except ImportError as error:
            raise StoreError(f"{name} is set, but its driver is not installed: pip install {error.name}") from error
        except (Unavailable, TimeoutError, ValueError) as error:
            reason = type(error.__cause__ or error).__name__
            raise StoreError(f"{name}: cannot connect to the server ({reason})") from error
    database, cache, queue = stores
    return database, cache, queue


# Drivers are loaded only where they are needed.
async def _database(url: str | None, faults: Faults) -> Database:
    if url:
        from .postgres_database import connect  # noqa: PLC0415

        return await connect(url, faults)
    from .memory_stores import MemoryDatabase  # noqa: PLC0415

    return MemoryDatabase(faults)


async def _cache(url: str | None, faults: Faults) -> Cache:
    if url:
        from .redis_cache import connect  # noqa: PLC0415

        return await connect(url, faults)
    from .memory_stores import MemoryCache  # noqa: PLC0415

    return MemoryCache(faults)


async def _queue(url: str | None, _faults: Faults) -> Queue:
    if url:
        from .rabbitmq_queue import connect  # noqa: PLC0415

        return await connect(url)
    from .memory_stores import MemoryQueue  # noqa: PLC0415

    return MemoryQueue()


_SERVERS: dict[str, tuple[Callable[[str | None, Faults], Awaitable[Any]], tuple[str, ...]]] = {
    "DATABASE_URL": (_database, ("postgresql", "postgres")),
    "REDIS_URL": (_cache, ("redis", "rediss")),
    "AMQP_URL": (_queue, ("amqp", "amqps")),
}


def _names_a_server(url: str, schemes: Collection[str]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
