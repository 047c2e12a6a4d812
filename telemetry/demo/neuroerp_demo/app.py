"""The web side of the ERP."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from . import gauges, invoices, orders, stock
from .erp import Erp, ErpOf
from .faults import Unavailable
from .page import page
from .scenarios import SCENARIOS


def make_app(erp: Erp) -> Any:
    """The ASGI application, watched by its telemetry."""

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(erp.queue.work(partial(orders.ship, erp)), name="worker"),
            asyncio.create_task(gauges.measure(erp), name="gauges"),
        ]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await erp.close()

    # The pages about the API would load their scripts from the internet.
    api = FastAPI(title="VALEO-NeuroERP demo", lifespan=lifespan, docs_url=None, redoc_url=None)
    api.state.erp = erp
    for part in (orders, invoices, stock):
        api.include_router(part.router)
    api.add_exception_handler(Unavailable, _unavailable)
    api.get("/", response_class=PlainTextResponse)(where_to_look)
    api.post("/demo/scenario/{name}")(switch)
    erp.add_checks()
    return erp.telemetry.asgi(api)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": f"{error} is not available"}, 503, {"Retry-After": "5"})


async def where_to_look(request: Request, erp: ErpOf) -> str:
    """The page that says where to look."""
    return page(str(request.base_url).rstrip("/"), erp.telemetry.config.service_name, erp.faults.scenario)


async def switch(name: str, request: Request, erp: ErpOf) -> dict[str, str]:
    """Begin a scenario; only for callers on the same machine, or in the same pod."""
    if not _on_this_machine(request):
        raise HTTPException(403, "scenarios are changed from the same machine only: use kubectl port-forward")
    if name not in SCENARIOS:
        raise HTTPException(404, f"no such scenario; there are {', '.join(SCENARIOS)}")
    erp.faults.switch(SCENARIOS[name])
    return {"scenario": name}


def _on_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
