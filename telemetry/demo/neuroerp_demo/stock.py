"""Stock: how many pieces there are, deliveries, and labels for shelves."""

import hashlib
import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from .erp import PRODUCTS, ErpOf, note_user
from .stores import Record

router = APIRouter(prefix="/api/v1/stock", tags=["stock"], dependencies=[Depends(note_user)])
_logger = logging.getLogger(__name__)

_SECONDS_IN_CACHE = 1.0
_WORK_OF_A_LABEL = 20_000

Sku = Annotated[str, Path(max_length=40)]


class Delivery(BaseModel):
    """Pieces that came in."""

    pieces: Annotated[int, Field(ge=1, le=1000)]


def _known(sku: str) -> str:
    if sku not in PRODUCTS:
        raise HTTPException(404, "no such product")
    return sku


@router.get("/{sku}")
async def get(sku: Sku, erp: ErpOf) -> Record:
    """Pieces of a product, perhaps as of a second ago."""
    key = f"stock:{_known(sku)}"
    kept = await erp.cached(key)
    if kept is None:
        kept = str(await erp.database.stock(sku) or 0)
        await erp.remember(key, kept, _SECONDS_IN_CACHE)
    return {"sku": sku, "pieces": int(kept)}


@router.post("/{sku}/delivery")
async def deliver(sku: Sku, delivery: Delivery, erp: ErpOf) -> Record:
    """Put pieces on the shelf."""
    await erp.database.change_stock(_known(sku), delivery.pieces)
    _logger.info("delivery", extra={"sku": sku, "pieces": delivery.pieces})
    return {"sku": sku, "delivered": delivery.pieces}


@router.get("/{sku}/label", response_class=PlainTextResponse)
def label(sku: Sku) -> str:
    """A label for the shelf; it takes some computing, in a thread of the server's."""
    code = _known(sku).encode()
    for _ in range(_WORK_OF_A_LABEL):
        code = hashlib.sha256(code).digest()
    return f"{sku} {code.hex()[:12]}\n"
