"""The catalogues are whole and in their form; the recorder takes what an exporter shows, and nothing else."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.catalogue import __main__ as command
from tests.catalogue import catalogue
from tests.catalogue.catalogue import Catalogue, Series
from tools.table import TOOLS

ALL = {path.name: path.read_text() for path in sorted(catalogue.FOLDER.glob("*.txt"))}
NOT_RECORDED = {"scraping.txt"}
"""Prometheus makes these series itself, and shows them to queries only."""
TOOL = {
    "neuroerp-health": "blackbox_exporter",
    "blackbox-exporter": "blackbox_exporter",
    "jaeger-query": "blackbox_exporter",
    "elastic-operator": "eck-operator",
}
"""Tools whose name is not that of their scrape job."""
SHOWN = """\
# HELP queue_length Items  that
# TYPE queue_length gauge
queue_length{name="orders",kind="slow"} 3
queue_length{name="a b, \\"c\\" } d"} 4 1700000000000
# HELP events_in Events, without _total.
# TYPE events_in counter
events_in 5
# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="+Inf"} 2
wait_seconds_sum 3.5
wait_seconds_count 2
# TYPE size summary
size{quantile="0.9"} NaN
size_sum 1e+06
size_count 2
# TYPE go_goroutines gauge
go_goroutines 7
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1
# a comment
bare_thing 1
"""
SERIES = (
    Series("bare_thing", "untyped"),
    Series("events_in", "counter", {}, "Events, without _total."),
    Series("queue_length", "gauge", {"kind": ("slow",), "name": ()}, "Items that"),
    Series("size", "gauge", {"quantile": ()}),
    Series("size_count", "counter"),
    Series("size_sum", "counter"),
    Series("wait_seconds_bucket", "counter", {"le": ()}, "Waiting."),
    Series("wait_seconds_count", "counter", {}, "Waiting."),
    Series("wait_seconds_sum", "counter", {}, "Waiting."),
)


@contextmanager
def exporter(text: str) -> Iterator[str]:
    """The URL of something that shows this text."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("name", ALL)
def test_catalogue(name: str) -> None:
    found = catalogue.parse(ALL[name], name)
    names = [series.name for series in found.series]
    assert names == sorted(set(names))
    assert len(names) >= 5
    assert catalogue.as_text(found) == ALL[name]
    assert bool(re.fullmatch(r"\d{4}-\d\d-\d\d", found.recorded)) == (name not in NOT_RECORDED)
    assert (found.recorded == "no") == (name in NOT_RECORDED)
    assert not [series for series in names if series.startswith(catalogue.RUNTIME)]


def test_every_exporter_of_the_platform_is_there() -> None:
    jobs = {name.removesuffix(".txt") for name in ALL}
    platform = {"prometheus", "alertmanager", "prometheus-operator", "jaeger", "elastic-operator"}
    exporters = {"node", "redis", "blackbox", "elasticsearch", "logstash"}
    assert jobs >= platform | {f"{name}-exporter" for name in exporters} | {"kube-state-metrics", "neuroerp-health"}


@pytest.mark.parametrize("found", catalogue.read_all(), ids=lambda found: found.exporter)
def test_catalogues_of_pinned_tools_have_their_version(found: Catalogue) -> None:
    """After an update the exporter has to be recorded again."""
    pinned = {tool.name: tool.version for tool in TOOLS}
    name = TOOL.get(found.exporter, found.exporter)
    assert found.version == pinned.get(name, found.version)


def test_recorder_writes_names_types_and_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exporter(SHOWN) as url:
        arguments = ["queue", "1.2", url, "--values", "kind", "--how", "as in\n a test", "--folder", str(tmp_path)]
        assert command.main(arguments) == 0
        first = (tmp_path / "queue.txt").read_text()
        assert command.main(arguments) == 0
    assert (tmp_path / "queue.txt").read_text() == first
    assert "9 series" in capsys.readouterr().out
    found = catalogue.parse(first, "queue.txt")
    assert (found.exporter, found.version, found.how) == ("queue", "1.2", "as in a test")
    assert found.series == SERIES


def test_recorder_takes_several_together(tmp_path: Path) -> None:
    with exporter('a{x="1"} 1\n') as one, exporter('# TYPE a gauge\na{y="2"} 1\n') as other:
        assert command.main(["both", "1", one, other, "--how", "test", "--folder", str(tmp_path)]) == 0
    (series,) = catalogue.parse((tmp_path / "both.txt").read_text(), "both.txt").series
    assert series == Series("a", "gauge", {"x": (), "y": ()})


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ("<html>", "no metrics: '<html>'"),
        ("", "it has no series"),
        ("# TYPE a gauge\n", "it has no series"),
        ('a{kind="x,y"} 1\n', "a: a catalogue cannot hold kind='x,y': leave its values out"),
    ],
)
def test_recorder_refuses_what_is_no_exposition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shown: str, message: str
) -> None:
    with exporter(shown) as url:
        options = ["--values", "kind", "--how", "test", "--folder", str(tmp_path)]
        assert command.main(["queue", "1", url, *options]) == 2
    assert capsys.readouterr().err == f"{url}: {message}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/metrics", "file:///etc/passwd", "nonsense"])
def test_recorder_names_the_url_that_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert command.main(["queue", "1", url, "--how", "test", "--folder", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{url} does not answer: ")
    assert error.count("\n") == 1


def test_recorder_as_a_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.catalogue"], cwd=catalogue.FOLDER.parents[1], capture_output=True, check=False
    )
    assert run.returncode == 2
    assert b"required: name, version, url, --how" in run.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a | gauge | -\n", "x.txt: begin it with # exporter: ..."),
        ("# exporter: x\n# version: 1\n# recorded: no\n", "x.txt: begin it with # how: ..."),
        ("# exporter: x\n# version: 1\n# recorded: no\n# how: y\na | number | -\n", "x.txt:5: write name | counter"),
        ("# exporter: x\n# version: 1\n# recorded: no\n# how: y\na gauge\n", "x.txt:5: write name | counter"),
    ],
)
def test_a_broken_catalogue_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        catalogue.parse(text, "x.txt")
