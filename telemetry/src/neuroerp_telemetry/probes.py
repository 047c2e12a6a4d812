"""One health check: at most one call at a time, with a time limit, its result kept for a moment."""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .families import Families
from .threads import BoundedThreads, Busy

# A check that gives up when its own time is over needs a moment to say so.
_GRACE = 0.1

CheckCall = Callable[[], object | Awaitable[object]]

_logger = logging.getLogger("neuroerp_telemetry.health")


class Unhealthy(Exception):  # noqa: N818 - what the check says, not a fault in it
    """Raised by a check whose dependency answers, but not well."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    passed: bool
    milliseconds: float
    reason: str = ""
    """timeout, unhealthy or error; nothing when it passed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A check as it was registered."""

    name: str
    call: CheckCall
    timeout: float
    critical: bool
    ttl: float


class Probe:
    """Runs a check; everybody who asks while it runs gets the same result."""

    def __init__(self, settings: Settings, families: Families, threads: BoundedThreads) -> None:
        self.settings = settings
        self._threads = threads
        self._is_async = inspect.iscoroutinefunction(settings.call) or inspect.iscoroutinefunction(
            getattr(settings.call, "__call__", None)  # noqa: B004 - an object whose call is a coroutine
        )
        self._flight: asyncio.Task[Result] | None = None
        self._call: asyncio.Future[Any] | None = None
        self._last: Result | None = None
        self._fresh_until = 0.0
        self._given_up_at = 0.0
        self._state: Any = families["health_check_status"].series(settings.name, str(settings.critical).lower())
        self._time: Any = families["health_check_duration_seconds"].series(settings.name)
        self._ran: Any = families["health_check_last_run_timestamp_seconds"].series(settings.name)
        self._failures = families["health_check_failures_total"]
        self._failures.prepare((settings.name,), ("timeout", "unhealthy", "error"))
        self._state.set(float("nan"))
        self._ran.set_to_current_time()

    async def result(self, limit: float) -> tuple[Result, bool]:
        """The result within so many seconds, and whether it is a kept one; never raises an error of the check."""
        if self._last and time.monotonic() < self._fresh_until:
            return self._last, True
        now = time.monotonic()
        flight = self._flight
        if flight is None or flight.done() or flight.get_loop() is not asyncio.get_running_loop():
            flight = self._flight = asyncio.get_running_loop().create_task(self._run())
            self._given_up_at = now + self.settings.timeout + _GRACE
        # wait() leaves the flight alone when time is up or the asking client goes away.
        await asyncio.wait({flight}, timeout=max(0.0, min(limit, self._given_up_at - now)))
        if flight.done() and not flight.cancelled():
            return flight.result(), False
        late = Result(passed=False, milliseconds=_since(now), reason="timeout")
        if time.monotonic() >= self._given_up_at:
            self._note(late, None)  # it does not even stop when it is told to
        return late, False

    async def _run(self) -> Result:
        begin = time.monotonic()
        reason = ""
        error: BaseException | None = None
        try:
            async with asyncio.timeout(self.settings.timeout) as limit:
                if await self._answer() is False:
                    reason = "unhealthy"
            if limit.expired():
                reason = "timeout"  # an answer that comes when nobody waits any more
        except (TimeoutError, Busy) as raised:
            reason, error = "timeout", raised
        except Unhealthy as raised:
            reason, error = "unhealthy", raised
        except asyncio.CancelledError as raised:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            reason, error = "error", raised  # of a driver's own, not of ours
        except Exception as raised:  # noqa: BLE001 - whatever a driver raises
            reason, error = "error", raised
        result = Result(passed=not reason, milliseconds=_since(begin), reason=reason)
        self._note(result, error)
        return result

    async def _answer(self) -> object:
        if self._is_async:
            answer = self.settings.call()
        else:
            if self._call and not self._call.done():
                raise Busy  # the last call still hangs in its thread: a second one would hang as well
            self._call = self._threads.start(self.settings.call)
            self._call.add_done_callback(_seen)
            answer = await asyncio.shield(self._call)
        return await answer if inspect.isawaitable(answer) else answer

    def _note(self, result: Result, error: BaseException | None) -> None:
        before, self._last = self._last, result
        self._fresh_until = time.monotonic() + self.settings.ttl
        self._state.set(int(result.passed))
        self._time.observe(result.milliseconds / 1000)
        self._ran.set_to_current_time()
        if result.reason:
            series = self._failures.series(self.settings.name, result.reason)
            if series is not None:
                series.inc()
        if (before.reason if before else "") != result.reason:  # changes only: probes come every few seconds
            with suppress(Exception):
                level = logging.INFO if result.passed else logging.WARNING
                _logger.log(level, "health check %s: %s", self.settings.name, result.reason or "pass", exc_info=error)


def _since(begin: float) -> float:
    return round((time.monotonic() - begin) * 1000, 1)


def _seen(future: "asyncio.Future[Any]") -> None:
    """Take note of an exception that comes after everybody stopped waiting."""
    if not future.cancelled():
        future.exception()
