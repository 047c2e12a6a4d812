"""The demo's stores keep the same promises in memory and on real servers; what a server's end does to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.demo.neuroerp_demo.faults import Faults, Unavailable
from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from telemetry.demo.neuroerp_demo.stores import STOCK_AT_START, Cache, Database, Queue, open_stores
from tests.loopback import HOST
from tests.telemetry.demo_process import running, value
from tests.telemetry.services.daemons import PASSWORD, USER, Daemon, PostgreSQL, RabbitMQ, Redis
from tests.waiting import wait

KINDS: dict[str, type[Daemon]] = {"DATABASE_URL": PostgreSQL, "REDIS_URL": Redis, "AMQP_URL": RabbitMQ}
URLS = {
    "DATABASE_URL": "postgresql://{user}:{password}@{host}:{port}/postgres",
    "REDIS_URL": "redis://:{password}@{host}:{port}/0",
    "AMQP_URL": "amqp://{user}:{password}@{host}:{port}/",
}
Servers = Callable[[str], Daemon]
Environment = dict[str, str]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    made: dict[str, Daemon] = {}

    def running_one(variable: str) -> Daemon:
        if variable not in made:
            made[variable] = KINDS[variable]()
            made[variable].start()
        return made[variable]

    yield running_one
    for server in made.values():
        server.remove()


def url(variable: str, server: Daemon) -> Environment:
    return {variable: URLS[variable].format(user=USER, password=PASSWORD, host=HOST, port=server.port)}


@asynccontextmanager
async def opened(environment: Environment, faults: Faults) -> AsyncIterator[tuple[Database, Cache, Queue]]:
    stores = await open_stores(faults, environment)
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


def environment(where: str, variable: str, servers: Servers) -> Environment:
    return {} if where == "memory" else url(variable, servers(variable))


WHERE = pytest.mark.parametrize("where", ["memory", "server"])


@WHERE
def test_the_database(where: str, servers: Servers) -> None:
    async def use() -> None:
        async with opened(environment(where, "DATABASE_URL", servers), Faults()) as (database, _, _):
            first = await database.add("order", {"state": "new", "amounts": {"hardware": 1}})
            assert await database.get("order", first) == {"state": "new", "amounts": {"hardware": 1}, "number": first}
            assert await database.get("invoice", first) is None
            moves = [database.move("order", first, {"new", "shipped"}, "invoiced") for _ in range(5)]
            assert sorted(await asyncio.gather(*moves)) == [False] * 4 + [True]
            found = await database.get("order", first)
            assert found is not None
            assert found["state"] == "invoiced"
            assert not await database.move("order", 2**31 - 1, {"new"}, "gone")
            for _ in range(3):
                await database.add("order", {"state": "new"})
            latest = [record["number"] for record in await database.newest("order", 3)]
            assert latest == sorted(latest, reverse=True)
            older = await database.newest("order", 5, below=latest[-1])
            assert [record["number"] for record in older] == [first]
            assert 0 <= database.in_use() <= 1

    asyncio.run(use())


@WHERE
def test_the_stock_never_falls_below_zero(where: str, servers: Servers) -> None:
    async def use() -> None:
        async with opened(environment(where, "DATABASE_URL", servers), Faults()) as (database, _, _):
            pieces = STOCK_AT_START["pump"]
            assert await database.stock("pump") == pieces
            took = []
            for _ in range(5):  # as many at once as the test's server has connections for
                took += await asyncio.gather(*(database.change_stock("pump", -1) for _ in range(10)))
            assert took.count(True) == pieces
            assert await database.stock("pump") == 0
            assert await database.change_stock("pump", pieces)
            assert await database.stock("unicorn") is None
            assert not await database.change_stock("unicorn", -1)

    asyncio.run(use())


@WHERE
def test_the_cache(where: str, servers: Servers) -> None:
    async def use() -> None:
        async with opened(environment(where, "REDIS_URL", servers), Faults()) as (_, cache, _):
            await cache.put("a", "1", 60)
            await cache.put("b", "Ü", 0.05)
            assert (await cache.get("a"), await cache.get("b"), await cache.get("c")) == ("1", "Ü", None)
            await asyncio.sleep(0.1)
            assert await cache.get("b") is None
            await cache.forget("a")
            assert await cache.get("a") is None
            for user in ("anna", "bert", "anna"):
                await cache.seen(user)
            assert await cache.active() == 2

    asyncio.run(use())


@WHERE
def test_the_queue(where: str, servers: Servers) -> None:
    async def use() -> None:
        async with opened(environment(where, "AMQP_URL", servers), Faults()) as (_, _, queue):
            done: list[Any] = []

            async def handle(message: dict[str, Any]) -> None:
                done.append(message["order"])
                if message["order"] == 1:
                    raise Unavailable("database")

            assert [await queue.put({"order": number}) for number in (1, 2, 3)] == [True] * 3
            async with asyncio.timeout(10):
                while not await queue.fill():  # noqa: ASYNC110 - a broker counts a moment later
                    await asyncio.sleep(0.01)
            assert await queue.fill() < 0.1
            worker = asyncio.create_task(queue.work(handle))
            async with asyncio.timeout(10):
                while len(done) < 3:  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.01)
            assert done == [1, 2, 3]
            worker.cancel()
            await asyncio.wait([worker])

    asyncio.run(use())


@pytest.mark.parametrize(
    ("scenario", "index"), [("database-down", 0), ("cache-down", 1)], ids=["database-down", "cache-down"]
)
def test_a_scenario_breaks_a_server_that_is_there(scenario: str, index: int, servers: Servers) -> None:
    async def use() -> None:
        faults, variable = Faults(), ("DATABASE_URL", "REDIS_URL")[index]
        async with opened(url(variable, servers(variable)), faults) as stores:
            await stores[index].ping()
            faults.switch(SCENARIOS[scenario])
            with pytest.raises(Unavailable):
                await stores[index].ping()
            faults.switch(SCENARIOS["normal"])
            await stores[index].ping()

    asyncio.run(use())


@pytest.mark.parametrize(("variable", "index"), [("DATABASE_URL", 0), ("REDIS_URL", 1)])
def test_a_server_that_ends_is_unavailable_and_is_used_again(variable: str, index: int, servers: Servers) -> None:
    server = servers(variable)

    async def use() -> None:
        async with opened(url(variable, server), Faults()) as stores:
            calls: list[Callable[[], Awaitable[Any]]] = [
                lambda: stores[0].get("order", 1),
                lambda: stores[1].get("order:1"),
            ]
            await calls[index]()
            await asyncio.to_thread(server.stop)
            with pytest.raises(Unavailable):
                await calls[index]()
            await asyncio.to_thread(server.start)
            await calls[index]()

    asyncio.run(use())


def test_the_demo_on_all_three(servers: Servers, tmp_path: Path) -> None:
    env = {name: text for variable in KINDS for name, text in url(variable, servers(variable)).items()}
    with running(tmp_path, "--rate", "20", **env) as demo:
        shipped = 'business_transactions_total{type="payment",status="success"}'
        wait("payments", lambda: value(demo.families(), shipped) > 2, 30)
        code, body = demo.ready()
        assert (code, body["status"]) == (200, "pass")
        assert {*body["checks"]} == {"database", "cache", "queue", "dependencies"}
        assert value(demo.families(), "active_users") > 0
        wait("a shipment", lambda: [line for line in demo.lines() if line["message"] == "order shipped"], 15)
        servers("DATABASE_URL").freeze()
        try:
            wait("the failing check", lambda: demo.ready()[1]["checks"]["database"].get("reason") == "timeout", 15)
            assert demo.ready()[0] == 503
        finally:
            servers("DATABASE_URL").thaw()
        wait("the database", lambda: demo.ready()[0] == 200, 30)
        assert demo.end() == 0
