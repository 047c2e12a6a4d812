"""Threads for calls that block: so many and no more, and none that keeps the process from ending."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


class Busy(Exception):  # noqa: N818 - a state, as in queue.Full
    """All threads hang in calls that have not returned."""


class BoundedThreads:
    """Starts a thread for a call, unless too many are running; unlike an executor it is never waited for at exit."""

    def __init__(self, limit: int, name: str) -> None:
        self._free = threading.BoundedSemaphore(limit)
        self._name = name

    def start(self, call: Callable[[], T]) -> "asyncio.Future[T]":
        """A future of the running loop with what the call returns or raises; raises Busy.

        The thread runs on when the future is cancelled: no thread can be stopped from outside.
        """
        if not self._free.acquire(blocking=False):
            raise Busy
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = copy_context()

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = context.run(call)
            except BaseException as raised:  # noqa: BLE001 - handed to the loop, whatever it is
                error = raised
            finally:
                self._free.release()
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:  # the loop was closed in the meantime
                return

        thread = threading.Thread(target=work, name=self._name, daemon=True)
        try:
            thread.start()
        except BaseException:
            self._free.release()
            raise
        return future


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, Exception) and not isinstance(error, StopIteration):
        future.set_exception(error)
    else:
        future.set_exception(RuntimeError(f"the call ended with {type(error).__name__}"))
