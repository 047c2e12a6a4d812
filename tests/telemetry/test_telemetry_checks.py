"""The ready-made checks, on real drivers where one runs without a server."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import redis
import redis.asyncio
import sqlalchemy
from neuroerp_telemetry import Unhealthy
from neuroerp_telemetry.checks import (
    asyncpg_check,
    http_check,
    psycopg_check,
    rabbitmq_check,
    redis_check,
    sqlalchemy_check,
)
from sqlalchemy.ext.asyncio import create_async_engine

from tests.telemetry.conftest import Watched


def outcome(watch: Watched, check: Any, timeout: float = 2.0) -> str:
    """The reason, or pass."""
    watch.telemetry.health.add("database", check, timeout=timeout, ttl=0)
    _, body = asyncio.run(watch.telemetry.health.answer("/health/ready"))
    return str(body["checks"]["database"].get("reason", "pass"))


def test_sqlalchemy(watch: Watched) -> None:
    assert outcome(watch, sqlalchemy_check(sqlalchemy.create_engine("sqlite://"))) == "pass"
    assert outcome(watch, sqlalchemy_check(sqlalchemy.create_engine("sqlite:////no/such/folder/x.db"))) == "error"


def test_sqlalchemy_async(watch: Watched) -> None:
    assert outcome(watch, sqlalchemy_check(create_async_engine("sqlite+aiosqlite://"))) == "pass"
    assert outcome(watch, sqlalchemy_check(create_async_engine("sqlite+aiosqlite:////no/such/folder/x.db"))) == "error"


def test_an_exhausted_pool_is_a_timeout(watch: Watched) -> None:
    pool = sqlalchemy.pool.QueuePool
    engine = sqlalchemy.create_engine("sqlite://", poolclass=pool, pool_size=1, max_overflow=0, pool_timeout=1)
    with engine.connect():
        assert outcome(watch, sqlalchemy_check(engine), timeout=0.1) == "timeout"


@contextmanager
def redis_server() -> Iterator[int]:
    """Answers +OK to whatever a client asks at the start, and +PONG to PING."""
    loop = asyncio.new_event_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            parts = [await reader.readline() for _ in range(2 * int(line[1:]))]
            command = parts[1].strip().upper()
            writer.write({b"PING": b"+PONG\r\n", b"HELLO": b"-ERR unknown command\r\n"}.get(command, b"+OK\r\n"))

    async def start() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.mark.parametrize("kind", [redis.Redis, redis.asyncio.Redis])
def test_redis(watch: Watched, kind: Any) -> None:
    with redis_server() as port:
        assert outcome(watch, redis_check(kind(host="127.0.0.1", port=port, protocol=2))) == "pass"
    assert outcome(watch, redis_check(kind(host="127.0.0.1", port=1, retry=None))) == "error"


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/good" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_http(watch: Watched) -> None:
    with HTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        assert outcome(watch, http_check([f"{base}/good"])) == "pass"
        assert outcome(watch, http_check([f"{base}/good", f"{base}/bad"])) == "unhealthy"
        server.shutdown()
    assert outcome(watch, http_check(["http://127.0.0.1:1/"])) == "error"


class _Connection:
    """What asyncpg, psycopg and aio-pika offer, as far as the checks use it."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.is_closed = False
        self.channels = 0
        self.missing = False

    @asynccontextmanager
    async def acquire(self) -> Any:
        yield self

    async def fetchval(self, query: str) -> int:
        self.queries.append(query)
        return 1

    async def channel(self) -> "_Connection":
        self.channels += 1
        return self

    async def declare_queue(self, name: str, *, passive: bool) -> None:
        assert passive
        self.queries.append(name)
        if self.missing:
            raise LookupError(name)

    async def close(self) -> None:
        self.channels -= 1


class _Pool(_Connection):
    def getconn(self) -> None:
        """Tells a blocking pool from the other kind."""

    @contextmanager
    def connection(self) -> Iterator["_Pool"]:
        yield self

    def execute(self, query: str) -> None:
        self.queries.append(query)


class _AsyncPool(_Connection):
    async def getconn(self) -> None:
        """Tells an async pool from the other kind."""

    @asynccontextmanager
    async def connection(self) -> Any:
        yield self

    async def execute(self, query: str) -> None:
        self.queries.append(query)


@pytest.mark.parametrize(
    ("check", "pool"), [(asyncpg_check, _Connection), (psycopg_check, _Pool), (psycopg_check, _AsyncPool)]
)
def test_postgresql_pools(watch: Watched, check: Any, pool: Any) -> None:
    made = pool()
    assert outcome(watch, check(made)) == "pass"
    assert made.queries == ["SELECT 1"]


def test_rabbitmq_looks_and_declares_nothing(watch: Watched) -> None:
    connection = _Connection()
    assert outcome(watch, rabbitmq_check(connection, "orders")) == "pass"
    connection.missing = True
    assert outcome(watch, rabbitmq_check(connection, "orders")) == "error"
    assert (connection.queries, connection.channels) == (["orders", "orders"], 0)
    connection.is_closed = True
    assert outcome(watch, rabbitmq_check(connection, "orders")) == "unhealthy"
    with pytest.raises(Unhealthy):
        asyncio.run(rabbitmq_check(connection, "orders")())  # type: ignore[arg-type]
