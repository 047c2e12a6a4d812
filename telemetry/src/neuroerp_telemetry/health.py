"""Health checks and what the endpoints answer."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from .contract import CHECKS, ENDPOINTS
from .declared.health import READY
from .families import Families
from .probes import CheckCall, Probe, Settings, Unhealthy
from .threads import BoundedThreads

__all__ = ["HealthRegistry", "Unhealthy"]

_OK, _UNAVAILABLE = 200, 503
_KNOWN = {check.name: check for check in CHECKS}
_BUDGETS = {endpoint.path: endpoint.budget for endpoint in ENDPOINTS}
_THREADS = 8


async def _turn() -> None:
    """A turn of the event loop."""
    await asyncio.sleep(0)


class HealthRegistry:
    """The checks of a service; each endpoint runs those that belong to it."""

    def __init__(self, service: str, families: Families, *, threads: int = _THREADS) -> None:
        self._service = service
        self._families = families
        self._threads = BoundedThreads(threads, "health-check")
        self._probes: dict[str, Probe] = {}
        self._paths: dict[str, list[str]] = {path: [] for path in _BUDGETS}
        self.draining = False
        """Whether the service shuts down: it is alive, but no longer ready."""
        self.add("server", _turn)

    def add(
        self,
        name: str,
        check: CheckCall,
        *,
        timeout: float | None = None,
        critical: bool | None = None,
        ttl: float | None = None,
        endpoints: Iterable[str] | None = None,
    ) -> None:
        """Register a check, or replace one: a callable, async or blocking, that fails by raising or returning False.

        Times are in seconds; without them, and without endpoints, those of the contract hold. A check that the contract
        does not know belongs to /health/ready and is not critical. Raises ValueError for unknown endpoints or times.
        """
        known = _KNOWN.get(name, CHECKS[-1])
        paths = tuple(endpoints) if endpoints is not None else known.endpoints if name in _KNOWN else (READY,)
        unknown = [path for path in paths if path not in _BUDGETS]
        if unknown:
            raise ValueError(f"{name}: no endpoint {', '.join(unknown)}, only {', '.join(_BUDGETS)}")
        if (timeout is not None and timeout <= 0) or (ttl is not None and ttl < 0):
            raise ValueError(f"{name}: timeout must be above 0 seconds, ttl not below")
        settings = Settings(
            name,
            check,
            known.timeout if timeout is None else timeout,
            (known.critical if name in _KNOWN else False) if critical is None else critical,
            known.ttl if ttl is None else ttl,
        )
        self._probes[name] = Probe(settings, self._families, self._threads)
        for path, names in self._paths.items():
            names[:] = [*(other for other in names if other != name), *([name] if path in paths else [])]

    def drain(self) -> None:
        """From now on the service is not ready, so that no new requests come."""
        self.draining = True

    async def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body of an endpoint; raises KeyError for another path."""
        code, body = await self.evaluate(self._paths[path], _BUDGETS[path])
        if path == READY and self.draining:
            stopped = {"status": "fail", "critical": True, "duration_ms": 0.0, "reason": "unhealthy"}
            return _UNAVAILABLE, {**body, "status": "fail", "checks": {"server": stopped, **body["checks"]}}
        return code, body

    async def evaluate(self, names: Iterable[str], budget: float) -> tuple[int, dict[str, Any]]:
        """Run checks together within so many seconds: HTTP status and body; names without a check are skipped."""
        end = time.monotonic() + budget
        chosen = [self._probes[name] for name in names if name in self._probes]
        found = await asyncio.gather(*(self._one(probe, end) for probe in chosen))
        checks = {probe.settings.name: one for probe, one in zip(chosen, found, strict=True)}
        failed = [one for one in found if one["status"] == "fail"]
        status = "fail" if any(one["critical"] for one in failed) else "warn" if failed else "pass"
        code = _UNAVAILABLE if status == "fail" else _OK
        return code, {"status": status, "service": self._service, "checks": checks}

    async def _one(self, probe: Probe, end: float) -> dict[str, Any]:
        result, kept = await probe.result(max(0.0, end - time.monotonic()))
        shown: dict[str, Any] = {
            "status": "pass" if result.passed else "fail",
            "critical": probe.settings.critical,
            "duration_ms": result.milliseconds,
        }
        if result.reason:
            shown["reason"] = result.reason
        if kept:
            shown["cached"] = True
        return shown
