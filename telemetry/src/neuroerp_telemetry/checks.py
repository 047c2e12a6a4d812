"""Ready-made health checks; each needs the extra of its name.

A connection is taken from the pool inside the check's time limit, so that an exhausted pool counts as a failure.
"""

import asyncio
import inspect
import ssl
from collections.abc import Sequence
from typing import Any

from .probes import CheckCall, Unhealthy

_FIRST_ERROR = 400


def sqlalchemy_check(engine: Any) -> CheckCall:
    """`SELECT 1` on an Engine or AsyncEngine of SQLAlchemy."""
    from sqlalchemy import text  # noqa: PLC0415 - an extra

    query = text("SELECT 1")

    async def ask() -> None:
        async with engine.connect() as connection:
            await connection.execute(query)

    def ask_and_block() -> None:
        with engine.connect() as connection:
            connection.execute(query)

    return ask if hasattr(engine, "sync_engine") else ask_and_block


def asyncpg_check(pool: Any) -> CheckCall:
    """`SELECT 1` on a pool of asyncpg."""

    async def ask() -> None:
        async with pool.acquire() as connection:
            await connection.fetchval("SELECT 1")

    return ask


def psycopg_check(pool: Any) -> CheckCall:
    """`SELECT 1` on a ConnectionPool or AsyncConnectionPool of psycopg."""

    async def ask() -> None:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")

    def ask_and_block() -> None:
        with pool.connection() as connection:
            connection.execute("SELECT 1")

    return ask if inspect.iscoroutinefunction(pool.getconn) else ask_and_block


def redis_check(client: Any) -> CheckCall:
    """`PING` on a client of redis-py, blocking or of redis.asyncio."""

    async def ask() -> bool:
        return bool(await client.ping())

    def ask_and_block() -> bool:
        return bool(client.ping())

    # ping() of both is a plain method; one of them returns something to wait for.
    waits = any(kind.__module__.startswith("redis.asyncio") for kind in type(client).__mro__)
    return ask if waits else ask_and_block


def rabbitmq_check(connection: Any, queue: str) -> CheckCall:
    """Whether a queue exists, asked over a connection of aio-pika; declares nothing."""

    async def ask() -> None:
        if connection.is_closed:
            raise Unhealthy("the connection is closed")
        channel = await connection.channel()
        try:
            await channel.declare_queue(queue, passive=True)
        finally:
            await channel.close()

    return ask


def http_check(urls: Sequence[str]) -> CheckCall:
    """GET each of the URLs with httpx, without proxies; a status from 400 on, also of one of them, is unhealthy.

    A login in a URL is sent as Basic authentication.
    """
    import httpx  # noqa: PLC0415 - an extra

    # Reading the system's certificates takes longer than a request.
    certificates = ssl.create_default_context()

    async def status(transport: httpx.AsyncHTTPTransport, url: str) -> int:
        request = httpx.Request("GET", url)
        if request.url.userinfo:
            next(httpx.BasicAuth(request.url.username, request.url.password).auth_flow(request))
        response = await transport.handle_async_request(request)
        await response.aclose()
        return response.status_code

    async def ask() -> None:
        # Not by a client of httpx: it logs each request with its whole URL, passwords and tokens in it.
        async with httpx.AsyncHTTPTransport(verify=certificates) as transport:
            found = await asyncio.gather(*(status(transport, url) for url in urls))
        failed = sum(code >= _FIRST_ERROR for code in found)
        if failed:
            raise Unhealthy(f"{failed} of {len(found)} answered with an error")

    return ask
