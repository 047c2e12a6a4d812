"""The life of a stack on a real cluster: up, nothing more to change, one change, an upgrade, and gone."""

import base64
import gzip
import os
import time
from pathlib import Path

import pytest
import yaml

from tests.acceptance.life import Stack, kubectl, listed

RELEASES = {"dev": 13, "prod": 14}
"""How many; production has a Collector."""
OPERATED = {
    "prometheus.monitoring.coreos.com": "prometheus-prometheus",
    "alertmanager.monitoring.coreos.com": "alertmanager-alertmanager",
}


def test_every_release_is_deployed(stack: Stack) -> None:
    held = listed("secrets", "-A", "-l", "owner=helm")
    newest = {item["metadata"]["labels"]["name"]: item["metadata"]["labels"]["status"] for item in held}
    assert set(newest.values()) == {"deployed"}
    assert len(newest) == RELEASES[stack.name]


@pytest.mark.usefixtures("stack")
def test_no_pod_is_refused() -> None:
    """A release whose pods an operator makes says "deployed" while every one of them is refused: events tell."""
    refused = [event["message"] for event in listed("events", "-A") if event["reason"] == "FailedCreate"]
    assert [message for message in refused if "forbidden" in message] == []
    for level, namespace in (("restricted", "observability"), ("privileged", "observability-agents")):
        label = f"pod-security.kubernetes.io/enforce={level}"
        assert "violate" not in kubectl("label", "--dry-run=server", "--overwrite", "namespace", namespace, label)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("kind", OPERATED)
def test_the_operator_takes_our_objects(kind: str) -> None:
    deadline = time.monotonic() + float(os.environ.get("ACCEPTANCE_PATIENCE", "120"))
    conditions: dict[str, str] = {}
    while conditions.get("Reconciled") != "True" and time.monotonic() < deadline:
        found = next(item for item in listed(kind, "-n", "observability") if item["metadata"]["name"] == OPERATED[kind])
        conditions = {entry["type"]: entry["status"] for entry in found.get("status", {}).get("conditions", [])}
        time.sleep(1)
    assert conditions["Reconciled"] == "True"


@pytest.mark.usefixtures("stack")
def test_prometheus_is_told_of_our_alertmanager_and_jobs() -> None:
    path = "jsonpath={.data.prometheus\\.yaml\\.gz}"
    data = kubectl("get", "secret", "-n", "observability", "prometheus-prometheus-prometheus", "-o", path)
    config = yaml.safe_load(gzip.decompress(base64.b64decode(data)))
    kept = [rule.get("regex") for entry in config["alerting"]["alertmanagers"] for rule in entry["relabel_configs"]]
    assert "alertmanager-alertmanager" in kept
    jobs = {entry["job_name"] for entry in config["scrape_configs"]}
    assert {"serviceMonitor/observability/valeo-neuroerp/0", "probe/observability/neuroerp-health"} <= jobs


def test_nothing_is_left_to_change(stack: Stack) -> None:
    assert stack.unchanged() == ""


def test_one_setting_changes_one_release(stack: Stack) -> None:
    stack.change("prometheus.retention", "34d")
    assert stack.up() == {"updated": 1}
    assert stack.unchanged() == ""


def test_a_chart_is_upgraded_from_the_version_before(
    stack: Stack, previous: tuple[str, Path], mirror: str | None
) -> None:
    version, folder = previous
    for chart in Path(mirror).iterdir() if mirror and Path(mirror).is_dir() else []:
        if chart.name != "prometheus-blackbox-exporter":
            (folder / chart.name).symlink_to(chart)
    pins = stack.folder / "components/charts.py"
    pinned = pins.read_text()
    if mirror:
        stack.change("charts.mirror", str(folder))
    pins.write_text(pinned.replace('"11.17.2"', f'"{version}"'))
    stack.up()
    pins.write_text(pinned)
    assert stack.up() == {"updated": 1}
    status = kubectl(
        "get", "deployment", "-n", "observability", "blackbox-exporter", "-o", "jsonpath={.metadata.labels}"
    )
    assert "prometheus-blackbox-exporter-11.17.2" in status
    if mirror:
        stack.change("charts.mirror", mirror)
        stack.up()


def test_destroy_leaves_what_is_declared_to_stay_and_nothing_else(stack: Stack) -> None:
    claims = {item["metadata"]["name"] for item in listed("pvc", "-n", "observability")}
    text = stack.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert "deleted" in text
    if stack.name == "prod":
        left = {item["metadata"]["name"] for item in listed("pvc", "-n", "observability")}
        assert left == claims
        stack.pulumi("state", "unprotect", "--all", "--yes")
        stack.pulumi("destroy", "--yes", "--skip-preview")
    ours = (
        "observability",
        "prometheus",
        "alertmanager",
        "grafana",
        "elastic",
        "filebeat",
        "jaeger",
        "kube-state-metrics",
    )
    kinds = "namespaces,clusterroles,clusterrolebindings,validatingwebhookconfigurations,mutatingwebhookconfigurations"
    rest = [line for line in kubectl("get", kinds, "-o", "name").split() if line.split("/")[1].startswith(ours)]
    assert rest == []
    assert listed("crd") == [item for item in listed("crd") if item["metadata"]["name"].endswith("elastic.co")]
