"""A TCP proxy in front of a server: it can be slow, and it remembers what the clients sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.loopback import HOST

CHUNK = 65536


class SlowProxy:
    """Passes bytes on in both directions, those of the server after a delay."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay = 0.0
        """Seconds that each part of an answer waits."""
        self.sent = bytearray()
        """What the clients sent."""

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(HOST, self._server_port)
        for pass_on in (self._requests(reader, server_writer), self._answers(server_reader, writer)):
            task = asyncio.create_task(pass_on)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(CHUNK):
                self.sent += part
                writer.write(part)
        writer.close()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(CHUNK):
                await asyncio.sleep(self.delay)
                writer.write(part)
        writer.close()

    @classmethod
    @asynccontextmanager
    async def before(cls, server_port: int) -> AsyncIterator["SlowProxy"]:
        """A proxy in front of this port."""
        proxy = cls(server_port)
        server = await asyncio.start_server(proxy._connect, HOST, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            tasks = [*proxy._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
