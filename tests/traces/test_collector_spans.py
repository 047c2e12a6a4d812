"""Spans pass the real Collector to the real Jaeger and Elasticsearch: sampled by whole traces, and redacted."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from components.collector import CollectorSettings
from components.collector_config import LARGEST_MESSAGE, config
from components.jaeger_config import redaction
from tests.catalogue import catalogue
from tests.traces.collector import collector, deployed
from tests.traces.front import Front
from tests.traces.jaeger import Jaeger, jaeger
from tests.traces.jaeger import deployed as deployed_jaeger
from tests.traces.otel import Otel
from tests.traces.spans import attributes, post, post_all, request, spans
from tests.traces.storage import Storage
from tests.traces.test_traces_stored import KEPT, REMOVED, SECRET
from tests.waiting import wait

WAIT = "1s"
"""Until a decision; ten seconds would make the tests slow."""
EACH = 3
"""Spans of a trace."""
FEW, MANY = 40, 500
"""Traces that failed or were slow; others."""
FAILED = "otelcol_exporter_send_failed_spans_total"
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
PART = range(25, 76)
"""How many of the others are kept, of 50 that are expected: their ids are the same each time, and so is the number."""


@pytest.fixture(scope="module")
def opened(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    """A Jaeger that redacts nothing: what is stored is what came out of the Collector."""
    config = deployed_jaeger()
    config["processors"]["attributes/redact"]["actions"] = [{"key": "nothing", "action": "delete"}]
    with jaeger(tmp_path_factory.mktemp("opened"), config, front.url, front.ca) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(opened: Jaeger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Otel]:
    with collector(tmp_path_factory.mktemp("collector"), deployed(WAIT), opened.ports[4317]) as made:
        yield made


@contextmanager
def changed(folder: Path, opened: Jaeger, before: str, after: str) -> Iterator[Otel]:
    """A Collector whose configuration has one mistake."""
    text = json.dumps(deployed(WAIT))
    assert before in text
    with collector(folder, json.loads(text.replace(before, after)), opened.ports[4317]) as made:
        yield made


def numbered(service: str, kind: int, number: int, milliseconds: int = 1) -> ExportTraceServiceRequest:
    """A trace whose id is the same in each run."""
    sent = request(service, EACH)
    for span in spans(sent):
        span.trace_id = bytes([kind]) * 8 + (number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big")
        span.start_time_unix_nano = span.end_time_unix_nano - milliseconds * 1_000_000
    return sent


def failed(sent: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    spans(sent)[-1].status.code = Status.STATUS_CODE_ERROR
    return sent


@contextmanager
def decided(to: Otel, traces: int) -> Iterator[Callable[[], int]]:
    """Wait until so many traces that are sent meanwhile are decided upon; how many of them are kept."""
    before = to.metrics().get(DECIDED, 0), to.metrics(sampled="true").get(DECIDED, 0)
    yield lambda: round(to.metrics(sampled="true").get(DECIDED, 0) - before[1])
    wait("decision", lambda: to.metrics().get(DECIDED, 0) >= before[0] + traces, 60)


def sampled(to: Otel, storage: Storage, service: str) -> dict[str, tuple[set[str], set[str]]]:
    """For each kind of trace the ids that were sent and those that are stored, as wholes."""
    with decided(to, 2 * FEW + MANY) as kept:
        sent = {
            "failed": post_all(to, [failed(numbered(service, 1, number)) for number in range(FEW)]),
            "slow": post_all(to, [numbered(service, 2, number, 1100) for number in range(FEW)]),
            "rest": post_all(to, [numbered(service, 3, number, 900) for number in range(MANY)]),
        }
    assert storage.settled(service, EACH * kept()) == (EACH * kept(), 0)
    found = storage.traces(service)
    assert set(found.values()) == {EACH}
    return {kind: (ids, ids & set(found)) for kind, ids in sent.items()}


def test_all_that_failed_or_was_slow_is_kept_and_a_tenth_of_the_rest(gateway: Otel, storage: Storage) -> None:
    found = sampled(gateway, storage, "sampled")
    for kind in ("failed", "slow"):
        sent, stored = found[kind]
        assert stored == sent
    assert len(found["rest"][1]) in PART


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ('["ERROR"]', '["OK"]', {"failed"}),
        ('"threshold_ms": 1000', '"threshold_ms": 5000', {"slow"}),
        ('"sampling_percentage": 10', '"sampling_percentage": 1', {"rest"}),
    ],
)
def test_with_another_policy_it_is_not(
    before: str, after: str, lost: set[str], opened: Jaeger, storage: Storage, tmp_path: Path
) -> None:
    with changed(tmp_path, opened, before, after) as weaker:
        found = sampled(weaker, storage, f"weaker-{min(lost)}")
    wrong = {kind for kind in ("failed", "slow") if found[kind][0] != found[kind][1]}
    wrong |= set() if len(found["rest"][1]) in PART else {"rest"}
    assert wrong == lost


def test_a_trace_that_comes_in_parts_is_judged_as_a_whole(gateway: Otel, storage: Storage) -> None:
    """Its first spans are well, the last one failed, and one more comes after the decision."""
    parts = [request("parts", EACH), failed(request("parts", 1)), request("parts", 2)]
    for part in parts:
        for span in spans(part):
            span.trace_id = b"\1" * 16
    with decided(gateway, 1):
        for part in parts[:2]:
            assert post(gateway, part) == httpx.codes.OK
    assert post(gateway, parts[2]) == httpx.codes.OK
    assert storage.settled("parts", 6) == (6, 0)


def telling(service: str) -> ExportTraceServiceRequest:
    """A span that tells too much: itself, by an event, and by its resource."""
    sent = request(service, 1, **{name: f"{SECRET}span-{name}" for name in [*REMOVED, *KEPT]})
    (span,) = spans(failed(sent))
    span.events.add(
        name="asked", attributes=attributes(**{name: f"{SECRET}event-{name}" for name in [*REMOVED, *KEPT]})
    )
    told = attributes(**{name: f"{SECRET}resource-{name}" for name in [*REMOVED, *KEPT]})
    sent.resource_spans[0].resource.attributes.extend(told)
    return sent


def leaked(storage: Storage, service: str) -> dict[str, list[str]]:
    """What is stored of that, by place."""
    assert storage.settled(service, 1) == (1, 0)
    documents = storage.documents(service)
    places = ("span", "event", "resource")
    # An attribute may be the beginning of another.
    return {
        place: [name for name in [*REMOVED, *KEPT] if f'{SECRET}{place}-{name}"' in documents.replace("\\", "")]
        for place in places
    }


def test_what_is_redacted_leaves_the_collector_nowhere(gateway: Otel, storage: Storage) -> None:
    assert post(gateway, telling("told")) == httpx.codes.OK
    assert leaked(storage, "told") == dict.fromkeys(("span", "event", "resource"), KEPT)


@pytest.mark.parametrize(
    ("processor", "places"), [("attributes/redact", {"span"}), ("transform/redact", {"event", "resource"})]
)
def test_each_redaction_is_needed(
    processor: str, places: set[str], opened: Jaeger, storage: Storage, tmp_path: Path
) -> None:
    config, service = deployed(WAIT), f"told-without-{processor.partition('/')[0]}"
    config["service"]["pipelines"]["traces"]["processors"].remove(processor)
    with collector(tmp_path, config, opened.ports[4317]) as weaker:
        assert post(weaker, telling(service)) == httpx.codes.OK
        found = leaked(storage, service)
    assert {place for place, names in found.items() if names != KEPT} == places
    assert all(found[place] == [*REMOVED, *KEPT] for place in places)


def test_patterns_are_taken_as_they_are_written(opened: Jaeger, storage: Storage, tmp_path: Path) -> None:
    """With what means something to a Collector, to its language of statements, and to JSON."""
    redacted = [r"^tax\d+$", 'odd"name', "^${env:HOME}", "^ü"]
    assert redaction(redacted)["attributes/redact"]["actions"][0]["pattern"] == r"^tax\d+$$"
    made = config(CollectorSettings.model_validate({"tailSampling": None}), redacted, "")
    given = {"tax1": "a", "taxes": "b", 'odd"name': "c", "überweisung": "d"}
    sent = request("patterns", 1, **{name: f"{SECRET}span-{text}" for name, text in given.items()})
    spans(sent)[0].events.add(name="e", attributes=attributes(**{n: f"{SECRET}event-{t}" for n, t in given.items()}))
    with collector(tmp_path, made, opened.ports[4317]) as other:
        assert post(other, sent) == httpx.codes.OK
        assert storage.settled("patterns", 1) == (1, 0)
    documents = storage.documents("patterns")
    assert {text for text in given.values() if f"{SECRET}span-{text}" in documents} == {"b"}
    assert {text for text in given.values() if f"{SECRET}event-{text}" in documents} == {"b"}


def huge(service: str) -> ExportTraceServiceRequest:
    """One trace that is larger than a message may be."""
    sent = failed(request(service, 5000, **{"db.query.text": "SELECT 1 " * 100}))
    assert sent.ByteSize() > 4 * 2**20 > LARGEST_MESSAGE
    return sent


def test_a_trace_that_is_larger_than_a_message_comes_through(gateway: Otel, storage: Storage) -> None:
    assert post(gateway, huge("huge")) == httpx.codes.OK
    assert storage.settled("huge", 5000) == (5000, 0)


def test_as_one_message_it_would_be_lost(opened: Jaeger, storage: Storage, tmp_path: Path) -> None:
    limit = f'"max_size": {LARGEST_MESSAGE}'
    with changed(tmp_path, opened, limit, limit.replace("3", "9")) as weaker:
        assert post(weaker, huge("lost")) == httpx.codes.OK
        wait("loss", lambda: weaker.metrics().get(FAILED), 60)
        failing = weaker.metrics()[FAILED]
    assert failing == 5000
    assert storage.traces("lost") == {}


def strange(job: str, server: Otel) -> set[str]:
    """What a server shows under names that the catalogue of its job does not have."""
    known = catalogue.parse((catalogue.FOLDER / f"{job}.txt").read_text(), job).series
    return {series.name for series in catalogue.recorded_series([server.exposition()])} - {each.name for each in known}


def test_metrics_have_the_names_that_alerts_know(gateway: Otel, opened: Jaeger, tmp_path: Path) -> None:
    assert post(gateway, failed(request("names", 1))) == httpx.codes.OK
    assert strange("otel-collector", gateway) == strange("jaeger", opened) == set()
    # As a newer Collector names them when it is not asked.
    suffixes = ', "without_type_suffix": false, "without_units": false'
    with changed(tmp_path, opened, suffixes, "") as other:
        assert post(other, failed(request("names", 1))) == httpx.codes.OK
        assert "otelcol_receiver_accepted_spans" in strange("otel-collector", other)
