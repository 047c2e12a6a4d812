"""Health checks on real PostgreSQL, Redis, RabbitMQ and HTTP: up, down, hanging, slow, and with a wrong password."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from neuroerp_telemetry.contract import ENDPOINTS

from tests.loopback import HOST
from tests.telemetry.asgi_calls import answer, call
from tests.telemetry.conftest import Watched
from tests.telemetry.services import drivers
from tests.telemetry.services.conftest import Start
from tests.telemetry.services.daemons import PASSWORD, Daemon, PostgreSQL, Pricing, RabbitMQ, Redis
from tests.telemetry.services.drivers import Address, Connect
from tests.telemetry.services.slow_proxy import SlowProxy

WRONG = "wr0ng-passw0rd"
BUDGETS = {endpoint.path: endpoint.budget for endpoint in ENDPOINTS}
TIMEOUT = 0.6
"""Seconds of a check, where the contract's are not the point."""
GRACE = 1.0
"""Seconds more for two busy cores."""
RECOVERY = 15.0
"""Seconds within which a driver finds its server again by itself."""
# Class and method of AMQP 0-9-1: queue.declare (50, 10), channel.open (20, 10) and close (20, 40).
QUEUE_DECLARE = b"\x00\x32\x00\x0a"
CHANNEL_OPEN, CHANNEL_CLOSE = b"\x00\x14\x00\x0a", b"\x00\x14\x00\x28"


@dataclass(frozen=True)
class Case:
    """A driver, its server, and what the contract calls the check."""

    check: str
    kind: type[Daemon]
    driver: str
    connect: Connect
    wrong: str
    """The reason with a wrong password; pools and clients that try again run into the time limit."""


CASES = [
    Case("database", PostgreSQL, "sqlalchemy-async", drivers.sqlalchemy_async, "error"),
    Case("database", PostgreSQL, "sqlalchemy-blocking", drivers.sqlalchemy_blocking, "error"),
    Case("database", PostgreSQL, "asyncpg", drivers.asyncpg_pool, "error"),
    Case("database", PostgreSQL, "psycopg-async", drivers.psycopg_async, "timeout"),
    Case("database", PostgreSQL, "psycopg-blocking", drivers.psycopg_blocking, "timeout"),
    Case("cache", Redis, "redis-async", drivers.redis_async, "timeout"),
    Case("cache", Redis, "redis-blocking", drivers.redis_blocking, "timeout"),
    Case("queue", RabbitMQ, "aio-pika", drivers.rabbitmq, "error"),
    Case("dependencies", Pricing, "httpx", drivers.http, "unhealthy"),
]
every_driver = pytest.mark.parametrize("case", CASES, ids=[case.driver for case in CASES])
FAILED = {"database": 503, "cache": 200, "queue": 200, "dependencies": 200}
STATUS = {503: "fail", 200: "warn"}


@dataclass
class Service:
    """A service with one check, asked over HTTP."""

    watch: Watched
    case: Case
    bodies: list[str] = field(default_factory=list)

    async def ask(self, path: str = "/health/ready") -> tuple[int, dict[str, Any]]:
        """Status and body; within the endpoint's budget."""
        begin = time.monotonic()
        start, *parts = await call(self.watch.telemetry.asgi(answer), path)
        assert time.monotonic() - begin < BUDGETS[path]
        self.bodies.append(b"".join(part.get("body", b"") for part in parts).decode())
        return start["status"], json.loads(self.bodies[-1])

    async def passes(self) -> None:
        code, body = await self.ask()
        assert (code, body["status"], body["checks"][self.case.check]["status"]) == (200, "pass", "pass"), body

    async def fails(self, *reasons: str) -> None:
        """It fails for one of the reasons, when its time is over at the latest; the process lives on."""
        begin = time.monotonic()
        code, body = await self.ask()
        assert time.monotonic() - begin < TIMEOUT + GRACE
        assert code == FAILED[self.case.check]
        assert body["status"] == STATUS[code]
        assert body["checks"][self.case.check]["reason"] in reasons
        assert set(body["checks"][self.case.check]) == {"status", "critical", "duration_ms", "reason"}
        assert (await self.ask("/health/live"))[0] == 200

    async def recovers(self) -> None:
        end = time.monotonic() + RECOVERY
        while (await self.ask())[1]["status"] != "pass":
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        await self.passes()

    def leaks(self, port: int) -> list[str]:
        """Answers and log lines with what is nobody's business."""
        lines = [json.dumps(line) for line in self.watch.lines()]
        hidden = (HOST, str(port), "Error", "Traceback")
        found = [body for body in self.bodies for text in (*hidden, PASSWORD, WRONG) if text in body]
        return found + [line for line in lines for text in (PASSWORD, WRONG) if text in line]


Scenario = Callable[[Service], Coroutine[Any, Any, None]]


@asynccontextmanager
async def service(watch: Watched, case: Case, address: Address, limit: float = TIMEOUT) -> AsyncIterator[Service]:
    async with case.connect(address) as check:
        watch.telemetry.health.add(case.check, check, timeout=limit, ttl=0)
        yield Service(watch, case)


@every_driver
def test_up_down_and_up_again(watch: Watched, start: Start, case: Case) -> None:
    server = start(case.kind)

    async def scenario() -> Service:
        async with service(watch, case, Address(server.port)) as asked:
            await asked.passes()
            server.stop()
            try:
                for _ in range(2):
                    await asked.fails("error", "timeout")
            finally:
                server.start()
            await asked.recovers()
            return asked

    asked = asyncio.run(scenario())
    assert asked.leaks(server.port) == []
    names = [line["message"] for line in watch.lines() if line.get("logger") == "neuroerp_telemetry.health"]
    assert names[-1] == f"health check {case.check}: pass"
    assert len(names) >= 2


def check_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "health-check"}


@every_driver
def test_hanging(watch: Watched, start: Start, case: Case) -> None:
    server = start(case.kind)

    async def scenario() -> Service:
        async with service(watch, case, Address(server.port)) as asked:
            await asked.passes()
            server.freeze()
            before = check_threads()
            try:
                # More often than any pool here has connections: none may be lost to a check that gave up.
                for _ in range(4):
                    await asked.fails("timeout")
                assert len(check_threads() - before) <= 1  # which is held by the driver
            finally:
                server.thaw()
            await asked.recovers()
            return asked

    assert asyncio.run(scenario()).leaks(server.port) == []


@every_driver
def test_slow(watch: Watched, start: Start, case: Case) -> None:
    server = start(case.kind)

    async def scenario() -> Service:
        async with (
            SlowProxy.before(server.port) as proxy,
            service(watch, case, Address(proxy.port)) as asked,
        ):
            await asked.recovers()
            proxy.delay = 0.1
            begin = time.monotonic()
            await asked.passes()
            assert time.monotonic() - begin > 0.1
            proxy.delay = 2 * TIMEOUT
            await asked.fails("timeout")
            proxy.delay = 0
            await asked.recovers()
            return asked

    assert asyncio.run(scenario()).leaks(server.port) == []


@every_driver
def test_a_wrong_password(watch: Watched, start: Start, case: Case) -> None:
    server = start(case.kind)

    async def scenario() -> Service:
        # What is refused at once has time to be.
        limit = TIMEOUT if case.wrong == "timeout" else TIMEOUT + GRACE
        async with service(watch, case, Address(server.port, WRONG), limit) as asked:
            for _ in range(2):
                await asked.fails(case.wrong)
            return asked

    assert asyncio.run(scenario()).leaks(server.port) == []


@every_driver
def test_twenty_parallel_probes_cause_one_query(watch: Watched, start: Start, case: Case) -> None:
    server = start(case.kind)

    async def scenario() -> int:
        async with SlowProxy.before(server.port) as proxy, service(watch, case, Address(proxy.port)) as asked:
            await asked.recovers()
            proxy.delay = 0.05

            def queries() -> int:
                return server.asked() if hasattr(server, "asked") else proxy.sent.count(QUEUE_DECLARE)

            for _ in range(3):
                await asked.passes()
            assert proxy.sent.count(CHANNEL_OPEN) == proxy.sent.count(CHANNEL_CLOSE)
            before = queries()
            answers = await asyncio.gather(*(asked.ask() for _ in range(20)))
            assert {code for code, _ in answers} == {200}
            assert {body["status"] for _, body in answers} == {"pass"}
            return queries() - before

    assert asyncio.run(scenario()) == 1


def test_all_servers_hang_at_once(watch: Watched, start: Start) -> None:
    """With the times of the contract: readiness within its 5 s, liveness within its 1 s meanwhile."""
    chosen = [CASES[2], CASES[5], CASES[7], CASES[8]]
    servers = [start(case.kind) for case in chosen]

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            for case, server in zip(chosen, servers, strict=True):
                check = await stack.enter_async_context(case.connect(Address(server.port)))
                watch.telemetry.health.add(case.check, check)
            asked = Service(watch, chosen[0])
            await asked.recovers()
            await asyncio.sleep(1)  # results are kept that long
            for server in servers:
                server.freeze()
            try:
                ready = asyncio.create_task(asked.ask())
                await asyncio.sleep(0.1)
                assert (await asked.ask("/health/live"))[0] == 200
                code, body = await ready
                assert (code, body["status"]) == (503, "fail")
                assert {name: check["reason"] for name, check in body["checks"].items()} == dict.fromkeys(
                    (case.check for case in chosen), "timeout"
                )
            finally:
                for server in servers:
                    server.thaw()
            await asked.recovers()

    asyncio.run(scenario())
