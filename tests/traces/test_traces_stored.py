"""Spans come in by OTLP, are stored without what is redacted, and are read again: real Jaeger, real Elasticsearch."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import format_trace_id

from components.jaeger import REDACTED
from tests.traces.front import Front
from tests.traces.jaeger import Jaeger, deployed, jaeger
from tests.traces.spans import post, request, trace_id
from tests.traces.storage import Storage
from tests.waiting import wait

SECRET = "s3cr3t-"
# What must not be stored, and what looks like it and must.
REMOVED = [
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.request.header.proxy-authorization",
    "http.request.header.x-api-key",
    "http.response.header.set-cookie",
    "url.full",
    "url.query",
    "http.url",
    "http.target",
    "db.query.parameter.0",
    "enduser.id",
    "user.email",
]
KEPT = [
    "http.request.method",
    "http.route",
    "url.path",
    "db.query.text",
    "user_agent.original",
    "http.request.header.accept",
]


def spans_of(server: Jaeger, trace: str, number: int = 1) -> list[dict[str, Any]]:
    """The spans of a trace, once there are so many: each comes for itself."""
    answer = server.ask(f"/api/traces/{trace}")
    found = answer.json()["data"][0]["spans"] if answer.status_code == httpx.codes.OK else []
    return list(found) if len(found) >= number else []


def test_spans_of_the_sdk_are_read_again_by_the_query_api(server: Jaeger, storage: Storage) -> None:
    exporter = OTLPSpanExporter(endpoint=server.at(4317), insecure=True)
    provider = TracerProvider(resource=Resource.create({"service.name": "grpc"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("outer") as outer, tracer.start_as_current_span("inner"):
        trace = format_trace_id(outer.get_span_context().trace_id)
    provider.shutdown()
    found = wait("spans", lambda: spans_of(server, trace, 2), 20)
    assert sorted(span["operationName"] for span in found) == ["inner", "outer"]
    (parent,) = (span for span in found if not span["references"])
    assert parent["operationName"] == "outer"
    # Services have an index of their own, which Elasticsearch may show later than that of the spans.
    assert wait("service", lambda: "grpc" in (server.ask("/api/services").json()["data"] or []), 20)
    assert storage.settled("grpc", 2) == (2, 0)
    assert f'"traceID":"{trace}"' in storage.documents("grpc")


def test_what_is_redacted_is_stored_nowhere(server: Jaeger, storage: Storage) -> None:
    given = {name: f"{SECRET}{name}" for name in [*REMOVED, *KEPT]}
    sent = request("redacted", 1, **given)
    assert post(server, sent) == httpx.codes.OK
    (span,) = wait("spans", lambda: spans_of(server, trace_id(sent)), 20)
    read = {tag["key"]: tag["value"] for tag in span["tags"]}
    assert {name: read.get(name) for name in given} == {
        name: None if name in REMOVED else given[name] for name in given
    }
    documents = storage.documents("redacted")
    assert [name for name in given if given[name] in documents] == KEPT


def test_without_redaction_it_would_be_stored(storage: Storage, front: Front, tmp_path: Path) -> None:
    config = deployed()
    config["processors"]["attributes/redact"]["actions"] = [{"key": "nothing", "action": "delete"}]
    with jaeger(tmp_path, config, front.url, front.ca) as weaker:
        assert post(weaker, request("weaker", 1, **{name: f"{SECRET}{name}" for name in REMOVED})) == httpx.codes.OK
        assert storage.settled("weaker", 1) == (1, 0)
    documents = storage.documents("weaker")
    assert [name for name in REMOVED if f"{SECRET}{name}" not in documents] == []


def test_each_entry_is_needed() -> None:
    matched = {
        pattern: [name for name in REMOVED if (re.search(pattern, name) if pattern[0] == "^" else pattern == name)]
        for pattern in REDACTED
    }
    assert all(matched.values())
    assert sorted(name for names in matched.values() for name in names) == sorted(REMOVED)


@pytest.mark.parametrize(
    ("login", "reason"),
    [({"user": "grafana"}, r"unauthorized for user \[grafana\]"), ({"password": "wrong"}, r"401 \(Unauthorized\)")],
)
def test_it_starts_with_its_own_login_alone(login: Any, reason: str, front: Front, tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=reason),
        jaeger(tmp_path, deployed(), front.url, front.ca, **login),
    ):
        pass


def test_it_trusts_no_other_authority(front: Front, tmp_path: Path) -> None:
    other = Front(front.server, tmp_path)
    try:
        with (
            pytest.raises(RuntimeError, match="jaeger ended"),
            jaeger(tmp_path / "jaeger", deployed(), front.url, other.ca),
        ):
            pass
    finally:
        other.stop()
