"""Messages as the real template engine of Alertmanager renders them, for what fires, what is over, and what is odd."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import alerts
from tests.alerts import examples
from tests.alerts.amtool import Amtool
from tests.alerts.messages import URL, alert, group, of_rule
from tests.alerts.test_routes import config

HOSTILE = '<script>alert(1)</script>" onload="x" & <!channel> ```*é\\'
BODIES = ("text", "html", "slack")


@pytest.fixture
def tool(tmp_path: Path) -> Amtool:
    return Amtool(tmp_path)


class Page(HTMLParser):
    """Tags, their attributes, and the text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.attributes: set[str] = set()
        self.text = ""
        self._href: str | None = None
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._href = dict(attrs).get("href")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._href is not None:
            self.links[data] = self._href
            self._href = None


def silenced(link: str) -> dict[str, str]:
    """The labels that the form of a new silence reads in a link: JSON strings, blanks only as %20."""
    fragment = urlsplit(link).fragment
    assert fragment.startswith("/silences/new?filter=")
    assert "+" not in fragment
    text = unquote(fragment.partition("filter=")[2])
    assert text[0] + text[-1] == "{}"
    string = r'"(?:[^"\\]|\\.)*"'
    assert re.fullmatch(rf"\w+={string}(,\w+={string})*", text[1:-1]), text
    return {name: json.loads(value) for name, value in re.findall(rf"(\w+)=({string})", text[1:-1])}


SUBJECTS: list[tuple[list[dict[str, Any]], str]] = [
    ([of_rule("HighErrorRate")], "[FIRING CRITICAL] HighErrorRate neuroerp/neuroerp-api"),
    ([of_rule("HighErrorRate", resolved=True)], "[RESOLVED CRITICAL] HighErrorRate neuroerp/neuroerp-api"),
    (
        [of_rule("HighCPUUsage", pod=f"api-{number}") for number in range(3)],
        "[FIRING:3 WARNING] HighCPUUsage neuroerp/neuroerp-api",
    ),
    ([of_rule("NeuroERPAbsent")], "[FIRING CRITICAL] NeuroERPAbsent valeo-neuroerp"),
    ([of_rule("ExporterAbsent")], "[FIRING WARNING] ExporterAbsent elasticsearch-exporter"),
    ([alert({"alertname": "A", "service": "orders", "severity": "crit"}, {})], "[FIRING CRIT] A orders"),
    ([alert({"alertname": "A", "namespace": "shop"}, {})], "[FIRING] A shop"),
    ([alert({"alertname": "A"}, {}, resolved=True)], "[RESOLVED] A"),
    ([alert({"severity": "warning"}, {})], "[FIRING WARNING] Alert"),
]


@pytest.mark.parametrize(("fired", "subject"), SUBJECTS)
def test_a_subject_tells_whether_it_is_over_how_bad_it_is_and_where(
    tool: Amtool, fired: list[dict[str, Any]], subject: str
) -> None:
    assert tool.render(group(fired), "subject") == subject


def named(subject: str, labels: dict[str, str]) -> bool:
    """Whether a subject ends with the place of an alert: its component says too little to find it."""
    wheres = (labels.get(label) for label in ("service", "namespace", "job", "instance"))
    return any(where and re.search(rf"[ /]{re.escape(where)}$", subject) for where in wheres)


def test_every_subject_names_the_service_even_without_a_namespace(tool: Amtool) -> None:
    fired = [of_rule(name) for name in examples.names() if examples.labels(name)["severity"] != "none"]
    subjects = {alert["labels"]["alertname"]: tool.render(group([alert]), "subject") for alert in fired}
    unnamed = {name: said for name, said in subjects.items() if not named(said, examples.labels(name))}
    assert {name for name in subjects if "namespace" not in examples.labels(name)} >= {"NeuroERPAbsent", "HostLoadHigh"}
    assert unnamed == {}


def test_a_subject_that_names_nothing_is_noticed(tool: Amtool) -> None:
    labels = {name: value for name, value in examples.labels("NeuroERPAbsent").items() if name != "service"}
    assert not named(tool.render(group([alert(labels, {})]), "subject"), labels)


def test_the_text_says_what_where_since_when_how_bad_and_what_to_do(tool: Amtool) -> None:
    lines = tool.render(group([of_rule("HighErrorRate")]), "text").splitlines()
    notes = examples.annotations("HighErrorRate")
    assert f"FIRING: {notes['summary']}" in lines
    assert notes["description"].strip() in lines
    assert "  How bad: critical" in lines
    assert "  Where: neuroerp/neuroerp-api (prod)" in lines
    assert any(line.startswith("  Since: 2026-11-24 02:05 UTC (") for line in lines)
    assert f"  Runbook: {notes['runbook_url']}" in lines
    assert f"  Dashboard: {notes['dashboard']}" in lines
    assert notes["dashboard"].startswith("https://grafana.example.com/d/")
    (silence,) = (line.removeprefix("  Silence: ") for line in lines if line.startswith("  Silence: "))
    assert silence.startswith(f"{URL}/#/")
    assert silenced(silence) == examples.labels("HighErrorRate")


def test_the_page_says_the_same_and_links_the_same(tool: Amtool) -> None:
    page = Page(tool.render(group([of_rule("HighErrorRate")]), "html"))
    notes = examples.annotations("HighErrorRate")
    for said in ("[FIRING CRITICAL]", notes["summary"], "critical", "neuroerp/neuroerp-api (prod)", "2026-11-24 02:05"):
        assert said in page.text
    assert set(page.links) == {"Runbook", "Dashboard", "Query", "Silence"}
    assert page.links["Runbook"] == notes["runbook_url"]
    assert page.links["Dashboard"] == notes["dashboard"]
    assert silenced(page.links["Silence"]) == examples.labels("HighErrorRate")


def test_slack_says_the_same_and_links_the_same(tool: Amtool) -> None:
    text = tool.render(group([of_rule("HighErrorRate")]), "slack")
    notes = examples.annotations("HighErrorRate")
    assert text.startswith(f"*FIRING: {notes['summary']}*\n")
    assert "critical, since 2026-11-24 02:05 UTC (" in text
    links = {said: to for to, said in re.findall(r"<([^|>]+)\|([^>]+)>", text)}
    assert links["Runbook"] == notes["runbook_url"]
    assert links["Dashboard"] == notes["dashboard"]
    assert silenced(links["Silence"]) == examples.labels("HighErrorRate")


@pytest.mark.parametrize("body", BODIES)
def test_the_end_says_how_long_it_took_and_offers_no_silence(tool: Amtool, body: str) -> None:
    text = tool.render(group([of_rule("HighErrorRate", resolved=True)]), body)
    assert "RESOLVED: " in text
    assert "2026-11-24 02:05 UTC to 2026-11-24 03:40 UTC (1h 35m 0s)" in text
    assert "Silence" not in text
    assert "FIRING" not in text


@pytest.mark.parametrize("body", BODIES)
def test_a_group_that_is_partly_over_says_both(tool: Amtool, body: str) -> None:
    fired = [of_rule("HighCPUUsage", pod="api-0"), of_rule("HighCPUUsage", pod="api-1", resolved=True)]
    text = tool.render(group(fired), body)
    assert text.count("FIRING: ") == text.count("RESOLVED: ") == 1
    assert tool.render(group(fired), "subject").startswith("[FIRING WARNING]")


@pytest.mark.parametrize(("count", "said"), [(20, False), (21, True), (500, True)])
@pytest.mark.parametrize("body", BODIES)
def test_a_flood_is_cut_and_says_so(tool: Amtool, body: str, count: int, said: bool) -> None:
    text = tool.render(group([of_rule("HighCPUUsage", pod=f"api-{number}") for number in range(count)]), body)
    assert text.count("FIRING: ") == min(count, 20)
    assert (f"These are 20 of {count} alerts" in text) is said
    assert (f"{URL}/#/alerts" in text) is said
    assert len(text) < 60_000


@pytest.mark.parametrize("body", BODIES)
def test_what_an_alert_lacks_is_left_out(tool: Amtool, body: str) -> None:
    bare = {**alert({"alertname": "SomebodyElses"}, {}), "generatorURL": ""}
    text = tool.render(group([bare]), body)
    assert "FIRING: SomebodyElses" in text
    assert "not said" in text
    assert not re.search(r"no value|Runbook|Dashboard|Query|ZgotmplZ|\(\)|<nil>", text)


@pytest.mark.parametrize("name", examples.names())
def test_every_alert_can_be_told(tool: Amtool, name: str) -> None:
    told = group([of_rule(name), of_rule(name, instance="other", resolved=True)])
    for text in (tool.render(told, "subject", "title", "color", "text", "slack"), tool.render(told, "html")):
        assert text.count(examples.annotations(name)["summary"]) >= 2
        assert not re.search(r"no value|%!|ZgotmplZ|<nil>", text)


def hostile() -> dict[str, Any]:
    names = ("alertname", "namespace", "service", "severity", "environment", "pod")
    notes = dict.fromkeys(("summary", "description"), HOSTILE)
    links = {"runbook_url": "javascript:alert(1)", "dashboard": f"https://x.example.com/{HOSTILE}"}
    return group([alert(dict.fromkeys(names, HOSTILE), {**notes, **links})])


def test_what_looks_like_html_is_escaped(tool: Amtool) -> None:
    good = Page(tool.render(group([of_rule("HighErrorRate")]), "html"))
    page = Page(tool.render(hostile(), "html"))
    assert set(page.tags) <= set(good.tags)
    assert page.attributes <= good.attributes
    assert page.text.count(HOSTILE) >= 6
    assert page.links["Runbook"] == "#ZgotmplZ"
    assert page.links["Dashboard"].startswith("https://x.example.com/%3cscript%3e")
    assert silenced(page.links["Silence"])["pod"] == HOSTILE


def test_html_that_is_not_escaped_would_be_seen(tmp_path: Path) -> None:
    trusting = {name: text.replace("{{ .Value }}", "{{ safeHtml .Value }}") for name, text in templates().items()}
    assert trusting != templates()
    assert "script" in Page(Amtool(tmp_path, templates=trusting).render(hostile(), "html")).tags


def test_nothing_in_a_label_calls_a_channel_of_slack(tool: Amtool) -> None:
    text = tool.render(hostile(), "slack")
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text
    assert [to for to, _ in re.findall(r"<([^|>]*)\|([^>]*)>", text) if not to.startswith(URL)] == []
    assert "Runbook: javascript:alert(1)" in text


def test_a_silence_holds_labels_with_blanks_and_signs(tool: Amtool) -> None:
    labels = {"alertname": "A", "device": 'a b+c%20&x={"y"},\\z\nü'}
    text = tool.render(group([alert(labels, {})]), "text")
    assert silenced(text.split("Silence: ")[1].strip()) == labels


def templates() -> dict[str, str]:
    return alerts.routes.templates()


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("text.tmpl", "{{- end }}", ""),
        ("parts.tmpl", "toUpper", "toUppercase"),
        ("html.tmpl", "{{ template", "{{ template.x"),
    ],
)
def test_a_template_that_cannot_be_parsed_is_refused(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    broken = {**templates(), file: templates()[file].replace(right, wrong, 1)}
    assert broken != templates()
    assert "FAILED" in Amtool(tmp_path, config(), broken).complaint()


def test_a_template_that_calls_what_is_not_there_is_found_by_rendering(tmp_path: Path) -> None:
    broken = {**templates(), "text.tmpl": templates()["text.tmpl"].replace("neuroerp.since", "neuroerp.sinse")}
    tool = Amtool(tmp_path, config(), broken)
    assert tool.complaint() == ""
    with pytest.raises(RuntimeError, match=r"neuroerp\.sinse"):
        tool.render(group([of_rule("HighErrorRate")]), "text")


def test_every_template_that_a_receiver_names_is_defined() -> None:
    named = set(re.findall(r'template "([\w.]+)"', str(config(**examples.CHANNELS)["receivers"])))
    defined = {name for text in templates().values() for name in re.findall(r'define "([\w.]+)"', text)}
    assert {"neuroerp.subject", "neuroerp.text", "neuroerp.html", "neuroerp.slack"} <= named
    assert named <= defined
