"""Log lines are JSON with the contract's fields, whatever is logged."""

import datetime as dt
import json
import logging
import sys
import uuid
from collections import UserDict
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroerp_telemetry.contract import LEVELS, LOG_FIELDS
from neuroerp_telemetry.formatter import LONGEST_LINE, LONGEST_MESSAGE, JsonFormatter
from neuroerp_telemetry.safe_json import DEEPEST
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

TRACE, SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
# 2026-11-24T02:17:28.123Z
MOMENT = 1795486648.123
VECTOR_13 = (
    '{"timestamp":"2026-11-24T02:17:28.123Z","level":"info","service":"neuroerp-api","message":"json ok",'
    '"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}'
)
KEYS = {field.name.split(".")[0] for field in LOG_FIELDS}
EXCEPTION_KEYS = {field.name.split(".")[1] for field in LOG_FIELDS if "." in field.name}


class Evil:
    """Raises wherever it can."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__

    def __len__(self) -> int:
        raise RuntimeError("no")


class EvilDict(UserDict[str, object]):
    def items(self) -> Any:
        raise RuntimeError("no")


class Colour(Enum):
    RED = "red"


def record(message: object = "json ok", *args: object, **more: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "root", "levelno": logging.INFO, "levelname": "INFO", "msg": message})
    made.args = args
    made.created = MOMENT
    for name, value in more.items():
        setattr(made, name, value)
    return made


def fields(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter("neuroerp-api").format(made)
    assert "\n" not in line
    assert len(line.encode()) <= LONGEST_LINE
    found: dict[str, Any] = json.loads(line, parse_constant=pytest.fail)
    assert set(found) <= KEYS
    assert {field.name for field in LOG_FIELDS if field.always} <= set(found)
    assert all(isinstance(found[name], str) for name in set(found) - {"exception", "context"})
    assert found["level"] in LEVELS
    if "exception" in found:
        assert set(found["exception"]) <= EXCEPTION_KEYS
        assert all(isinstance(value, str) for value in found["exception"].values())
    if "context" in found:
        check_context(found["context"])
    return found


def check_context(context: object, depth: int = 0) -> None:
    """What the index takes: no blank keys, no NUL in them, nothing between two dots, not too deep."""
    assert depth <= DEEPEST + 1
    if isinstance(context, dict):
        for key, value in context.items():
            assert key.strip()
            assert "\0" not in key
            assert key == "_" or all(part.strip() for part in key.split("."))
            check_context(value, depth + 1)
    elif isinstance(context, list):
        for value in context:
            check_context(value, depth + 1)
    elif isinstance(context, int):
        assert -(2**63) <= context < 2**63


def in_span() -> Any:
    span = NonRecordingSpan(SpanContext(TRACE, SPAN, is_remote=False, trace_flags=TraceFlags(1)))
    return trace.use_span(span)


def test_vector_13() -> None:
    with in_span():
        assert JsonFormatter("neuroerp-api").format(record()) == VECTOR_13


SURROGATES = st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.builds(pow, st.just(10), st.just(5000)),
    st.just(-(2**63) - 1),
    st.floats(),
    st.text(),
    SURROGATES,
    st.binary(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.uuids(),
    st.complex_numbers(),
    st.builds(Evil),
    st.builds(EvilDict),
    st.just(Colour.RED),
    st.just(object),
    st.just("x" * 300_000),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.frozensets(st.text(), max_size=3),
        st.dictionaries(st.one_of(st.text(), SURROGATES, st.integers(), st.none(), st.just("a..b")), inner, max_size=4),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(message=ANYTHING, args=st.lists(ANYTHING, max_size=2), extra=ANYTHING, context=ANYTHING)
def test_any_object(message: object, args: list[object], extra: object, context: object) -> None:
    fields(record(message, *args, extra=extra, context=context))


@settings(max_examples=100, deadline=None)
@given(name=st.one_of(st.text(), SURROGATES), level=st.integers(), created=st.one_of(st.floats(), st.integers()))
def test_any_record(name: str, level: int, created: float) -> None:
    fields(record(name=name, levelno=level, levelname="Level", created=created))


def test_deep_wide_and_circular_objects() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    circle: dict[str, Any] = {}
    circle["self"] = circle
    fields(record(deep=deep, circle=circle, wide={str(n): "x" * 9000 for n in range(10_000)}, many=[[0] * 500] * 500))


@pytest.mark.parametrize("size", [10_000, 131_072, 200_000, 5_000_000])
@pytest.mark.parametrize("character", ["x", "ü", "💥", "\0", "\ud800"])
def test_huge_messages_are_cut_between_characters(size: int, character: str) -> None:
    message = fields(record(character * size))["message"]
    assert len(message.encode()) <= LONGEST_MESSAGE


def info(error: BaseException, cause: BaseException | None = None) -> Any:
    """What logging takes from an exception that was raised."""
    try:
        raise error from cause
    except type(error):
        return sys.exc_info()


def test_a_line_that_is_too_long_loses_its_context_not_its_form() -> None:
    error = info(ValueError("\0" * 500_000))
    found = fields(record("\0" * 500_000, exc_info=error, big={str(n): "\0" * 8000 for n in range(90)}))
    assert found["exception"]["type"] == "ValueError"
    assert "context" not in found


def test_text_is_unchanged() -> None:
    message = "Überweisung 1.234,56 € an 株式会社 – 完了\u202e"  # noqa: RUF001 - as in vector 20
    assert fields(record(message))["message"] == message
    assert message in JsonFormatter("x").format(record(message))


def test_an_exception_is_part_of_the_same_event() -> None:
    error = info(ValueError("ümläut 💥"), KeyError("cause"))
    found = fields(record("boom", exc_info=error, levelno=logging.ERROR))
    assert found["level"] == "error"
    assert found["exception"]["type"] == "ValueError"
    assert found["exception"]["message"] == "ümläut 💥"
    assert "KeyError: 'cause'" in found["exception"]["stacktrace"]
    assert "Traceback" in found["exception"]["stacktrace"]


def test_an_exception_whose_text_raises() -> None:
    class EvilError(Exception):
        __str__ = Evil.__str__

    found = fields(record("boom", exc_info=info(EvilError())))
    assert found["exception"]["type"] == "EvilError"
    assert found["exception"]["stacktrace"]


def test_arguments_that_do_not_fit() -> None:
    assert fields(record("%d of %d", "x"))["message"] == "%d of %d ('x',)"
    assert fields(record("100 %"))["message"] == "100 %"


def test_context_from_extra_and_from_a_mapping() -> None:
    found = fields(
        record(
            order_id=4711,
            context={"user": {"id": 9}, "when": dt.date(2026, 11, 24)},
            key=uuid.UUID(int=1),
            price=Decimal("1.50"),
            raw=b"\xff",
        )
    )
    assert found["context"] == {
        "user": {"id": 9},
        "when": "2026-11-24",
        "order_id": 4711,
        "key": "00000000-0000-0000-0000-000000000001",
        "price": "1.50",
        "raw": "\\xff",
    }
    assert fields(record(context="text"))["context"] == {"context": "text"}
    assert "context" not in fields(record())


@pytest.mark.parametrize(
    ("number", "level"),
    [(5, "debug"), (10, "debug"), (20, "info"), (25, "info"), (30, "warning"), (40, "error"), (99, "critical")],
)
def test_levels(number: int, level: str) -> None:
    assert fields(record(levelno=number))["level"] == level


@pytest.mark.parametrize("created", [float("nan"), float("inf"), 1e300, -1e300])
def test_impossible_times_become_now(created: float) -> None:
    shown = fields(record(created=created))["timestamp"]
    now = dt.datetime.now(dt.UTC)
    assert abs((dt.datetime.fromisoformat(shown) - now).total_seconds()) < 5


def test_logger_and_no_span() -> None:
    found = fields(record(name="erp.orders"))
    assert found["logger"] == "erp.orders"
    assert not {"trace_id", "span_id"} & set(found)
