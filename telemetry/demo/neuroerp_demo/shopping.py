"""What visitors of the ERP do, one request after the other."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import httpx

from .erp import CURRENCIES, PRODUCTS

Answer = httpx.Response | None
Ask = Callable[..., Awaitable[Answer]]
"""Method, path and options of httpx; nothing when there was no answer."""

_SKUS = tuple(PRODUCTS)
_PROBES = ("/health/live", "/health/ready", "/health")


class Visitor:
    """Somebody who uses the ERP; two visitors with the same number do the same."""

    def __init__(self, number: int, ask: Ask) -> None:
        self._random = Random(number)  # noqa: S311 - nothing to hide
        self._ask = ask
        self._user = {"X-User": f"user-{number}"}

    async def visit(self) -> None:
        """One errand."""
        errands: Sequence[tuple[Callable[[], Awaitable[Any]], int]] = (
            (self._buy, 10),
            (self._look_around, 6),
            (self._deliver, 4),
            (self._ask_for_too_much, 1),
            (self._export, 1),
            (self._wander, 1),
        )
        (chosen,) = self._random.choices([errand for errand, _ in errands], [weight for _, weight in errands])
        await chosen()

    async def _get(self, path: str) -> Answer:
        return await self._ask("GET", path, headers=self._user)

    async def _post(self, path: str, body: Any = None) -> Answer:
        return await self._ask("POST", path, headers=self._user, json=body)

    def _sku(self) -> str:
        return self._random.choice(_SKUS)

    async def _buy(self) -> None:
        lines = [{"sku": self._sku(), "pieces": self._random.randint(1, 3)} for _ in range(self._random.randint(1, 2))]
        currency = self._random.choices(CURRENCIES, [9, 1])[0]
        order = await self._post("/api/v1/orders", {"currency": currency, "lines": lines})
        if order is None or not order.is_success:
            return
        path = f"/api/v1/orders/{order.json()['number']}"
        await self._get(path)
        invoice = await self._post(f"{path}/invoice")
        if invoice is None or not invoice.is_success:
            return
        path = f"/api/v1/invoices/{invoice.json()['number']}"
        paid = await self._post(f"{path}/payment")
        if paid is not None and paid.is_success and self._random.random() < 0.2:  # noqa: PLR2004 - one in five
            await self._post(f"{path}/refund")

    async def _look_around(self) -> None:
        await self._get(f"/api/v1/stock/{self._sku()}")
        await self._get("/api/v1/orders")

    async def _deliver(self) -> None:
        sku = self._sku()
        await self._post(f"/api/v1/stock/{sku}/delivery", {"pieces": 40})
        await self._get(f"/api/v1/stock/{sku}/label")

    async def _ask_for_too_much(self) -> None:
        await self._post("/api/v1/orders", {"lines": [{"sku": "pump", "pieces": 100}] * 10})
        await self._post("/api/v1/orders", {"lines": [{"sku": "unicorn", "pieces": 1}]})

    async def _export(self) -> None:
        await self._get("/api/v1/invoices/export")

    async def _wander(self) -> None:
        """Like the scanners that every public address knows."""
        await self._ask("PROPFIND", f"/wp-admin/{self._random.randrange(10_000)}")
        await self._get("/api/v1/orders/999999999")


async def probe(ask: Ask) -> None:
    """What a kubelet and a prober from outside ask."""
    for path in _PROBES:
        await ask("GET", path)
