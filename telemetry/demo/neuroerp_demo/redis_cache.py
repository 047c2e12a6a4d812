"""The cache on Redis."""
# ruff: noqa: D102 - `stores` describes the methods

import time
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from .faults import Faults, Unavailable
from .stores import SESSION_SECONDS

_SECONDS = 2.0
_PREFIX = "neuroerp-demo:"


async def connect(url: str, faults: Faults) -> "RedisCache":
    """The cache at a URL; raises Unavailable, or ValueError for what is no URL."""
    client = redis.asyncio.from_url(
        url, decode_responses=True, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
    made = RedisCache(client, faults)
    await made.ping()
    return made


class RedisCache:
    """Texts and a sorted set of users on Redis."""

    _USERS = f"{_PREFIX}users"

    def __init__(self, client: Any, faults: Faults) -> None:
        self._client = client
        self._faults = faults

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._faults.cache()
        try:
            return await call()
        except (OSError, RedisError) as error:
            raise Unavailable("cache") from error

    async def get(self, key: str) -> str | None:
        found = await self._ask(lambda: self._client.get(_PREFIX + key))
        return None if found is None else str(found)

    async def put(self, key: str, value: str, seconds: float) -> None:
        await self._ask(lambda: self._client.set(_PREFIX + key, value, px=int(seconds * 1000)))

    async def forget(self, key: str) -> None:
        await self._ask(lambda: self._client.delete(_PREFIX + key))

    async def seen(self, user: str) -> None:
        await self._ask(lambda: self._client.zadd(self._USERS, {user: time.time()}))

    async def active(self) -> int:
        oldest = time.time() - SESSION_SECONDS
        await self._ask(lambda: self._client.zremrangebyscore(self._USERS, 0, oldest))
        return int(await self._ask(lambda: self._client.zcard(self._USERS)))

    async def ping(self) -> None:
        await self._ask(self._client.ping)

    async def close(self) -> None:
        await self._client.aclose()
