"""What is measured all the time: how full things are, how many users there are; the leak drips here as well."""

import asyncio
import logging
import time

from anyio.to_thread import current_default_thread_limiter

from .erp import Erp
from .faults import Unavailable

_SECONDS = 0.25

_logger = logging.getLogger(__name__)


async def measure(erp: Erp) -> None:
    """Measure for ever."""
    last = time.monotonic()
    while True:
        await asyncio.sleep(_SECONDS)
        now = time.monotonic()
        passed, last = now - last, now
        try:
            await _measure_once(erp, passed)
        except Exception:
            _logger.exception("nothing was measured")


async def _measure_once(erp: Erp, passed: float) -> None:
    erp.faults.leak(passed)
    metrics, threads = erp.telemetry.metrics, current_default_thread_limiter()
    metrics.performance.saturation("event_loop", (passed - _SECONDS) / passed)
    metrics.performance.saturation("worker_pool", threads.borrowed_tokens / threads.total_tokens)
    metrics.performance.saturation("db_pool", erp.database.in_use())
    try:
        metrics.performance.saturation("queue", await erp.queue.fill())
        metrics.business.set_active_users(await erp.cache.active())
    except Unavailable:
        return  # the last value holds until the server is back; its health check tells that it is away
