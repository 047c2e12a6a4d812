"""What the parts of the ERP share: stores, faults, figures, and who is asking."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Path, Request
from neuroerp_telemetry import Telemetry, Unhealthy

from .faults import Faults, Unavailable
from .stores import Cache, Database, Queue

_logger = logging.getLogger(__name__)

PRODUCTS = {
    "cable": (1_999, "hardware"),
    "sensor": (12_950, "hardware"),
    "pump": (189_900, "hardware"),
    "training": (49_000, "services"),
}
"""Price in hundredths and product line of each product."""
CURRENCIES = ("EUR", "CHF")
BUSINESS_ERRORS = {
    "stock": ("empty", "unknown_product"),
    "payment": ("declined", "unreachable"),
    "invoice": ("wrong_state",),
    "database": ("unavailable",),
}
LABELS: dict[str, Any] = {
    "products": ("hardware", "services"),
    "currencies": CURRENCIES,
    "business_errors": BUSINESS_ERRORS,
}
"""What the configuration of the telemetry knows beforehand."""


@dataclass(frozen=True, slots=True)
class Erp:
    """The ERP without its web side."""

    telemetry: Telemetry
    database: Database
    cache: Cache
    queue: Queue
    faults: Faults

    async def close(self) -> None:
        """Give up all connections."""
        for store in (self.queue, self.cache, self.database):
            await store.close()

    def add_checks(self) -> None:
        """Register the health checks of the contract."""
        health = self.telemetry.health
        health.add("database", self.database.ping)
        health.add("cache", self.cache.ping)
        health.add("queue", self.queue.ping)
        health.add("dependencies", self._payment_provider)

    async def _payment_provider(self) -> None:
        if self.faults.scenario.provider_down:
            raise Unhealthy("the payment provider is out of order")

    def refused(self, transaction: str, status: int, kind: str, code: str, **context: object) -> HTTPException:
        """Count a transaction that breaks a rule of the business, and give the answer to it."""
        self.telemetry.metrics.business.transaction(transaction, "rejected")
        self.telemetry.metrics.business.error(kind, code)
        _logger.info("%s rejected", transaction, extra={"code": code, **context})
        return HTTPException(status, code)

    @asynccontextmanager
    async def transaction(self, kind: str) -> AsyncIterator[None]:
        """Count a transaction: a success, unless something fails; a refusal was counted where it was made."""
        business = self.telemetry.metrics.business
        with self.telemetry.tracer.start_as_current_span(f"transaction {kind}"):
            try:
                yield
            except HTTPException:
                raise
            except Unavailable:
                business.transaction(kind, "failed")
                business.error("database", "unavailable")
                raise
            except Exception:
                business.transaction(kind, "failed")
                raise
            business.transaction(kind, "success")

    async def cached(self, key: str) -> str | None:
        """A text of the cache; without the cache, nothing."""
        try:
            return await self.cache.get(key)
        except Unavailable:
            _logger.warning("the cache is not available", extra={"code": "unavailable"})
            return None

    async def remember(self, key: str, value: str, seconds: float) -> None:
        """Put a text into the cache, if there is one."""
        try:
            await self.cache.put(key, value, seconds)
        except Unavailable:
            return  # cached() has told


def erp_of(request: Request) -> Erp:
    """The ERP that a request is for."""
    found: Erp = request.app.state.erp
    return found


ErpOf = Annotated[Erp, Depends(erp_of)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


async def note_user(erp: ErpOf, x_user: Annotated[str, Header(max_length=64)] = "") -> None:
    """Keep the session of whoever is asking."""
    if x_user:
        try:
            await erp.cache.seen(x_user)
        except Unavailable:
            return  # the next request keeps it
