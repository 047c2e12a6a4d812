"""The charts' own dashboards of Kubernetes and its nodes, beside ours; needs the charts (CHARTS_MIRROR)."""

import json
import re
from functools import cache
from typing import Any

import pytest

import dashboards
from components import data_sources
from policy.manifests import Manifest
from tests.components.test_variants import plan, release
from tests.policy.test_policy_charts import MIRROR, render

pytestmark = pytest.mark.skipif(not MIRROR, reason="needs the charts: set CHARTS_MIRROR to a directory of them")
BUILT_IN = {"grafana", "-- Mixed --", "-- Grafana --"}
"""Data sources that every Grafana has."""
OURS = {data_sources.prometheus("", "15s")["uid"], "default"}


@cache
def rendered(switch: bool) -> tuple[Manifest, ...]:
    return tuple(render(release(plan("prometheus.kubernetesContent", switch), "prometheus")))


def boards(switch: bool = True) -> dict[str, dict[str, Any]]:
    maps = [m for m in rendered(switch) if (m["metadata"].get("labels") or {}).get("grafana_dashboard") == "1"]
    assert {m["metadata"]["annotations"]["grafana_folder"] for m in maps} <= {"Kubernetes"}
    return {name: json.loads(text) for m in maps for name, text in m["data"].items()}


def sources(board: dict[str, Any]) -> set[str]:
    """The data sources that a dashboard names, the variable of the data source as what it holds at first."""
    names = re.findall(r'"datasource": (?:"([^"]+)"|\{[^{}]*"uid": "([^"]+)"[^{}]*\})', json.dumps(board))
    chosen = {
        f"${variable['name']}": (variable.get("current") or {}).get("value", "default")
        for variable in board["templating"]["list"]
        if variable["type"] == "datasource" and variable["query"] == "prometheus"
    }
    found = {(one or other).replace("{", "").replace("}", "") for one, other in names}
    return {chosen.get(name, name) for name in found}


def test_they_are_there_and_a_setting_takes_them_away() -> None:
    assert {"k8s-resources-pod.json", "nodes.json", "kubelet.json"} <= set(boards())
    assert boards(switch=False) == {}


def test_they_ask_our_prometheus() -> None:
    """Their variable begins with Grafana's default data source, which is ours."""
    assert data_sources.prometheus("", "15s")["isDefault"]
    wrong = {name: found for name, board in boards().items() if (found := sources(board) - OURS - BUILT_IN)}
    assert wrong == {}


def test_a_data_source_that_is_not_there_is_noticed() -> None:
    board = json.loads(json.dumps(boards()["k8s-resources-pod.json"]).replace("${datasource}", "elsewhere"))
    assert sources(board) - OURS - BUILT_IN == {"elsewhere"}


def test_none_has_the_uid_or_the_file_of_another() -> None:
    uids = [board["uid"] for board in boards().values()] + list(dashboards.render())
    assert len(uids) == len(set(uids))
    assert set(boards()).isdisjoint(f"{uid}.json" for uid in dashboards.render())


def test_alerts_go_to_our_alertmanager() -> None:
    (server,) = (m for m in rendered(switch=True) if m["kind"] == "Prometheus")
    (target,) = server["spec"]["alerting"]["alertmanagers"]
    assert (target["name"], target["namespace"]) == ("alertmanager-alertmanager", "observability")
    assert not [m for m in rendered(switch=True) if m["kind"] == "Alertmanager"]
