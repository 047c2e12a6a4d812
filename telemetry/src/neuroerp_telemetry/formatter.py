"""Log records as JSON lines with the fields of the contract."""

import logging
import time
import traceback
from typing import Any

from opentelemetry.trace import format_span_id, format_trace_id

from .safe_json import Plain, encode, text
from .spans import span_for

LONGEST_MESSAGE = 131_072
"""Bytes; the pipeline cuts there as well."""
LONGEST_TRACE = 65_536
LONGEST_LINE = 1_000_000
"""Bytes; Filebeat cuts a line at 1 MiB, which would leave broken JSON."""
_SHORT = 10_000

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_LEVELS = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"))


class JsonFormatter(logging.Formatter):
    """Writes each record as one line of JSON; never raises."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = text(service)
        self._second = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, without its end."""
        fields = self._fields(record)
        line = encode(fields)
        if len(line) * 4 > LONGEST_LINE and len(line.encode()) > LONGEST_LINE:
            line = encode(_shortened(fields))
        return line

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "timestamp": self._timestamp(record.created),
            "level": _level(record.levelno),
            "service": self._service,
            "message": _message(record),
        }
        span = span_for(record.exc_info[1] if isinstance(record.exc_info, tuple) else None)
        if span.is_valid:
            fields["trace_id"] = format_trace_id(span.trace_id)
            fields["span_id"] = format_span_id(span.span_id)
        if record.name != "root":
            fields["logger"] = text(record.name)
        error = _exception(record)
        if error:
            fields["exception"] = error
        context = _context(record)
        if context:
            fields["context"] = context
        return fields

    def _timestamp(self, created: float) -> str:
        try:
            milliseconds = round(created * 1000)
            second = milliseconds // 1000
            known, shown = self._second
            if known != second:
                shown = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
                self._second = (second, shown)
        except (ValueError, OverflowError, OSError, TypeError):
            return self._timestamp(time.time())
        return f"{shown}.{milliseconds % 1000:03d}Z"


def _level(number: int) -> str:
    return next((name for least, name in _LEVELS if number >= least), "debug")


def _message(record: logging.LogRecord) -> str:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit, or a __str__ that raises
        message = f"{text(record.msg)} {text(record.args)}"
    return cut(text(message, LONGEST_MESSAGE), LONGEST_MESSAGE)


def cut(message: str, limit: int) -> str:
    """Text of at most so many bytes in UTF-8, cut between two characters."""
    if len(message) * 4 <= limit:
        return message
    raw = message.encode()
    return message if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


def _exception(record: logging.LogRecord) -> dict[str, str] | None:
    info = record.exc_info
    if not isinstance(info, tuple) or info[1] is None:
        if record.stack_info:
            return {"stacktrace": text(record.stack_info, LONGEST_TRACE)}
        return {"stacktrace": text(record.exc_text, LONGEST_TRACE)} if record.exc_text else None
    error = info[1]
    found = {"type": text(type(error).__name__)}
    try:
        found["message"] = text(str(error))
        found["stacktrace"] = text("".join(traceback.format_exception(error)).rstrip(), LONGEST_TRACE)
    except Exception:  # noqa: BLE001 - an exception whose own text raises
        found.setdefault("message", f"<unprintable {found['type']}>")
        found["stacktrace"] = text("".join(traceback.format_tb(error.__traceback__)).rstrip(), LONGEST_TRACE)
    return found


def _context(record: logging.LogRecord) -> dict[str, Any]:
    extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    given = extra.pop("context", None)
    plain = Plain()
    found = plain(given) if given is not None else {}
    if not isinstance(found, dict):
        found = {"context": found}
    return {**found, **plain.mapping(extra)}


def _shortened(fields: dict[str, Any]) -> dict[str, Any]:
    """Without the context, and with short texts: what is left of a line that is too long."""
    short = {key: value for key, value in fields.items() if key != "context"}
    short["message"] = text(short["message"], _SHORT)
    if "exception" in short:
        short["exception"] = {key: text(value, _SHORT) for key, value in short["exception"].items()}
    return short
