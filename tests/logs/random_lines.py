"""Lines that nobody should write, the same in every run: JSON with fields of any type, and any bytes after a time."""

import json
import random
from typing import Any

KEYS = [
    *(
        "@timestamp",
        "timestamp",
        "message",
        "level",
        "log",
        "log.level",
        "log.logger",
        "logger",
        "service",
        "service.name",
    ),
    *("trace", "trace.id", "trace_id", "span", "span.id", "span_id", "context", "exception", "error", "error.type"),
    *("error.message", "error.stack_trace", "tags", "labels", "kubernetes", "host", "event", "@version", "@metadata"),
]
INNER = [
    "level",
    "id",
    "name",
    "type",
    "message",
    "stack_trace",
    "stacktrace",
    "logger",
    "a",
    "b.c",
    "",
    ".",
    "a..b",
    "\x01",
]
VALUES: list[Any] = [
    *(None, True, False, 0, -7, 2**40, 2**63, 10**30, 1.5, -2e-7),
    *("", " ", "info", "null", "%{message}", "[a][b]", "ü\n\t\0", "x" * 2000, "x" * 40_000),
    *("4bf92f3577b34da6a3ce929d0e0e4736", "2026-11-24T02:17:28Z", "yesterday", "0001-01-01T00:00:00Z"),
]


def lines(count: int) -> list[bytes]:
    """So many lines."""
    chance = random.Random(4711)  # noqa: S311 - no secret

    def value(depth: int = 0) -> Any:
        sort = chance.choice(("plain", "plain", "list", "object")) if depth < 3 else "plain"
        if sort == "list":
            return [value(depth + 1) for _ in range(chance.randrange(4))]
        if sort == "object":
            return {name: value(depth + 1) for name in chance.sample(INNER, chance.randrange(4))}
        return chance.choice(VALUES)

    def line() -> bytes:
        if chance.random() < 0.2:
            junk = bytes(chance.randrange(256) for _ in range(chance.randrange(80)))
            return b"2026-11-24T02:17:28Z " + junk.replace(b"\n", b"")
        fields = {key: value() for key in chance.sample(KEYS, chance.randrange(1, 8))}
        return json.dumps(fields, ensure_ascii=chance.random() < 0.5).encode()

    return [line() for _ in range(count)]
