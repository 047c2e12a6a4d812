"""Panels of log lines: a real server is asked as Grafana's data source asks, by its user, for the pipelines' documents.

The request is that of Grafana 12 (pkg/tsdb/elasticsearch, data_query.go and its client): `_msearch` with a range of the
time field, the panel's query in Lucene, newest lines first, and the histogram above them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import dashboards
from components import data_sources
from tests.dashboards import lint
from tests.elastic.server import ADMIN, Server
from tests.elastic.stack import CONTENT, bulk
from tests.logs.sample_lines import NAMES, expected, whole

LINES = 500
"""As many as Grafana asks for when a panel does not say."""
SOURCE = data_sources.elasticsearch("", CONTENT.app_index)
OPTIONS = SOURCE["jsonData"]
SHOWN = [
    (board["title"], panel)
    for board in map(json.loads, dashboards.render().values())
    for panel in lint.panels(board)
    if panel["type"] == "logs"
]


def milliseconds(moment: datetime) -> int:
    """As Grafana writes times."""
    return int(moment.timestamp() * 1000)


def request(query: str, start: datetime, end: datetime) -> str:
    """The two lines of `_msearch` for a target of a panel."""
    field, times = OPTIONS["timeField"], {"gte": milliseconds(start), "lte": milliseconds(end)}
    wanted = {"query_string": {"analyze_wildcard": True, "query": query}}
    bounds = {"min": times["gte"], "max": times["lte"]}
    interval = f"{(bounds['max'] - bounds['min']) // LINES}ms"
    histogram = {"field": field, "fixed_interval": interval, "min_doc_count": 0, "format": "epoch_millis"}
    marks = {"pre_tags": ["@HIGHLIGHT@"], "post_tags": ["@/HIGHLIGHT@"], "fragment_size": 2**31 - 1}
    body = {
        "size": LINES,
        "query": {"bool": {"filter": [{"range": {field: {**times, "format": "epoch_millis"}}}, wanted]}},
        "sort": [{field: {"order": "desc", "unmapped_type": "boolean"}}, {"_doc": {"order": "desc"}}],
        "docvalue_fields": [field],
        "script_fields": {},
        "highlight": {"fields": {"*": {}}, **marks},
        "aggs": {"1": {"date_histogram": {**histogram, "extended_bounds": bounds}}},
    }
    head = {"search_type": "query_then_fetch", "ignore_unavailable": True, "index": OPTIONS["index"]}
    return f"{json.dumps(head)}\n{json.dumps(body)}\n"


@dataclass(frozen=True)
class Lines:
    """What was written, in the time from `start` to `end`."""

    documents: list[dict[str, Any]]
    start: datetime
    end: datetime

    @property
    def errors(self) -> list[str]:
        """Messages of those that are errors."""
        return sorted(made["message"] for made in self.documents if made["level"] in ("ERROR", "CRITICAL"))


@pytest.fixture(scope="module")
def lines(server: Server) -> Lines:
    """The documents of all samples of the application that Elasticsearch takes, as if written now, by its pipelines."""
    found = [item for name in NAMES for item in expected(name) if item["stream"] == "app" and "refused" not in item]
    # A time of its own, in which no other test writes.
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    documents = [
        {**whole(item), "@timestamp": (start + timedelta(seconds=number)).isoformat()}
        for number, item in enumerate(found)
    ]
    with server.client("logstash") as client:
        answers = bulk(client, "/_bulk", CONTENT.app_index, documents)
    assert [answer for answer in answers if answer["status"] != 201] == []
    with server.client(ADMIN) as client:
        client.post("/_refresh").raise_for_status()
    return Lines(documents, start, start + timedelta(seconds=len(found)))


def asked(server: Server, query: str, lines: Lines, user: str = SOURCE["basicAuthUser"]) -> dict[str, Any]:
    """The answer to the one search."""
    body = request(query, lines.start, lines.end)
    with server.client(user) as client:
        content = {"Content-Type": "application/x-ndjson"}
        answer = client.post("/_msearch", params={"max_concurrent_shard_requests": 5}, content=body, headers=content)
    answer.raise_for_status()
    (found,) = answer.json()["responses"]
    return dict(found)


@pytest.mark.parametrize(("board", "panel"), SHOWN, ids=[panel["title"] for _, panel in SHOWN])
def test_every_panel_of_log_lines_shows_the_errors_newest_first(
    server: Server, lines: Lines, board: str, panel: lint.Json
) -> None:
    (target,) = panel["targets"]
    assert target["timeField"] == OPTIONS["timeField"]
    found = asked(server, target["query"], lines)
    hits = found["hits"]["hits"]
    assert len(lines.errors) > 10, board
    assert sorted(hit["_source"][OPTIONS["logMessageField"]] for hit in hits) == lines.errors
    assert {hit["_source"][OPTIONS["logLevelField"]] for hit in hits} == {"ERROR", "CRITICAL"}
    times = [hit["_source"]["@timestamp"] for hit in hits]
    assert times == sorted(times, reverse=True)
    assert sum(bucket["doc_count"] for bucket in found["aggregations"]["1"]["buckets"]) == len(hits)


def test_a_line_leads_to_its_trace(server: Server, lines: Lines) -> None:
    ((_, panel),) = SHOWN
    (link,) = OPTIONS["dataLinks"]
    hits = asked(server, panel["targets"][0]["query"], lines)["hits"]["hits"]
    assert any(hit["_source"].get(link["field"]) for hit in hits)


@pytest.mark.parametrize("query", ["level:(error OR critical)", "levle:(ERROR OR CRITICAL)", "log_level:ERROR"])
def test_a_query_that_shows_nothing_is_seen(server: Server, lines: Lines, query: str) -> None:
    assert asked(server, query, lines)["hits"]["hits"] == []


def test_a_query_that_is_no_lucene_is_seen(server: Server, lines: Lines) -> None:
    assert asked(server, "level:(ERROR OR", lines)["status"] == 400


def test_a_user_without_the_right_to_read_is_refused(server: Server, lines: Lines) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
        asked(server, "level:ERROR", lines, user="exporter")
