"""Logging that writes JSON lines without ever holding up or failing the application."""

import logging
import sys
from collections.abc import Callable
from typing import IO, Any

from .formatter import JsonFormatter
from .writer import LineWriter

__all__ = ["JsonFormatter", "LogHandler", "LogStream", "setup_logging", "setup_structlog"]

LogStream = IO[str] | IO[bytes]

_SERVERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "gunicorn.access", "gunicorn.error", "hypercorn.error")


class LogHandler(logging.Handler):
    """Formats records and hands them to a thread that writes; what does not fit is dropped and counted."""

    def __init__(self, writer: LineWriter, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._writer = writer

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the lock of other handlers: nothing here needs it, and no thread may wait for another."""
        try:
            if not self.filter(record):
                return False
        except Exception:  # noqa: BLE001 - a filter of the application's
            self._writer.dropped("format_error")
            return False
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Format and pass on; never raises."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - RecursionError or MemoryError at worst
            self._writer.dropped("format_error")
        else:
            self._writer.put(line)

    def drain(self, timeout: float) -> bool:
        """Wait until everything is written, for so many seconds at most; whether it is."""
        return self._writer.drain(timeout)

    def flush(self) -> None:
        """Called by `logging` when the interpreter ends."""
        self._writer.drain(1.0)

    def close(self) -> None:
        """Let the thread end after the last line."""
        self._writer.close()
        super().close()


def setup_logging(
    service: str,
    *,
    level: str = "INFO",
    stream: LogStream | None = None,
    dropped: Callable[[str], None] | None = None,
) -> LogHandler:
    """Send all logging to standard output, or the stream, as JSON; replaces the handlers that are there.

    `dropped` is told the reason of each line that is lost. Raises ValueError for an unknown level.
    """
    handler = LogHandler(LineWriter(stream or sys.stdout, dropped or (lambda _: None)), JsonFormatter(service))
    root = logging.getLogger()
    root.setLevel(level.upper())
    for old in [*root.handlers]:
        # Test runners and the like listen with subclasses of their own.
        if type(old) in (logging.StreamHandler, LogHandler):
            root.removeHandler(old)
            old.close()
    root.addHandler(handler)
    for name in _SERVERS:
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True
    return handler


def setup_structlog() -> None:
    """Let structlog write through `logging`, its keys as the context; needs the extra `structlog`."""
    import structlog  # noqa: PLC0415 - an extra

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            to_logging,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def to_logging(_logger: Any, _method: str, event: Any) -> tuple[tuple[str], dict[str, Any]]:
    """Last processor of structlog: an event as arguments of `logging`, where no key can collide with a record's own."""
    context = dict(event)
    message = context.pop("event", "")
    passed = {key: context.pop(key) for key in ("exc_info", "stack_info") if key in context}
    # Percent signs of a message are no placeholders here.
    return (message if isinstance(message, str) else repr(message),), {**passed, "extra": {"context": context}}
