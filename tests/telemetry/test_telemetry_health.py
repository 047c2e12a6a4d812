"""Health checks answer in time, ask once, and tell nothing that is nobody's business."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroerp_telemetry import Unhealthy
from neuroerp_telemetry.contract import CHECKS, ENDPOINTS, REASONS

from tests.telemetry.asgi_calls import answer, call, get
from tests.telemetry.conftest import Watched, watched

SECRET = "postgresql://erp:hunter2@db.internal/erp"


async def passes() -> None:
    return None


async def hangs() -> None:
    await asyncio.sleep(30)


async def raises() -> None:
    raise ConnectionError(SECRET)


async def says_no() -> bool:
    return False


async def unhealthy() -> None:
    raise Unhealthy(SECRET)


async def times_out() -> None:
    raise TimeoutError(SECRET)


async def stubborn() -> None:
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        try:
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            continue


async def cancels_itself() -> None:
    raise asyncio.CancelledError


def hanging_later() -> Any:
    """No coroutine function, but what it returns must be awaited."""
    return hangs()


def check_threads(before: set[threading.Thread], expected: int) -> bool:
    """Whether so many threads of checks are left; those that are done need a moment to end."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        left = {thread for thread in threading.enumerate() if thread.name == "health-check"} - before
        if len(left) == expected and all(thread.daemon for thread in left):
            return True
        time.sleep(0.01)
    return False


def ready(watch: Watched, path: str = "/health/ready") -> tuple[int, dict[str, Any]]:
    status, headers, body = get(watch.telemetry.asgi(answer), path)
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    return status, json.loads(body)


def test_endpoints_run_the_checks_of_the_contract(watch: Watched) -> None:
    for check in CHECKS[1:]:
        watch.telemetry.health.add(check.name, passes)
    for endpoint in ENDPOINTS:
        status, body = ready(watch, endpoint.path)
        assert status == 200
        assert body["status"] == "pass"
        assert body["service"] == "neuroerp-api"
        assert set(body["checks"]) == {check.name for check in CHECKS if endpoint.path in check.endpoints}
        for check in CHECKS:
            if endpoint.path in check.endpoints:
                assert body["checks"][check.name]["critical"] == check.critical


@pytest.mark.parametrize(
    ("critical", "check", "code", "status"),
    [(True, passes, 200, "pass"), (False, raises, 200, "warn"), (True, raises, 503, "fail")],
)
def test_criticality_decides(watch: Watched, critical: bool, check: Callable[[], Any], code: int, status: str) -> None:
    watch.telemetry.health.add("database", check, critical=critical)
    found, body = ready(watch)
    assert (found, body["status"]) == (code, status)
    assert watch.value("health_check_status", check="database", critical=str(critical).lower()) == (status == "pass")


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (raises, "error"),
        (says_no, "unhealthy"),
        (unhealthy, "unhealthy"),
        (times_out, "timeout"),
        (hangs, "timeout"),
        (cancels_itself, "error"),
        (lambda: 1 / 0, "error"),
        (lambda: time.sleep(0.5), "timeout"),
        (hanging_later, "timeout"),
        (lambda: False, "unhealthy"),
    ],
)
def test_reasons_and_no_leakage(watch: Watched, check: Callable[[], Any], reason: str) -> None:
    watch.telemetry.health.add("database", check, timeout=0.1)
    begin = time.monotonic()
    status, body = ready(watch)
    assert time.monotonic() - begin < 1
    assert status == 503
    assert body["checks"]["database"]["reason"] == reason
    assert set(body["checks"]["database"]) == {"status", "critical", "duration_ms", "reason"}
    assert set(body) == {"status", "service", "checks"}
    for hidden in ("hunter2", "db.internal", "Error", "Traceback", "division"):
        assert hidden not in json.dumps(body)
    assert watch.value("health_check_failures_total", check="database", reason=reason) == 1
    assert watch.value("health_check_duration_seconds_count", check="database") == 1


def test_the_log_has_the_details_once_per_change(watch: Watched) -> None:
    watch.telemetry.health.add("database", raises, ttl=0)
    for _ in range(3):
        ready(watch)
    lines = [line for line in watch.lines() if line.get("logger") == "neuroerp_telemetry.health"]
    (line,) = [line for line in lines if "database" in line["message"]]
    assert line["level"] == "warning"
    assert line["exception"]["type"] == "ConnectionError"


@pytest.mark.parametrize("blocking", [False, True])
def test_twenty_parallel_probes_cause_one_query(watch: Watched, blocking: bool) -> None:
    calls: list[int] = []

    async def query() -> None:
        calls.append(1)
        await asyncio.sleep(0.1)

    def query_and_block() -> None:
        calls.append(1)
        time.sleep(0.1)

    watch.telemetry.health.add("database", query_and_block if blocking else query)
    app = watch.telemetry.asgi(answer)

    async def probe() -> list[Any]:
        return await asyncio.gather(*(call(app, "/health/ready") for _ in range(20)))

    answers = asyncio.run(probe())
    assert {sent[0]["status"] for sent in answers} == {200}
    assert len(calls) == 1


def test_a_result_is_kept_for_its_time(watch: Watched) -> None:
    calls: list[int] = []
    watch.telemetry.health.add("database", lambda: calls.append(1), ttl=0.2)
    assert "cached" not in ready(watch)[1]["checks"]["database"]
    assert ready(watch)[1]["checks"]["database"]["cached"] is True
    assert len(calls) == 1
    time.sleep(0.25)
    assert "cached" not in ready(watch)[1]["checks"]["database"]
    assert len(calls) == 2


def test_checks_run_together_and_the_budget_holds(watch: Watched) -> None:
    for name in ("database", "cache", "queue"):
        watch.telemetry.health.add(name, hangs, timeout=10)
    begin = time.monotonic()
    code, body = asyncio.run(watch.telemetry.health.evaluate(["database", "cache", "queue"], 0.3))
    assert 0.25 < time.monotonic() - begin < 1
    assert code == 503
    assert {check["reason"] for check in body["checks"].values()} == {"timeout"}


def test_a_probe_that_leaves_does_not_stop_the_check(watch: Watched) -> None:
    done: list[int] = []

    async def slow() -> None:
        await asyncio.sleep(0.2)
        done.append(1)

    watch.telemetry.health.add("database", slow)

    async def leave() -> None:
        app = watch.telemetry.asgi(answer)
        impatient = asyncio.create_task(call(app, "/health/ready"))
        patient = asyncio.create_task(call(app, "/health/ready"))
        await asyncio.sleep(0.05)
        impatient.cancel()
        assert (await patient)[0]["status"] == 200

    asyncio.run(leave())
    assert done == [1]


def test_a_check_that_cannot_be_stopped_is_not_started_twice(watch: Watched) -> None:
    watch.telemetry.health.add("database", stubborn, timeout=0.1, ttl=0)

    async def twice() -> None:
        for _ in range(2):
            begin = time.monotonic()
            code, body = await watch.telemetry.health.answer("/health/ready")
            assert time.monotonic() - begin < 0.5
            assert (code, body["checks"]["database"]["reason"]) == (503, "timeout")
        assert len([task for task in asyncio.all_tasks() if "Probe._run" in repr(task)]) == 1

    asyncio.run(twice())
    assert watch.value("health_check_failures_total", check="database", reason="timeout") == 3  # and once when it ends


def test_a_blocking_driver_that_hangs_holds_one_thread(watch: Watched) -> None:
    release, before = threading.Event(), {*threading.enumerate()}
    calls: list[int] = []

    def hang() -> None:
        calls.append(1)
        release.wait(30)

    watch.telemetry.health.add("database", hang, timeout=0.05, ttl=0)
    watch.telemetry.health.add("cache", lambda: None, ttl=0)

    async def several() -> None:
        for _ in range(5):
            code, body = await watch.telemetry.health.answer("/health/ready")
            assert (code, body["checks"]["database"]["reason"]) == (503, "timeout")
            assert body["checks"]["cache"]["status"] == "pass"

    try:
        asyncio.run(several())
        assert len(calls) == 1
        assert check_threads(before, 1)
    finally:
        release.set()


def test_threads_are_bounded(watch: Watched) -> None:
    release, before = threading.Event(), {*threading.enumerate()}
    for number in range(20):
        watch.telemetry.health.add(f"check-{number}", lambda: release.wait(30), timeout=0.1)
    try:
        begin = time.monotonic()
        code, body = ready(watch)
        assert time.monotonic() - begin < 1
        assert (code, body["status"]) == (200, "warn")
        assert check_threads(before, 8)
    finally:
        release.set()


def test_the_loop_goes_on_while_a_driver_blocks(watch: Watched) -> None:
    watch.telemetry.health.add("database", lambda: time.sleep(0.3))
    app = watch.telemetry.asgi(answer)

    async def live_meanwhile() -> float:
        slow = asyncio.create_task(call(app, "/health/ready"))
        await asyncio.sleep(0)
        begin = time.monotonic()
        assert (await call(app, "/health/live"))[0]["status"] == 200
        took = time.monotonic() - begin
        await slow
        return took

    assert asyncio.run(live_meanwhile()) < 0.2


def test_during_shutdown_only_readiness_fails(watch: Watched) -> None:
    watch.telemetry.health.add("database", passes)
    watch.telemetry.shutdown()
    code, body = ready(watch)
    assert (code, body["status"]) == (503, "fail")
    assert body["checks"]["server"] == {"status": "fail", "critical": True, "duration_ms": 0.0, "reason": "unhealthy"}
    assert ready(watch, "/health")[0] == 200
    assert ready(watch, "/health/live")[0] == 200


def test_before_the_first_run_nothing_is_claimed(watch: Watched) -> None:
    watch.telemetry.health.add("database", passes)
    status = watch.value("health_check_status", check="database", critical="true")
    assert status is not None
    assert status != status  # noqa: PLR0124 - not a number
    assert (watch.value("health_check_last_run_timestamp_seconds", check="database") or 0) > time.time() - 5
    for reason in REASONS:
        assert watch.value("health_check_failures_total", check="database", reason=reason) == 0


def test_a_check_can_be_replaced_and_moved(watch: Watched) -> None:
    health = watch.telemetry.health
    health.add("erp-core", raises)
    assert ready(watch)[1]["checks"]["erp-core"]["critical"] is False
    health.add("erp-core", passes, endpoints=["/health"], critical=True)
    assert "erp-core" not in ready(watch)[1]["checks"]
    assert ready(watch, "/health")[1]["checks"]["erp-core"]["status"] == "pass"


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"ttl": -1}, {"endpoints": ["/healthz"]}])
def test_wrong_settings_of_a_check(watch: Watched, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="database"):
        watch.telemetry.health.add("database", passes, **wrong)


def test_checks_work_in_one_loop_after_another(watch: Watched) -> None:
    watch.telemetry.health.add("database", hangs, timeout=5, ttl=0)
    for _ in range(2):
        code, _ = asyncio.run(watch.telemetry.health.evaluate(["database"], 0.05))
        assert code == 503


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([passes, raises, says_no]), st.booleans()), max_size=6))
def test_the_answer_follows_from_its_checks(checks: list[tuple[Any, bool]]) -> None:
    watch = watched(log_level="CRITICAL")
    for number, (check, critical) in enumerate(checks):
        watch.telemetry.health.add(f"c{number}", check, critical=critical)
    code, body = asyncio.run(watch.telemetry.health.answer("/health/ready"))
    bad = [critical for check, critical in checks if check is not passes]
    assert body["status"] == ("fail" if any(bad) else "warn" if bad else "pass")
    assert (code == 503) == any(bad)
    logging.getLogger().setLevel("WARNING")
