"""The Collector's own configuration: what it takes in, takes out of spans, keeps, and holds back."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from .jaeger_config import ANY, literal, redaction, telemetry

if TYPE_CHECKING:
    from .collector import CollectorSettings, TailSampling

# Jaeger takes messages of 4 MiB at most, and answers a larger one in a way that no retry helps.
LARGEST_MESSAGE = 3_000_000
LIMIT, SPIKE = 80, 25
REFUSING = LIMIT - SPIKE
"""Percentage of its memory above which a Collector refuses spans."""


def config(s: "CollectorSettings", redacted: Sequence[str], jaeger: pulumi.Input[str]) -> dict[str, Any]:
    """The whole configuration; ``jaeger`` is where spans go, as gRPC names an address."""
    processors = {
        "memory_limiter": {"check_interval": "1s", "limit_percentage": LIMIT, "spike_limit_percentage": SPIKE},
        **redaction(redacted),
        **_deep_redaction(redacted),
        **({"tail_sampling": _tail_sampling(s.tail_sampling)} if s.tail_sampling else {}),
    }
    pipeline = {"receivers": ["otlp"], "processors": list(processors), "exporters": ["otlp_grpc"]}
    return {
        "service": {
            "extensions": ["health_check"],
            "pipelines": {"traces": pipeline},
            "telemetry": telemetry("otel-collector"),
        },
        "extensions": {"health_check": {"endpoint": f"{ANY}:13133"}},
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": f"{ANY}:4317"}, "http": {"endpoint": f"{ANY}:4318"}}}
        },
        "processors": processors,
        "exporters": {"otlp_grpc": _exporter(s, jaeger)},
    }


def _deep_redaction(redacted: Sequence[str]) -> dict[str, Any]:
    """The same for the attributes of resources and events, which Jaeger has no processor for."""
    statements = [
        f"{'delete_matching_keys' if name.startswith('^') else 'delete_key'}"
        f"({place}.attributes, {json.dumps(literal(name), ensure_ascii=False)})"
        for place in ("resource", "spanevent")
        for name in redacted
    ]
    # What cannot be redacted is refused, not passed on.
    made = {"error_mode": "propagate", "trace_statements": statements}
    return {"transform/redact": made} if statements else {}


def _tail_sampling(s: "TailSampling") -> dict[str, Any]:
    return {
        "decision_wait": f"{s.decision_wait_seconds}s",
        "num_traces": s.traces_held,
        "policies": [
            {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
            {"name": "slow", "type": "latency", "latency": {"threshold_ms": s.slow_milliseconds}},
            {"name": "rest", "type": "probabilistic", "probabilistic": {"sampling_percentage": s.percentage}},
        ],
    }


def _exporter(s: "CollectorSettings", jaeger: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "endpoint": jaeger,
        "tls": {"insecure": True},
        "sending_queue": {
            "enabled": True,
            "sizer": "items",
            "num_consumers": 10,
            "queue_size": s.queue_size,
            "batch": {"sizer": "bytes", "flush_timeout": "200ms", "min_size": 500_000, "max_size": LARGEST_MESSAGE},
        },
        # As in Jaeger: without an end, so that only a full queue loses spans, and that is counted. Ten callers ask a
        # server that comes back for too little to wait longer between their tries.
        "retry_on_failure": {"enabled": True, "max_interval": "5s", "max_elapsed_time": "0s"},
    }
