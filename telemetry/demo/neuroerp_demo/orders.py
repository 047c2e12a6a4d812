"""Orders: they take pieces from the stock, and are shipped later."""

import json
import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from .erp import PRODUCTS, Erp, ErpOf, Number, note_user
from .faults import Unavailable
from .stores import Record

router = APIRouter(prefix="/api/v1/orders", tags=["orders"], dependencies=[Depends(note_user)])
_logger = logging.getLogger(__name__)

_SECONDS_IN_CACHE = 5.0


class Line(BaseModel):
    """So many pieces of a product."""

    sku: Annotated[str, Field(min_length=1, max_length=40)]
    pieces: Annotated[int, Field(ge=1, le=100)]


class NewOrder(BaseModel):
    """What a customer wants."""

    currency: Literal["EUR", "CHF"] = "EUR"
    lines: Annotated[list[Line], Field(min_length=1, max_length=10)]


@router.post("", status_code=201)
async def create(order: NewOrder, erp: ErpOf) -> Record:
    """Take an order, if all of it is in stock."""
    async with erp.transaction("order"):
        erp.faults.order()
        unknown = [line.sku for line in order.lines if line.sku not in PRODUCTS]
        if unknown:
            raise erp.refused("order", 422, "stock", "unknown_product")
        await _reserve(order, erp)
        amounts: dict[str, int] = {}
        for line in order.lines:
            price, product = PRODUCTS[line.sku]
            amounts[product] = amounts.get(product, 0) + price * line.pieces
        record = {"state": "new", "currency": order.currency, "amounts": amounts}
        number = await erp.database.add("order", record)
        await _ship_later(number, erp)
    _logger.info("order taken", extra={"order": number, "amount": sum(amounts.values())})
    return {**record, "number": number}


async def _reserve(order: NewOrder, erp: Erp) -> None:
    taken: list[Line] = []
    for line in order.lines:
        if not await erp.database.change_stock(line.sku, -line.pieces):
            for back in taken:
                await erp.database.change_stock(back.sku, back.pieces)
            raise erp.refused("order", 409, "stock", "empty", sku=line.sku)
        taken.append(line)


async def _ship_later(number: int, erp: Erp) -> None:
    try:
        room = await erp.queue.put({"order": number})
    except Unavailable:
        room = False
    if not room:
        _logger.error("order waits for a clerk, the queue takes nothing", extra={"order": number})


async def ship(erp: Erp, message: Record) -> None:
    """What the queue's worker does with an order; raises Unavailable."""
    with erp.telemetry.tracer.start_as_current_span("ship order"):
        if await erp.database.move("order", message["order"], {"new"}, "shipped"):
            _logger.info("order shipped", extra={"order": message["order"]})


@router.get("")
async def newest(erp: ErpOf) -> list[Record]:
    """The latest orders."""
    return await erp.database.newest("order", 20)


@router.get("/{number}")
async def get(number: Number, erp: ErpOf) -> Record:
    """One order, perhaps as it was some seconds ago."""
    erp.faults.order()
    key = f"order:{number}"
    kept = await erp.cached(key)
    if kept:
        found: Record = json.loads(kept)
        return found
    read = await erp.database.get("order", number)
    if read is None:
        raise HTTPException(404, "no such order")
    await erp.remember(key, json.dumps(read), _SECONDS_IN_CACHE)
    return read
