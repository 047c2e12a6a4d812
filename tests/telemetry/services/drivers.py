"""The drivers that the ready-made checks are for, as an application sets them up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import aio_pika
import asyncpg  # type: ignore[import-untyped]
import psycopg_pool
import redis
import redis.asyncio
import sqlalchemy
from neuroerp_telemetry.checks import (
    asyncpg_check,
    http_check,
    psycopg_check,
    rabbitmq_check,
    redis_check,
    sqlalchemy_check,
)
from neuroerp_telemetry.probes import CheckCall
from sqlalchemy.ext.asyncio import create_async_engine

from tests.loopback import HOST
from tests.telemetry.services.daemons import PASSWORD, QUEUE, USER


@dataclass(frozen=True)
class Address:
    """Where a server is, and the password that the application has."""

    port: int
    password: str = PASSWORD

    def url(self, scheme: str, path: str = "") -> str:
        return f"{scheme}://{USER}:{self.password}@{HOST}:{self.port}/{path}"


Connect = Callable[[Address], AbstractAsyncContextManager[CheckCall]]


@asynccontextmanager
async def sqlalchemy_async(address: Address) -> AsyncIterator[CheckCall]:
    engine = create_async_engine(address.url("postgresql+asyncpg", "postgres"), pool_size=2, max_overflow=0)
    try:
        yield sqlalchemy_check(engine)
    finally:
        await engine.dispose()


@asynccontextmanager
async def sqlalchemy_blocking(address: Address) -> AsyncIterator[CheckCall]:
    engine = sqlalchemy.create_engine(address.url("postgresql+psycopg", "postgres"), pool_size=2, max_overflow=0)
    try:
        yield sqlalchemy_check(engine)
    finally:
        engine.dispose()


@asynccontextmanager
async def asyncpg_pool(address: Address) -> AsyncIterator[CheckCall]:
    pool = asyncpg.create_pool(address.url("postgresql", "postgres"), min_size=0, max_size=2)
    async with pool:
        yield asyncpg_check(pool)


@asynccontextmanager
async def psycopg_async(address: Address) -> AsyncIterator[CheckCall]:
    pool = psycopg_pool.AsyncConnectionPool(address.url("postgresql", "postgres"), min_size=1, max_size=2, open=False)
    await pool.open()
    try:
        yield psycopg_check(pool)
    finally:
        await pool.close()


@asynccontextmanager
async def psycopg_blocking(address: Address) -> AsyncIterator[CheckCall]:
    with psycopg_pool.ConnectionPool(address.url("postgresql", "postgres"), min_size=1, max_size=2) as pool:
        yield psycopg_check(pool)


@asynccontextmanager
async def redis_async(address: Address) -> AsyncIterator[CheckCall]:
    async with redis.asyncio.Redis(host=HOST, port=address.port, password=address.password) as client:
        yield redis_check(client)


@asynccontextmanager
async def redis_blocking(address: Address) -> AsyncIterator[CheckCall]:
    with redis.Redis(host=HOST, port=address.port, password=address.password) as client:
        yield redis_check(client)


@asynccontextmanager
async def rabbitmq(address: Address) -> AsyncIterator[CheckCall]:
    # An application comes up without its broker, and is told by the check.
    url = aio_pika.connection.make_url(address.url("amqp"), fail_fast=False, reconnect_interval=0.2)
    connection = aio_pika.RobustConnection(url)
    connecting = asyncio.create_task(connection.connect())
    await asyncio.wait({connecting}, timeout=0.5)
    try:
        yield rabbitmq_check(connection, QUEUE)
    finally:
        connecting.cancel()
        await connection.close()


@asynccontextmanager
async def http(address: Address) -> AsyncIterator[CheckCall]:
    yield http_check([f"{address.url('http', 'health/live')}?token={address.password}"])


POSTGRESQL: dict[str, Connect] = {
    connect.__name__: connect
    for connect in (sqlalchemy_async, sqlalchemy_blocking, asyncpg_pool, psycopg_async, psycopg_blocking)
}
REDIS: dict[str, Connect] = {connect.__name__: connect for connect in (redis_async, redis_blocking)}
