"""Where the values of a panel lead, with and without the interfaces' URLs."""

import json

import pytest

import dashboards
from tests.dashboards import lint

LINKS = dashboards.Links(
    grafana="https://grafana.example.com",
    kibana="https://kibana.example.com/",
    alertmanager="https://alerts.example.com",
    jaeger="https://jaeger.example.com",
)
BARE: dict[str, lint.Json] = {uid: json.loads(text) for uid, text in dashboards.render().items()}
LINKED: dict[str, lint.Json] = {uid: json.loads(text) for uid, text in dashboards.render(LINKS).items()}

RANGE = "_g=(time:(from:'${__from:date:iso}',to:'${__to:date:iso}'))"
KIBANA = f"https://kibana.example.com/app/discover#/?{RANGE}&_a=(index:'valeo-neuroerp',query:(language:kuery,query:'"
JAEGER = "tags=%7B%22error%22%3A%22true%22%7D&lookback=custom&start=${__from}000&end=${__to}000"
KEPT = "${__url_time_range}&${datasource:queryparam}&${namespace:queryparam}&${service:queryparam}"
EXPECTED_LINKS = {
    ("neuroerp-system-overview", "Firing alerts"): ["https://alerts.example.com/#/alerts"],
    ("neuroerp-system-overview", "Pod restarts"): [
        f"{KIBANA}kubernetes.pod.name:%22${{__field.labels.pod}}%22'))",
    ],
    ("neuroerp-api-performance", "Error Rate"): [
        f"{KIBANA}level:ERROR'))",
        f"https://jaeger.example.com/search?service=neuroerp-api&{JAEGER}",
    ],
    ("neuroerp-api-performance", "Slowest endpoints (p95)"): [
        f"https://grafana.example.com/d/neuroerp-api-performance?{KEPT}&var-endpoint=${{__data.fields.endpoint}}",
    ],
    ("neuroerp-performance", "Error Rate"): [
        f"{KIBANA}level:ERROR%20and%20service:%22${{__field.labels.service}}%22'))",
        f"https://jaeger.example.com/search?service=${{__field.labels.service}}&{JAEGER}",
    ],
    ("neuroerp-observability-platform", "Notifications"): ["https://alerts.example.com/#/alerts"],
    ("neuroerp-observability-platform", "Unparsed lines"): [
        f"{KIBANA.replace('valeo-neuroerp', 'valeo-neuroerp-unparsed')}*'))",
    ],
    ("neuroerp-business", "Business Errors"): [f"{KIBANA}context.code:%22${{__data.fields.code}}%22'))"],
}


def test_links_lead_to_the_interfaces_with_a_url() -> None:
    found = {
        (uid, panel["title"]): [link["url"] for link in lint.data_links(panel)]
        for uid, board in LINKED.items()
        for panel in lint.panels(board)
        if lint.data_links(panel)
    }
    assert found == EXPECTED_LINKS


@pytest.mark.parametrize("uid", BARE)
def test_no_link_to_an_interface_without_a_url(uid: str) -> None:
    assert lint.outside_links(BARE[uid]) == []


def test_link_inside_grafana_needs_no_url() -> None:
    slowest = next(panel for panel in lint.panels(BARE["neuroerp-api-performance"]) if "Slowest" in panel["title"])
    assert [link["url"].partition("?")[0] for link in lint.data_links(slowest)] == ["/d/neuroerp-api-performance"]


@pytest.mark.parametrize("name", ["grafana", "kibana", "alertmanager", "jaeger"])
def test_each_url_brings_only_its_own_links(name: str) -> None:
    url = getattr(LINKS, name)
    texts = dashboards.render(dashboards.Links(**{name: url})).values()
    found = [link for text in texts for link in lint.outside_links(json.loads(text))]
    assert found
    assert all(link.startswith(url) for link in found)


def test_a_link_to_another_interface_opens_a_new_tab() -> None:
    links = [link for board in BARE.values() for panel in lint.panels(board) for link in lint.data_links(panel)]
    links += [link for board in LINKED.values() for panel in lint.panels(board) for link in lint.data_links(panel)]
    assert all(link["targetBlank"] != link["url"].startswith("/") for link in links)
