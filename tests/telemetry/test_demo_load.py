"""The load driver keeps to the rate of the scenario, whatever the machine does; its clock is the test's own."""

import asyncio
import logging
import time
from typing import Any

import httpx
import pytest

from telemetry.demo.neuroerp_demo import load
from telemetry.demo.neuroerp_demo.faults import Faults
from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS, Scenario
from telemetry.demo.neuroerp_demo.shopping import Visitor


class Clock:
    """Time that passes only while everybody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, waker))
        await waker

    async def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            for _ in range(50):
                await asyncio.sleep(0)
            self._sleepers.sort(key=lambda sleeper: sleeper[0])
            if not self._sleepers or self._sleepers[0][0] > end:
                self.now = end
                return
            self.now, waker = self._sleepers.pop(0)
            if not waker.done():
                waker.set_result(None)


class Changed:
    """A module, but for some of its functions."""

    def __init__(self, module: Any, **functions: Any) -> None:
        self.__dict__.update(functions)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class Bench:
    """A driver on that clock, whose requests are answered at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate: float = 20.0) -> None:
        self.clock, self.faults, self.told = Clock(), Faults(), list[str]()
        self.asked: list[tuple[str, str]] = []
        monkeypatch.setattr(load, "time", Changed(time, monotonic=lambda: self.clock.now))
        monkeypatch.setattr(load, "asyncio", Changed(asyncio, sleep=self.clock.sleep))
        client = httpx.AsyncClient(base_url="http://erp", transport=httpx.MockTransport(self._answer))
        monkeypatch.setattr(load, "httpx", Changed(httpx, AsyncClient=lambda **_: client))
        self.driver = load.Driver("http://erp", self.faults, rate, self.told.append)
        self.status = 201

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        if self.status == 0:
            raise httpx.ConnectError("nobody there", request=request)
        return httpx.Response(self.status, json={"number": 1})

    async def count(self, seconds: float, *scenarios: Scenario) -> list[int]:
        """Requests of visitors, scenario after scenario."""
        task, found = asyncio.create_task(self.driver.run()), []
        for scenario in scenarios:
            self.faults.switch(scenario)
            await self.clock.pass_by(1)  # who was on the way has arrived
            self.asked.clear()
            await self.clock.pass_by(seconds)
            found.append(sum("/health" not in path for _, path in self.asked))
        task.cancel()
        await asyncio.wait([task])
        return found


def test_the_rate_is_kept_a_burst_is_ten_times_as_much_and_silence_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    chosen = [SCENARIOS[name] for name in ("normal", "burst", "silence", "normal")]
    normal, burst, silence, again = asyncio.run(bench.count(5, *chosen))
    assert normal == pytest.approx(100, abs=3)
    assert burst == pytest.approx(1000, abs=20)
    assert silence == 0
    assert again == pytest.approx(100, abs=3)


def test_probes_come_in_every_scenario_but_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)

    async def probes(name: str) -> int:
        await bench.count(10, SCENARIOS[name])
        return sum("/health" in path for _, path in bench.asked)

    assert asyncio.run(probes("burst")) == 15
    bench = Bench(monkeypatch)
    assert asyncio.run(probes("silence")) == 0


def test_people_are_told_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.status = 500
    asyncio.run(bench.count(20, SCENARIOS["errors"]))
    (_, line) = bench.told
    assert "errors: 21.5 requests/s, 215 failed, 0.0 ms" in line  # three probes each other second, and visitors


def test_a_server_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(monkeypatch)
    bench.driver._report = None
    bench.status = 0
    with caplog.at_level(logging.INFO):
        (count,) = asyncio.run(bench.count(20, SCENARIOS["normal"]))
    assert count > 100
    figures: Any = caplog.records[-1]
    assert figures.failed > 100


def test_two_visitors_with_the_same_number_do_the_same() -> None:
    async def errands(number: int) -> list[tuple[str, str, Any]]:
        asked = []

        async def ask(method: str, path: str, **options: Any) -> httpx.Response:
            asked.append((method, path, options.get("json")))
            return httpx.Response(201, json={"number": len(asked)})

        visitor = Visitor(number, ask)
        for _ in range(30):
            await visitor.visit()
        return asked

    first, again, other = (asyncio.run(errands(number)) for number in (1, 1, 2))
    assert first == again != other
    assert len({path for _, path, _ in first}) > 10
