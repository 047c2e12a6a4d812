"""The queue on RabbitMQ."""
# ruff: noqa: D102 - `stores` describes the methods

import json
import logging
from typing import Any

import aio_pika
from aio_pika.exceptions import AMQPException, DeliveryError
from neuroerp_telemetry.checks import rabbitmq_check

from .faults import Unavailable
from .stores import LONGEST_QUEUE, Handle, Record

NAME = "neuroerp-demo-orders"
_SECONDS = 5.0

_logger = logging.getLogger(__name__)


async def connect(url: str) -> "RabbitQueue":
    """The queue on the broker at a URL; raises Unavailable, or ValueError for what is no URL."""
    try:
        connection = await aio_pika.connect_robust(url, timeout=_SECONDS)
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)
        limits = {"x-max-length": LONGEST_QUEUE, "x-overflow": "reject-publish"}
        queue = await channel.declare_queue(NAME, durable=True, arguments=limits)
    except (OSError, AMQPException) as error:
        raise Unavailable("queue") from error
    return RabbitQueue(connection, channel, queue)


class RabbitQueue:
    """A durable queue that refuses what is too much."""

    def __init__(self, connection: Any, channel: Any, queue: Any) -> None:
        self._connection = connection
        self._channel = channel
        self._queue = queue
        self._check: Any = rabbitmq_check(connection, NAME)

    async def put(self, message: Record) -> bool:
        body = aio_pika.Message(json.dumps(message).encode(), content_type="application/json")
        try:
            await self._channel.default_exchange.publish(body, NAME, timeout=_SECONDS)
        except DeliveryError:
            return False
        except (OSError, RuntimeError, AMQPException) as error:  # RuntimeError: the channel is being opened again
            raise Unavailable("queue") from error
        return True

    async def work(self, handle: Handle) -> None:
        async with self._queue.iterator() as messages:
            async for message in messages:
                async with message.process(ignore_processed=True):
                    try:
                        await handle(json.loads(message.body))
                    except Exception:
                        _logger.exception("a message was not handled")

    async def fill(self) -> float:
        try:
            found = await self._queue.declare()  # declare_queue() of the channel would give the first answer again
        except (OSError, RuntimeError, AMQPException) as error:
            raise Unavailable("queue") from error
        return min(1.0, float(found.message_count) / LONGEST_QUEUE)

    async def ping(self) -> None:
        await self._check()

    async def close(self) -> None:
        await self._connection.close()
