"""What the pipelines send is stored and found on the real server; what it refuses ends as an unparsed line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.elastic.server import ADMIN, Server
from tests.elastic.stack import bulk
from tests.logs.engines import Engines
from tests.logs.logstash_config import plugins
from tests.logs.random_lines import lines
from tests.logs.sample_lines import CONTENT, NAMES, expected, pipeline, received, whole

LONGEST_KEYWORD = 1024
# Field that the document has -> fields by which people and data sources ask for it.
ASKED = {"level": ("level", "log.level"), "service": ("service", "service.name"), "trace_id": ("trace_id", "trace.id")}


@dataclass
class Sent:
    """A document of a sample under a pod of its own, and what the server answered."""

    name: str
    stream: str
    document: dict[str, Any]
    refused: str | None
    answer: dict[str, Any]

    @property
    def pod(self) -> str:
        return str(self.document["kubernetes"]["pod"]["name"])


def bulk_path() -> str:
    (path,) = {
        plugin.settings["bulk_path"] for plugin in plugins(CONTENT.pipelines["main"]) if plugin.section == "output"
    }
    return str(path)


@pytest.fixture(scope="module")
def sent(server: Server) -> list[Sent]:
    """All documents of all samples, written by the user of the pipelines."""
    found = []
    for name in NAMES:
        for number, item in enumerate(expected(name)):
            document = whole(item)
            document["kubernetes"] = document["kubernetes"] | {"pod": {"name": f"{name}-{number}"}}
            found.append(Sent(name, item["stream"], document, item.get("refused"), {}))
    with server.client("logstash") as client:
        for stream in {item.stream for item in found}:
            chosen = [item for item in found if item.stream == stream]
            answers = bulk(client, bulk_path(), f"valeo-neuroerp-{stream}-dev", [item.document for item in chosen])
            for written, answer in zip(chosen, answers, strict=True):
                written.answer = answer
    with server.client(ADMIN) as client:
        client.post("/_refresh").raise_for_status()
    return found


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    made = Engines()
    yield made
    made.stop()


def search(client: httpx.Client, queries: list[tuple[str, dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Hits of each pair of an index and a query."""
    lines = [text for index, query in queries for text in (json.dumps({"index": index}), json.dumps({"query": query}))]
    answer = client.post("/_msearch", content="\n".join([*lines, ""]), headers={"Content-Type": "application/x-ndjson"})
    answer.raise_for_status()
    return [response["hits"]["hits"] for response in answer.json()["responses"]]


def by_pod(pod: str, **fields: str) -> dict[str, Any]:
    return {
        "bool": {"filter": [{"term": {name: value}} for name, value in {"kubernetes.pod.name": pod, **fields}.items()]}
    }


def test_there_are_enough_samples(sent: list[Sent]) -> None:
    assert len(sent) > 21 + 30
    assert {item.stream for item in sent} == {"app", "infra", "unparsed"}


def test_documents_are_taken_but_for_those_that_are_known_to_be_refused(sent: list[Sent]) -> None:
    for item in sent:
        if item.refused is None:
            assert item.answer["status"] == 201, (item.pod, item.answer)
        else:
            assert item.answer["status"] == 400, item.pod
            assert item.refused in json.dumps(item.answer), item.answer


def test_documents_are_found_whole_in_their_stream_by_the_reader(server: Server, sent: list[Sent]) -> None:
    stored = [item for item in sent if item.refused is None]
    with server.client("grafana") as client:
        found = search(client, [("valeo-neuroerp-*-dev", by_pod(item.pod)) for item in stored])
    for item, hits in zip(stored, found, strict=True):
        assert [hit["_source"] for hit in hits] == [item.document], item.pod
        assert hits[0]["_index"].startswith(f".ds-valeo-neuroerp-{item.stream}-dev-")


def test_documents_are_found_by_level_service_and_trace(server: Server, sent: list[Sent]) -> None:
    asked = [
        (item, name, value)
        for item in sent
        for field, others in ASKED.items()
        if item.refused is None and (value := item.document.get(field)) and len(value) <= LONGEST_KEYWORD
        for name in others
    ]
    assert {name for _, name, _ in asked} == {name for names in ASKED.values() for name in names}
    with server.client("kibana-user") as client:
        found = search(
            client, [("valeo-neuroerp-app-dev", by_pod(item.pod, **{name: value})) for item, name, value in asked]
        )
    assert [(item.pod, name) for (item, name, _), hits in zip(asked, found, strict=True) if len(hits) != 1] == []


def reason(item: Sent) -> str:
    """As the output plugin writes it: the whole event, then what the server answered."""
    action, answer = json.dumps(["create", {}, item.document]), json.dumps({"create": item.answer})
    return f"Could not index event to Elasticsearch. status: 400, action: {action}, response: {answer}"


def test_refused_documents_end_as_unparsed_lines(server: Server, sent: list[Sent], engines: Engines) -> None:
    refused = [item for item in sent if item.refused]
    assert len(refused) == 2
    written = pipeline("dead_letter", engines).run(
        [{**item.document, "@metadata": {"dead_letter_queue": {"reason": reason(item)}}} for item in refused]
    )
    assert {(entry.output, entry.index, entry.bulk_path) for entry in written} == {
        ("es_dead_letter", "valeo-neuroerp-unparsed-dev", bulk_path())
    }
    with server.client("logstash") as client:
        answers = bulk(client, bulk_path(), written[0].index, [entry.document for entry in written])
    assert [answer["status"] for answer in answers] == [201] * len(refused)
    with server.client(ADMIN) as client:
        client.post("/_refresh").raise_for_status()
    answered = {"match": {"error.message": "document_parsing_exception"}}
    query = {"bool": {"filter": [{"term": {"tags": "_rejected"}}, answered]}}
    with server.client("grafana") as client:
        (hits,) = search(client, [("valeo-neuroerp-unparsed-dev", query)])
    assert sorted(json.loads(hit["_source"]["message"])["message"] for hit in hits) == ["deep", "null in a key"]
    assert all(hit["_source"]["error"]["message"].startswith("response: ") for hit in hits)


def test_lines_of_any_content_are_taken(server: Server, engines: Engines) -> None:
    written = pipeline("main", engines).run(received(lines(500)))
    assert len(written) == 500
    assert [item.document for item in written if "_rubyexception" in item.document["tags"]] == []
    with server.client("logstash") as client:
        answers = bulk(client, bulk_path(), "valeo-neuroerp-app-dev", [item.document for item in written])
    assert [answer for answer in answers if answer["status"] != 201] == []


def test_nothing_was_lost(server: Server, sent: list[Sent]) -> None:
    query = {"query": {"terms": {"kubernetes.pod.name": [item.pod for item in sent]}}, "track_total_hits": True}
    with server.client("grafana") as client:
        answer = client.post("/valeo-neuroerp-*-dev/_search?size=0", json=query)
    assert answer.json()["hits"]["total"]["value"] == len([item for item in sent if item.refused is None])


def test_without_templates_a_write_is_refused_and_leaves_nothing_behind(server: Server) -> None:
    with server.client(ADMIN) as client:
        (answer,) = bulk(client, bulk_path(), "valeo-neuroerp-app-eu", [{"@timestamp": "2026-11-24T02:17:28Z"}])
        assert answer["status"] == 404
        assert client.get("/valeo-neuroerp-app-eu").status_code == 404


def test_documents_are_taken_because_mapping_and_pipeline_fit(server: Server) -> None:
    """The same documents are refused by a mapping without ignore_above, and as their senders wrote them."""
    mappings = json.loads(CONTENT.payloads["20-component-template.json"])["body"]["template"]["mappings"]
    without = {"dynamic": False, "properties": {"level": {"type": "keyword"}, "service": {"type": "keyword"}}}
    long, other = whole(expected("long-keywords")[0]), whole(expected("wrong-types")[0])
    with server.client(ADMIN) as client:
        client.put("/changed-mapping", json={"mappings": without}).raise_for_status()
        client.put("/same-mapping", json={"mappings": mappings}).raise_for_status()
        (answer,) = bulk(client, "/_bulk", "changed-mapping", [long])
        assert "immense term" in json.dumps(answer)
        changes: list[dict[str, Any]] = [
            {"context": "a text"},
            {"service": {"name": "a"}},
            {"message": {"text": "a"}},
            {"log": {"level": "error"}},
            {"@timestamp": "yesterday"},
        ]
        answers = bulk(client, "/_bulk", "same-mapping", [other, *(other | change for change in changes)])
    assert [answer["status"] for answer in answers] == [201, 400, 400, 400, 400, 400]
