"""Invoices: made of orders, paid once, refunded at most once."""

import logging
from collections.abc import AsyncIterator, Collection

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import StreamingResponse

from .erp import Erp, ErpOf, Number, note_user
from .stores import Record

router = APIRouter(prefix="/api/v1", tags=["invoices"], dependencies=[Depends(note_user)])
_logger = logging.getLogger(__name__)

_PAGE, _MOST_PAGES = 50, 20


@router.post("/orders/{number}/invoice", status_code=201)
async def create(number: Number, erp: ErpOf) -> Record:
    """Make the invoice of an order."""
    async with erp.transaction("invoice"):
        order = await erp.database.get("order", number)
        if order is None:
            raise HTTPException(404, "no such order")
        await _move(erp, "invoice", "order", number, {"new", "shipped"}, "invoiced")
        record = {"state": "open", "order": number, "currency": order["currency"], "amounts": order["amounts"]}
        made = await erp.database.add("invoice", record)
    _logger.info("invoice made", extra={"order": number, "invoice": made})
    return {**record, "number": made}


@router.post("/invoices/{number}/payment")
async def pay(number: Number, erp: ErpOf) -> Record:
    """Pay an invoice; 402 when the payment fails, which is no error of the service."""
    business = erp.telemetry.metrics.business
    async with erp.transaction("payment"):
        invoice = await _invoice(erp, number)
        await _move(erp, "payment", "invoice", number, {"open"}, "paying")
        code = "unreachable" if erp.faults.scenario.provider_down else "declined" if erp.faults.declined() else ""
        await erp.database.move("invoice", number, {"paying"}, "open" if code else "paid")
        if code:
            business.transaction("payment", "failed")
            business.error("payment", code)
            _logger.warning("payment failed", extra={"invoice": number, "code": code})
            raise HTTPException(402, code)
    for product, cents in invoice["amounts"].items():
        business.add_revenue(cents=cents, product=product, currency=invoice["currency"])
    return {**invoice, "state": "paid"}


@router.post("/invoices/{number}/refund")
async def refund(number: Number, erp: ErpOf) -> Record:
    """Give the money back."""
    invoice = await _invoice(erp, number)
    await _move(erp, "payment", "invoice", number, {"paid"}, "refunded")
    for product, cents in invoice["amounts"].items():
        erp.telemetry.metrics.business.refund(cents=cents, product=product, currency=invoice["currency"])
    return {**invoice, "state": "refunded"}


async def _invoice(erp: Erp, number: int) -> Record:
    found = await erp.database.get("invoice", number)
    if found is None:
        raise HTTPException(404, "no such invoice")
    return found


async def _move(erp: Erp, transaction: str, kind: str, number: int, before: Collection[str], after: str) -> None:
    if not await erp.database.move(kind, number, before, after):
        raise erp.refused(transaction, 409, "invoice", "wrong_state", number=number)


@router.get("/invoices/export")
async def export(erp: ErpOf) -> StreamingResponse:
    """The latest invoices as CSV, sent page by page while they are read."""
    return StreamingResponse(_rows(erp), media_type="text/csv")


async def _rows(erp: Erp) -> AsyncIterator[str]:
    yield "number,state,currency,hundredths\r\n"
    below = None
    for _ in range(_MOST_PAGES):
        page = await erp.database.newest("invoice", _PAGE, below)
        for record in page:
            yield f"{record['number']},{record['state']},{record['currency']},{sum(record['amounts'].values())}\r\n"
        if len(page) < _PAGE:
            return
        below = page[-1]["number"]
