"""The demo's application in this process: what the ERP does, and who may change its scenario."""

import asyncio
import json
from typing import Any

import pytest

from telemetry.demo.neuroerp_demo import memory_stores
from telemetry.demo.neuroerp_demo.app import make_app
from telemetry.demo.neuroerp_demo.erp import LABELS, Erp
from telemetry.demo.neuroerp_demo.faults import MOST_LEAKED, Faults, Unavailable
from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from telemetry.demo.neuroerp_demo.stores import CONNECTIONS, STOCK_AT_START
from tests.telemetry.asgi_calls import call
from tests.telemetry.conftest import Watched, watched


class Shop:
    """The application with everything in memory, and no random failures."""

    def __init__(self) -> None:
        self.watch: Watched = watched(**LABELS)
        self.faults = Faults()
        self.faults.declined = lambda: False  # type: ignore[method-assign]
        self.database = memory_stores.MemoryDatabase(self.faults)
        self.cache = memory_stores.MemoryCache(self.faults)
        self.queue = memory_stores.MemoryQueue()
        self.erp = Erp(self.watch.telemetry, self.database, self.cache, self.queue, self.faults)
        self.app = make_app(self.erp)

    async def ask(self, method: str, path: str, body: Any = None, client: str = "127.0.0.1") -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        start, *parts = await call(
            self.app,
            path,
            method,
            incoming=[{"type": "http.request", "body": raw, "more_body": False}],
            headers=[(b"content-type", b"application/json"), (b"host", b"erp"), (b"x-user", b"anna")],
            client=(client, 1),
        )
        text = b"".join(part["body"] for part in parts).decode()
        return start["status"], json.loads(text) if text[:1] in "{[" and text else text

    async def order(self, pieces: int = 1, sku: str = "sensor", currency: str = "EUR") -> tuple[int, Any]:
        lines = [{"sku": sku, "pieces": pieces}]
        return await self.ask("POST", "/api/v1/orders", {"currency": currency, "lines": lines})


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_order_is_invoiced_paid_once_and_refunded_once(shop: Shop) -> None:
    async def life() -> list[int]:
        _, order = await shop.order(pieces=2, currency="CHF")
        path = f"/api/v1/orders/{order['number']}/invoice"
        _, invoice = await shop.ask("POST", path)
        paid, refund = (f"/api/v1/invoices/{invoice['number']}/{end}" for end in ("payment", "refund"))
        return [(await shop.ask("POST", each))[0] for each in (path, paid, paid, refund, refund)]

    assert asyncio.run(life()) == [409, 200, 409, 200, 409]
    money = {"product": "hardware", "currency": "CHF"}
    assert shop.watch.value("business_revenue_total", **money) == 25_900
    assert shop.watch.value("business_refunds_total", **money) == 25_900
    assert shop.watch.value("business_transactions_total", type="invoice", status="rejected") == 1
    assert shop.watch.value("business_errors_total", type="invoice", code="wrong_state") == 3


def test_of_payments_at_once_one_wins(shop: Shop) -> None:
    async def pay() -> list[int]:
        _, order = await shop.order()
        _, invoice = await shop.ask("POST", f"/api/v1/orders/{order['number']}/invoice")
        path = f"/api/v1/invoices/{invoice['number']}/payment"
        return [code for code, _ in await asyncio.gather(*(shop.ask("POST", path) for _ in range(5)))]

    assert sorted(asyncio.run(pay())) == [200, 409, 409, 409, 409]
    assert shop.watch.value("business_revenue_total", product="hardware", currency="EUR") == 12_950


def test_an_order_that_cannot_be_filled_takes_nothing(shop: Shop) -> None:
    async def too_much() -> tuple[int, int | None]:
        lines = [{"sku": "cable", "pieces": 5}, {"sku": "pump", "pieces": 100}]
        code, _ = await shop.ask("POST", "/api/v1/orders", {"lines": lines})
        return code, await shop.database.stock("cable")

    assert asyncio.run(too_much()) == (409, STOCK_AT_START["cable"])
    assert shop.watch.value("business_errors_total", type="stock", code="empty") == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/orders", {"lines": [{"sku": "unicorn", "pieces": 1}]}, 422),
        ("POST", "/api/v1/orders", {"lines": []}, 422),
        ("POST", "/api/v1/orders", {"lines": [{"sku": "pump", "pieces": -1}]}, 422),
        ("POST", "/api/v1/orders", {"currency": "euro", "lines": [{"sku": "pump", "pieces": 1}]}, 422),
        ("GET", "/api/v1/orders/99999999999999999999", None, 422),
        ("GET", "/api/v1/orders/7", None, 404),
        ("POST", "/api/v1/orders/7/invoice", None, 404),
        ("POST", "/api/v1/invoices/7/payment", None, 404),
        ("POST", "/api/v1/invoices/7/refund", None, 404),
        ("GET", "/api/v1/stock/unicorn", None, 404),
        ("POST", "/api/v1/stock/unicorn/delivery", {"pieces": 1}, 404),
        ("POST", "/demo/scenario/tuesday", None, 404),
    ],
)
def test_wrong_requests_are_refused(shop: Shop, method: str, path: str, body: Any, status: int) -> None:
    assert asyncio.run(shop.ask(method, path, body))[0] == status
    families = shop.watch.telemetry.metrics.registry.collect()
    errors = [each.value for one in families if one.name == "http_request_errors" for each in one.samples]
    assert errors
    assert sum(errors) == 0


@pytest.mark.parametrize(("client", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.9", 403), ("erp", 403)])
def test_only_the_same_machine_changes_the_scenario(shop: Shop, client: str, status: int) -> None:
    code, _ = asyncio.run(shop.ask("POST", "/demo/scenario/errors", client=client))
    assert code == status
    assert shop.faults.scenario.name == ("errors" if status == 200 else "normal")


def test_without_the_cache_everything_goes_on(shop: Shop) -> None:
    async def day() -> list[int]:
        shop.faults.switch(SCENARIOS["cache-down"])
        _, order = await shop.order()
        paths = (f"/api/v1/orders/{order['number']}", "/api/v1/stock/cable", "/api/v1/orders")
        return [(await shop.ask("GET", path))[0] for path in paths]

    assert asyncio.run(day()) == [200, 200, 200]


def test_without_the_database_nothing_is_an_exception(shop: Shop) -> None:
    shop.faults.switch(SCENARIOS["database-down"])
    assert asyncio.run(shop.order()) == (503, {"detail": "database is not available"})
    assert shop.watch.value("business_errors_total", type="database", code="unavailable") == 1
    assert shop.watch.value("business_transactions_total", type="order", status="failed") == 1


def test_an_order_is_kept_when_the_queue_is_full(shop: Shop) -> None:
    async def fill() -> tuple[int, float]:
        while await shop.queue.put({}):
            pass
        return (await shop.order())[0], await shop.queue.fill()

    assert asyncio.run(fill()) == (201, 1.0)
    assert [line["level"] for line in shop.watch.lines() if "clerk" in line["message"]] == ["error"]


def test_the_leak_ends_and_is_given_back() -> None:
    faults = Faults(SCENARIOS["memory-leak"])
    faults.leak(1.0)
    assert faults.leaked == 20_000_000
    faults.leak(1e6)
    assert faults.leaked == MOST_LEAKED
    faults.switch(SCENARIOS["normal"])
    assert faults.leaked == 0
    faults.leak(1.0)
    assert faults.leaked == 0


def test_memory_stores_hold_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_stores, "MOST_RECORDS", 3)
    monkeypatch.setattr(memory_stores, "MOST_KEYS", 3)

    async def fill() -> tuple[list[int], int, list[str | None]]:
        database, cache = memory_stores.MemoryDatabase(Faults()), memory_stores.MemoryCache(Faults())
        for number in range(5):
            await database.add("order", {"state": "new"})
            await cache.seen(f"user-{number}")
            await cache.put(f"key-{number}", str(number), 60)
        kept = [await cache.get(f"key-{number}") for number in range(5)]
        return [record["number"] for record in await database.newest("order", 10)], await cache.active(), kept

    assert asyncio.run(fill()) == ([5, 4, 3], 3, [None, None, "2", "3", "4"])


def test_pages_do_not_overlap() -> None:
    async def pages() -> list[list[int]]:
        database = memory_stores.MemoryDatabase(Faults())
        for _ in range(5):
            await database.add("order", {"state": "new"})
        return [[r["number"] for r in await database.newest("order", 2, below)] for below in (None, 4, 2)]

    assert asyncio.run(pages()) == [[5, 4], [3, 2], [1]]


def test_a_connection_that_does_not_come_is_an_unavailable_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_stores, "_SECONDS_TO_WAIT", 0.05)

    async def crowd() -> list[type[BaseException] | None]:
        database = memory_stores.MemoryDatabase(Faults(SCENARIOS["slow-database"]))
        asked = [database.ping() for _ in range(CONNECTIONS + 1)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert database.in_use() == 0
        return [type(each) if each else None for each in found]

    assert asyncio.run(crowd()) == [None] * CONNECTIONS + [Unavailable]


def test_a_message_that_fails_does_not_stop_the_worker() -> None:
    async def work() -> int:
        queue = memory_stores.MemoryQueue()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def handle(message: dict[str, Any]) -> None:
            if message["order"] == 1:
                raise Unavailable("database")
            done.set_result(message["order"])

        worker = asyncio.create_task(queue.work(handle))
        for number in (1, 2):
            await queue.put({"order": number})
        async with asyncio.timeout(5):
            found = await done
        worker.cancel()
        return found

    assert asyncio.run(work()) == 2
