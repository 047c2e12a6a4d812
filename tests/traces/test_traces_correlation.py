"""One request of the demo, followed from its exemplar to its trace, its log lines and its metrics, and back.

Every step takes what the data sources of Grafana are given, and asks as Grafana does.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from tests.components.test_stacks import plan
from tests.elastic.stack import bulk
from tests.live.servers import Prometheus, prometheus
from tests.logs.engines import Engines
from tests.logs.sample_lines import pipeline, received
from tests.needs import need
from tests.telemetry.demo_process import ROOT, running
from tests.traces.jaeger import Jaeger
from tests.traces.storage import Storage
from tests.waiting import wait

MANY = 20
"""Exemplars that are followed."""
SERVICE = yaml.safe_load((ROOT / "telemetry/demo/manifests/service.yaml").read_text())["metadata"]["name"]
REQUESTS = "http_request_duration_seconds_bucket"


def sources() -> dict[str, dict[str, Any]]:
    """The data sources of dev by uid, with each `$$` as the one that Grafana makes of it."""
    made = next(item.manifest for item in plan("dev").objects if item.name == "grafana-data-sources")
    text = str(made["data"]["data-sources.yaml"]).replace("$$", "$")
    return {source["uid"]: source for source in json.loads(text)["datasources"]}


@dataclass
class Way:
    """What is asked on the way."""

    prometheus: Prometheus
    jaeger: Jaeger
    storage: Storage
    since: float

    def exemplars(self) -> list[dict[str, str]]:
        """Labels of the exemplars of requests."""
        found = self.prometheus.api("query_exemplars", query=REQUESTS, start=self.since, end=time.time() + 1)
        return [exemplar["labels"] for series in found for exemplar in series["exemplars"]]

    def trace(self, trace: str) -> dict[str, Any]:
        """What the data source of Jaeger gets for a trace."""
        answer = self.jaeger.ask(f"/api/traces/{trace}").raise_for_status()
        return dict(answer.json()["data"][0])

    def logs(self, query: str, begin: float, end: float) -> list[dict[str, Any]]:
        """What the data source of Elasticsearch gets for a query, in milliseconds."""
        source = sources()["elasticsearch"]
        options = source["jsonData"]
        window = {options["timeField"]: {"gte": int(begin), "lte": int(end), "format": "epoch_millis"}}
        text = {"query_string": {"analyze_wildcard": True, "query": query}}
        body = {"query": {"bool": {"filter": [{"range": window}, text]}}, "size": 500}
        with self.storage.client(source["basicAuthUser"]) as client:
            answer = client.post(f"/{options['index']}/_search", json=body).raise_for_status()
        return [hit["_source"] for hit in answer.json()["hits"]["hits"]]


@pytest.fixture(scope="module")
def way(storage: Storage, server: Jaeger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """The demo with visitors: its spans in Jaeger, its metrics in Prometheus, its lines through the pipeline."""
    folder = tmp_path_factory.mktemp("demo")
    begin = time.time()
    with ExitStack() as stack:
        spans = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.at(4317), "OTEL_BSP_SCHEDULE_DELAY": "200"}
        demo = stack.enter_context(running(folder, "--rate", "20", **spans))
        # In a cluster the label is the name of the Service.
        target = {"targets": [demo.url.removeprefix("http://")], "labels": {"service": SERVICE}}
        scrape = {"job_name": "valeo-neuroerp", "static_configs": [target]}
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
        program = need("prometheus")["prometheus"]
        watcher = stack.enter_context(prometheus(program, folder, config, "--enable-feature=exemplar-storage"))
        made = Way(watcher, server, storage, begin)
        wait("exemplar", lambda: len(made.exemplars()) >= 5, 60)
        wait("rate", lambda: watcher.query('count_over_time(up{job="valeo-neuroerp"}[1m]) > 3'), 60)
        assert demo.end() == 0  # What it still holds is sent at its end.
        followed = [labels["trace_id"] for labels in made.exemplars()[:MANY]]
        wait("traces", lambda: all(server.ask(f"/api/traces/{trace}").is_success for trace in followed), 60)
        engines = Engines()
        stack.callback(engines.stop)
        lines = [line for line in demo.log.read_bytes().splitlines() if b"trace_id" in line]
        written = pipeline("main", engines).run(received(lines))
        with storage.client("logstash") as client:
            (index,) = {line.index for line in written}
            answers = bulk(client, "/_bulk?refresh=true", index, [line.document for line in written])
        assert {answer["status"] for answer in answers} == {201}
        yield made


def follow(way: Way, labels: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """From the labels of an exemplar to its trace and its log lines."""
    (to_trace,) = sources()["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert sources()[to_trace["datasourceUid"]]["type"] == "jaeger"
    trace = way.trace(labels[to_trace["name"]])
    to_logs = sources()["jaeger"]["jsonData"]["tracesToLogsV2"]
    assert sources()[to_logs["datasourceUid"]]["type"] == "elasticsearch"
    assert (to_logs["spanStartTimeShift"], to_logs["spanEndTimeShift"]) == ("-5m", "5m")
    begin = min(span["startTime"] for span in trace["spans"]) / 1000 - 300_000
    end = max(span["startTime"] + span["duration"] for span in trace["spans"]) / 1000 + 300_000
    query = to_logs["query"].replace("${__trace.traceId}", trace["traceID"])
    assert "$" not in query
    return trace, way.logs(query, begin, end)


def test_an_exemplar_leads_to_its_trace_and_that_to_its_log_lines_and_back(way: Way) -> None:
    followed = [follow(way, labels) for labels in way.exemplars()[:MANY]]
    assert followed
    # Not every request writes a line.
    with_lines = [(trace, lines) for trace, lines in followed if lines]
    assert with_lines
    (back,) = sources()["elasticsearch"]["jsonData"]["dataLinks"]
    assert sources()[back["datasourceUid"]]["type"] == "jaeger"
    for trace, lines in with_lines:
        for line in lines:
            again = way.trace(back["url"].replace("${__value.raw}", line[back["field"]]))
            assert again["traceID"] == trace["traceID"] == line["trace_id"]
            assert line["span_id"] in {span["spanID"] for span in trace["spans"]}


def test_a_span_leads_to_the_requests_of_its_service(way: Way) -> None:
    trace = way.trace(way.exemplars()[0]["trace_id"])
    (process,) = trace["processes"].values()
    values = {tag["key"]: tag["value"] for tag in process["tags"]} | {"service.name": process["serviceName"]}
    to_metrics = sources()["jaeger"]["jsonData"]["tracesToMetrics"]
    assert sources()[to_metrics["datasourceUid"]]["type"] == "prometheus"
    tags = ",".join(f'{tag["value"]}="{values[tag["key"]]}"' for tag in to_metrics["tags"])
    (query,) = to_metrics["queries"]
    (found,) = way.prometheus.query(query["query"].replace("$__tags", tags))
    assert float(found["value"][1]) > 0
    assert way.prometheus.query(query["query"].replace("$__tags", 'service="another"')) == []


def test_the_addresses_are_those_of_the_services() -> None:
    addresses = {uid: urlsplit(source["url"]) for uid, source in sources().items()}
    assert (addresses["jaeger"].hostname, addresses["jaeger"].port) == ("jaeger.observability.svc", 16686)
    assert addresses["elasticsearch"].scheme == "https"


def test_a_trace_that_nobody_has_is_found_nowhere(way: Way) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        way.trace("0" * 31 + "1")
    assert way.logs('trace_id:"' + "0" * 31 + '1"', 0, time.time() * 1000) == []
