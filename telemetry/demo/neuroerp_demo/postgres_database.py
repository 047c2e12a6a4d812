"""The database on PostgreSQL."""
# ruff: noqa: D102 - `stores` describes the methods

import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from .faults import Faults, Unavailable
from .stores import CONNECTIONS, STOCK_AT_START, Record

_SECONDS = 2.0
"""For a connection, and for each query."""
_TABLES = """
CREATE TABLE IF NOT EXISTS demo_records (
    number bigserial PRIMARY KEY, kind text NOT NULL, state text NOT NULL, body jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS demo_records_kind ON demo_records (kind, number DESC);
CREATE TABLE IF NOT EXISTS demo_stock (sku text PRIMARY KEY, pieces int NOT NULL CHECK (pieces >= 0));
"""
_LOCK = 5_417_301
"""Two replicas that start together must not both create the tables."""


async def connect(url: str, faults: Faults) -> "PostgresDatabase":
    """The database at a URL, with its tables; raises Unavailable, or ValueError for what is no URL."""
    try:
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=CONNECTIONS, timeout=_SECONDS, command_timeout=_SECONDS
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable("database") from error
    made = PostgresDatabase(pool, faults)
    await made.prepare()
    return made


class PostgresDatabase:
    """Two tables on PostgreSQL."""

    def __init__(self, pool: Any, faults: Faults) -> None:
        self._pool = pool
        self._faults = faults

    async def prepare(self) -> None:
        """Make the tables, and fill the stock of a new database."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute(_TABLES)
            insert = "INSERT INTO demo_stock VALUES ($1, $2) ON CONFLICT DO NOTHING"
            await connection.executemany(insert, STOCK_AT_START.items())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._pool.acquire(timeout=_SECONDS) as connection:
                await self._faults.query()
                yield connection
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable("database") from error

    async def add(self, kind: str, record: Record) -> int:
        insert = "INSERT INTO demo_records (kind, state, body) VALUES ($1, $2, $3) RETURNING number"
        async with self._connection() as connection:
            return int(await connection.fetchval(insert, kind, record["state"], json.dumps(record)))

    async def get(self, kind: str, number: int) -> Record | None:
        select = "SELECT number, state, body FROM demo_records WHERE kind = $1 AND number = $2"
        async with self._connection() as connection:
            row = await connection.fetchrow(select, kind, number)
            return _record(row) if row else None

    async def move(self, kind: str, number: int, before: Collection[str], after: str) -> bool:
        update = "UPDATE demo_records SET state = $4 WHERE kind = $1 AND number = $2 AND state = ANY($3)"
        async with self._connection() as connection:
            return bool(await connection.execute(update, kind, number, list(before), after) == "UPDATE 1")

    async def newest(self, kind: str, limit: int, below: int | None = None) -> list[Record]:
        select = (
            "SELECT number, state, body FROM demo_records "
            "WHERE kind = $1 AND ($3::bigint IS NULL OR number < $3) ORDER BY number DESC LIMIT $2"
        )
        async with self._connection() as connection:
            return [_record(row) for row in await connection.fetch(select, kind, limit, below)]

    async def stock(self, sku: str) -> int | None:
        async with self._connection() as connection:
            found = await connection.fetchval("SELECT pieces FROM demo_stock WHERE sku = $1", sku)
            return None if found is None else int(found)

    async def change_stock(self, sku: str, by: int) -> bool:
        update = "UPDATE demo_stock SET pieces = pieces + $2 WHERE sku = $1 AND pieces + $2 >= 0"
        async with self._connection() as connection:
            return bool(await connection.execute(update, sku, by) == "UPDATE 1")

    def in_use(self) -> float:
        return float(self._pool.get_size() - self._pool.get_idle_size()) / CONNECTIONS

    async def ping(self) -> None:
        async with self._connection() as connection:
            await connection.fetchval("SELECT 1")

    async def close(self) -> None:
        self._pool.terminate()


def _record(row: Any) -> Record:
    return {**json.loads(row["body"]), "number": row["number"], "state": row["state"]}
