"""Logging never blocks the application and never raises into it."""

import io
import json
import logging
import os
import sys
import threading
import time
from typing import Any

import pytest
import structlog
from neuroerp_telemetry.formatter import JsonFormatter
from neuroerp_telemetry.logs import LogHandler, setup_logging, setup_structlog
from neuroerp_telemetry.writer import LONGEST_QUEUE, LineWriter

from tests.telemetry.asgi_calls import get
from tests.telemetry.conftest import Watched


class Stuck(io.BytesIO):
    """A pipe that nobody reads, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def write(self, data: Any) -> int:
        self.release.wait(20)
        return super().write(data)


class Broken(io.BytesIO):
    def write(self, _data: Any) -> int:
        raise BrokenPipeError


def test_a_stuck_stream_holds_up_nobody() -> None:
    dropped: list[str] = []
    stream = Stuck()
    handler = setup_logging("neuroerp-api", stream=stream, dropped=dropped.append)
    logger = logging.getLogger("erp")
    begin = time.monotonic()
    for number in range(LONGEST_QUEUE + 500):
        logger.warning("line %s", number)
    assert time.monotonic() - begin < 5
    assert dropped == ["queue_full"] * 500
    assert handler.drain(0.05) is False
    stream.release.set()
    assert handler.drain(10) is True
    assert len(stream.getvalue().splitlines()) == LONGEST_QUEUE


def test_a_broken_stream_is_counted(watch: Watched) -> None:
    handler = setup_logging("x", stream=Broken(), dropped=watch.telemetry._count_dropped)
    logging.getLogger().warning("gone")
    assert handler.drain(5)
    assert watch.value("telemetry_log_lines_dropped_total", reason="write_error") == 1


def test_a_formatter_that_raises_is_counted() -> None:
    class Bad(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            raise MemoryError(record.name)

    def raise_too(reason: str) -> None:
        dropped.append(reason)
        raise RuntimeError

    dropped: list[str] = []
    handler = LogHandler(LineWriter(io.BytesIO(), raise_too), Bad())
    handler.handle(logging.makeLogRecord({}))
    handler.addFilter(lambda _record: 1 / 0)  # type: ignore[arg-type, return-value]
    handler.handle(logging.makeLogRecord({}))
    assert dropped == ["format_error", "format_error"]


def test_lines_of_many_threads_stay_whole() -> None:
    stream = io.BytesIO()
    handler = setup_logging("neuroerp-api", stream=stream)

    def work() -> None:
        for _ in range(50):
            logging.getLogger("erp").info("x" * 5000)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert handler.drain(5)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 400


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_text_streams_of_any_encoding(encoding: str) -> None:
    raw = io.BytesIO()
    handler = setup_logging("neuroerp-api", stream=io.TextIOWrapper(raw, encoding=encoding))
    logging.getLogger().warning("Überweisung 株式会社")
    assert handler.drain(5)
    assert json.loads(raw.getvalue())["message"] == "Überweisung 株式会社"


def test_a_stream_without_bytes() -> None:
    stream = io.StringIO()
    handler = setup_logging("neuroerp-api", stream=stream)
    logging.getLogger().warning("ü")
    assert handler.drain(5)
    assert json.loads(stream.getvalue())["message"] == "ü"


def test_logging_goes_on_after_a_fork(tmp_path: Any) -> None:
    path = tmp_path / "log"
    with path.open("wb") as stream:
        handler = setup_logging("neuroerp-api", stream=stream)
        logging.getLogger().warning("parent")
        assert handler.drain(5)
        child = os.fork()
        if child == 0:
            logging.getLogger().warning("child")
            os._exit(0 if handler.drain(5) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [json.loads(line)["message"] for line in path.read_bytes().splitlines()] == ["parent", "child"]


def test_a_second_set_up_replaces_the_first_and_keeps_others() -> None:
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    streams = [io.BytesIO(), io.BytesIO()]
    handlers = [setup_logging("x", stream=stream) for stream in streams]
    logging.getLogger().warning("once")
    assert all(handler.drain(5) for handler in handlers)
    assert [len(stream.getvalue().splitlines()) for stream in streams] == [0, 1]
    assert other in logging.getLogger().handlers
    logging.getLogger().removeHandler(other)


def test_servers_log_through_it_too() -> None:
    server = logging.getLogger("uvicorn.access")
    server.addHandler(logging.StreamHandler(sys.stderr))
    server.propagate = False
    stream = io.BytesIO()
    handler = setup_logging("x", stream=stream)
    server.info("GET /")
    assert handler.drain(5)
    assert json.loads(stream.getvalue())["logger"] == "uvicorn.access"


def test_levels_are_those_of_the_settings() -> None:
    stream = io.BytesIO()
    handler = setup_logging("x", level="warning", stream=stream)
    logging.getLogger("erp").info("quiet")
    assert handler.drain(5)
    assert stream.getvalue() == b""
    with pytest.raises(ValueError, match="LOUD"):
        setup_logging("x", level="loud", stream=stream)


def test_structlog(watch: Watched) -> None:
    setup_structlog()
    logger = structlog.get_logger("erp.orders")
    with watch.telemetry.tracer.start_as_current_span("work") as span:
        logger.info("order %s: 100 %%", 4711, name="x", message="y", customer={"id": 9})
        logger.error("failed", exc_info=ValueError("bad"))
    first, second = (line for line in watch.lines() if line.get("logger") == "erp.orders")
    assert first["message"] == "order 4711: 100 %"
    assert first["context"] == {"name": "x", "message": "y", "customer": {"id": 9}}
    assert second["exception"]["type"] == "ValueError"
    assert second["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    structlog.reset_defaults()


def test_an_exception_that_the_server_logs_carries_the_ids_of_its_span(watch: Watched) -> None:
    async def boom(*_: object) -> None:
        raise ValueError("late")

    try:
        get(watch.telemetry.asgi(boom))
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (span,) = watch.spans.get_finished_spans()
    (line,) = [line for line in watch.lines() if line.get("logger") == "uvicorn.error"]
    assert span.context
    assert line["trace_id"] == f"{span.context.trace_id:032x}"
    assert line["span_id"] == f"{span.context.span_id:016x}"


def test_the_formatter_alone_fits_other_handlers() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("neuroerp-api"))
    handler.handle(logging.makeLogRecord({"msg": "plain", "levelno": 20}))
    assert json.loads(stream.getvalue())["message"] == "plain"
