"""`make contract` prints each signal with its emitters and users, and writes the same as a page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from neuroerp_telemetry.contract import APP_METRICS, LOG_FIELDS

from tests.contract import __main__ as command
from tests.contract import content, matrix
from tests.contract.matrix import Row
from tests.contract.uses import Use

EVIL = Row("<script>\"&'", "gauge", ("<b>",), ("<img src=x>",))


class Page(HTMLParser):
    """Tags, and the text of the cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "build" / "contract.html"
    code = command.main(page)
    out, err = capsys.readouterr()
    assert code == bool(err)
    text = page.read_text()
    for name in (*APP_METRICS, *(field.name for field in LOG_FIELDS), "node_load1", "redis_up", "up"):
        assert name in out
        assert name in text
    assert "HighErrorRate" in out
    assert "neuroerp-performance System Load" in out
    assert "go_goroutines" not in out  # of an exporter's series only those that are used
    assert "redis_commands_processed_total" not in out


def test_command_tells_what_does_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "RULES", {"a.rules.yaml": "groups: [{name: g, rules: [{record: a, expr: gone}]}]"})
    assert command.main(tmp_path / "contract.html") == 1
    faults = capsys.readouterr().err.splitlines()
    assert "a.rules.yaml a: nobody exports gone" in faults
    assert "nobody uses a" in faults


def test_rows_join_the_parts_of_a_histogram() -> None:
    asked = [Use("a", "http_request_duration_seconds_bucket"), Use("b", "http_request_duration_seconds_count")]
    rows = {row.signal: row for row in matrix.series_rows(content.known(), asked)}
    latency = rows["http_request_duration_seconds"]
    assert (latency.type, latency.emitters, latency.users) == ("histogram", ("app",), ("a", "b"))
    assert rows["active_users"].users == ()
    assert "active_users" in matrix.unused(rows.values())
    assert "node_load1" not in rows


def test_text_names_every_user() -> None:
    lines = matrix.as_text({"T": [Row("a", "gauge", ("app",), ("x", "y")), Row("b", "gauge", ("app",), ())]})
    assert lines.splitlines()[3:] == [
        "a       gauge  app         x",
        "                           y",
        "b       gauge  app         nobody",
    ]


def test_page_is_escaped_accessible_and_alone() -> None:
    text = matrix.as_html({"<Title>": [EVIL, Row("b", "gauge", (), ())]})
    page = Page(text)
    names = {name for name, _ in page.tags}
    assert not names & {"script", "img", "b", "link"}
    assert "src=" not in text.replace("&lt;img src=x&gt;", "")
    assert "http" not in text
    assert {"<script>\"&'", "<img src=x>", "<b>", "<Title>", "nobody"} <= {text.strip() for text in page.texts}
    assert ("html", {"lang": "en"}) in page.tags
    assert names >= {"title", "main", "h1", "caption", "thead", "tbody"}
    assert {attributes["scope"] for name, attributes in page.tags if name == "th"} == {"col", "row"}
