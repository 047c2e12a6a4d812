"""A real Logstash as it is deployed: from Filebeat's protocol, through the queue on disk, into the real Elasticsearch.

Run with `LOGSTASH_HOME=/usr/share/logstash pytest tests/elastic/test_elastic_logstash.py` where one is installed.
"""

import re
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.components.test_log_transport import HOST, certificates
from tests.components.test_stacks import plan
from tests.components.test_variants import release
from tests.elastic.logstash import HOME, SECONDS, Logstash, events_in, started
from tests.elastic.server import ADMIN, Server
from tests.elastic.tls_front import tls_front
from tests.logs import lumberjack
from tests.logs.certificates import authority, issue
from tests.logs.evaluator import Written
from tests.logs.filebeat_reader import BASE
from tests.logs.sample_lines import NAMES, essence, expected, sample
from tests.waiting import wait

pytestmark = pytest.mark.skipif(not HOME.name, reason="needs a Logstash: set LOGSTASH_HOME to its directory")
BY_LOGSTASH = ("@version", "event", "tags")
STREAMS = "valeo-neuroerp-*-dev"
REJECTED = {"query": {"term": {"tags": "_rejected"}}}


@pytest.fixture(scope="module")
def logstash(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logstash]:
    folder = tmp_path_factory.mktemp("logstash")
    ours, other = authority(folder / "ours"), authority(folder / "other")
    specs = {name: spec for name, (_, spec) in certificates(plan("prod")).items()}
    issue(ours, folder / "filebeat", specs["filebeat"])
    issue(ours, folder / "logstash", specs["logstash-beats"])
    issue(other, folder / "stranger", specs["filebeat"])
    issue(other, folder / "elasticsearch", {**specs["logstash-beats"], "ipAddresses": ["127.0.0.1"]})
    with (
        tls_front(server.url, folder / "elasticsearch") as front,
        started(folder, front.url, folder / "elasticsearch" / "ca.crt") as made,
    ):
        yield made


def pod(name: str, number: int) -> str:
    return f"real-{name}-{number}"


def sent_events() -> Iterator[dict[str, Any]]:
    """The samples' events as Filebeat sends them, each under a pod of its own."""
    for name in NAMES:
        for number, event in enumerate(sample(name)):
            kubernetes = event["kubernetes"] | {"pod": {"name": pod(name, number)}}
            yield {key: value for key, value in event.items() if key not in BY_LOGSTASH} | {"kubernetes": kubernetes}


def found(server: Server, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Hits in all streams."""
    with server.client(ADMIN) as client:
        client.post("/_refresh").raise_for_status()
        answer = client.post(f"/{STREAMS}/_search?size=1000", json=query).raise_for_status()
        return list(answer.json()["hits"]["hits"])


def sent_by_logstash() -> dict[str, Any]:
    return {"query": {"prefix": {"kubernetes.pod.name": "real-"}}}


@pytest.fixture(scope="module")
def stored(server: Server, logstash: Logstash) -> dict[str, list[dict[str, Any]]]:
    """Sample -> what Elasticsearch has of it, in order."""
    lumberjack.send(logstash.beats, list(sent_events()), logstash.client, HOST)
    taken = [item for name in NAMES for item in expected(name) if "refused" not in item]
    wait("the documents", lambda: len(found(server, sent_by_logstash())) >= len(taken), SECONDS, 1)
    documents: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    for hit in found(server, sent_by_logstash()):
        match = re.fullmatch(r"real-(.+)-(\d+)", hit["_source"]["kubernetes"]["pod"]["name"])
        assert match
        documents[match[1]].append({"number": int(match[2]), **hit})
    return {name: sorted(hits, key=lambda hit: int(hit["number"])) for name, hits in documents.items()}


def test_documents_are_those_that_are_expected(stored: dict[str, list[dict[str, Any]]]) -> None:
    for name in NAMES:
        wanted = [
            {key: item[key] for key in ("stream", "document")} for item in expected(name) if "refused" not in item
        ]
        made = []
        for hit in stored[name]:
            index = re.sub(r"^\.ds-|-[\d.]+-\d+$", "", hit["_index"])
            made.append(essence(Written("", index, "", {**hit["_source"], "kubernetes": BASE["kubernetes"]})))
        assert made == wanted, name


def test_refused_documents_come_back_as_unparsed_lines(server: Server, logstash: Logstash) -> None:
    refused = [item for name in NAMES for item in expected(name) if "refused" in item]
    wait("the refused documents", lambda: len(found(server, REJECTED)) >= len(refused), SECONDS, 1)
    hits = found(server, REJECTED)
    assert {re.sub(r"^\.ds-|-[\d.]+-\d+$", "", hit["_index"]) for hit in hits} == {"valeo-neuroerp-unparsed-dev"}
    reasons = [hit["_source"]["error"]["message"] for hit in hits]
    assert all(reason.startswith("response:") for reason in reasons)
    assert all(any(item["refused"] in reason for reason in reasons) for item in refused)
    assert events_in(logstash)["dead_letter"] == len(refused)


def test_strangers_are_turned_away(logstash: Logstash) -> None:
    before = events_in(logstash)["main"]
    stranger = logstash.client.with_name("stranger")
    # It trusts the right server, but has a certificate of another authority.
    (stranger / "ca.crt").write_bytes((logstash.client / "ca.crt").read_bytes())
    with pytest.raises((ssl.SSLError, ConnectionError)):
        lumberjack.send(logstash.beats, [{"message": "x"}], stranger, HOST)
    assert events_in(logstash)["main"] == before


def in_bytes(size: str) -> int:
    return int(size.removesuffix("mb")) * 2**20


def test_settings_and_queues_are_those_of_the_release(logstash: Logstash) -> None:
    pipelines = logstash.api.get("/_node/stats/pipelines").json()["pipelines"]
    config = release(plan("prod"), "logstash").values["config"]
    assert {name: state["queue"]["type"] for name, state in pipelines.items()} == {
        "main": "persisted",
        "dead_letter": "memory",
    }
    assert pipelines["main"]["queue"]["capacity"]["max_queue_size_in_bytes"] == in_bytes(config["queue.max_bytes"])
    for state in pipelines.values():
        assert state["dead_letter_queue"]["max_queue_size_in_bytes"] == in_bytes(config["dead_letter_queue.max_bytes"])
    assert "ERROR" not in logstash.log.read_text()
