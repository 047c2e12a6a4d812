"""Turns a scenario into what goes wrong."""

import asyncio
import logging
from random import Random

from .scenarios import NORMAL, Scenario

MOST_LEAKED = 215_000_000
"""Bytes."""
_PIECE = 1_000_000
_RANDOM_STATE = 20_261_124
"""Where the random numbers begin, so that two runs decide alike."""

_logger = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818 - the state of a server
    """A server that the demo depends on does not answer; says which."""


class Faults:
    """The current scenario, asked by everything that it can break."""

    def __init__(self, scenario: Scenario = NORMAL) -> None:
        self.scenario = scenario
        self._random = Random(_RANDOM_STATE)  # noqa: S311 - nothing to hide
        self._leaked: list[bytes] = []
        self._owed = 0.0

    def switch(self, scenario: Scenario) -> None:
        """Begin another scenario; what the last one leaked is given back."""
        self.scenario = scenario
        self._leaked.clear()
        self._owed = 0.0
        _logger.info("scenario %s begins", scenario.name, extra={"scenario": scenario.name})

    async def query(self) -> None:
        """Before each query, while its connection is held; raises Unavailable."""
        if self.scenario.database_down:
            raise Unavailable("database")
        if self.scenario.query_seconds:
            await asyncio.sleep(self.scenario.query_seconds)

    def cache(self) -> None:
        """Before each use of the cache; raises Unavailable."""
        if self.scenario.cache_down:
            raise Unavailable("cache")

    def order(self) -> None:
        """In handlers of orders; raises RuntimeError as often as the scenario says."""
        if self._random.random() < self.scenario.broken:
            raise RuntimeError("the price list has no entry for this customer")

    def declined(self) -> bool:
        """Whether the customer's bank declines a payment."""
        return self._random.random() < self.scenario.declined

    def leak(self, seconds: float) -> None:
        """Keep as much memory as the scenario leaks in so many seconds."""
        self._owed += self.scenario.leak * seconds
        while self._owed >= _PIECE and self.leaked < MOST_LEAKED:
            self._owed -= _PIECE
            self._leaked.append(b"\x01" * _PIECE)  # zeros would take up no memory

    @property
    def leaked(self) -> int:
        """Bytes that are kept for nothing."""
        return len(self._leaked) * _PIECE
