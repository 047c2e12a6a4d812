"""The servers, each started once and only when a test asks for it."""

import asyncio
from collections.abc import Callable, Iterator

import aio_pika
import pytest

from tests.telemetry.services.daemons import QUEUE, Daemon, Pricing, RabbitMQ
from tests.telemetry.services.drivers import Address

Start = Callable[[type[Daemon]], Daemon]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Gives the running server of a kind."""
    made: dict[type[Daemon], Daemon] = {}

    def running(kind: type[Daemon]) -> Daemon:
        if kind not in made:
            server = kind()
            made[kind] = server
            server.start()
            if kind is RabbitMQ:
                asyncio.run(_declare(server))
        return made[kind]

    yield running
    for server in made.values():
        server.remove()


async def _declare(server: Daemon) -> None:
    connection = await aio_pika.connect(Address(server.port).url("amqp"))
    async with connection, connection.channel() as channel:
        await channel.declare_queue(QUEUE, durable=True)


@pytest.fixture
def pricing(start: Start) -> Daemon:
    return start(Pricing)
