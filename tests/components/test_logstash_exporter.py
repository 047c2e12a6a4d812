"""The exporter of Logstash asks every pod, by the name in the certificate; metrics are of the pod they are about."""

import json
from typing import Any

import pytest
import yaml

from components.logstash_exporter import config
from preview.plan import Plan
from tests.components.test_stacks import ROOT, STACKS, plan

CATALOGUE = ROOT / "tests/catalogue/logstash-exporter.txt"


def made(of: Plan, kind: str) -> dict[str, Any]:
    (found,) = (item.manifest for item in of.objects if (item.kind, item.name) == (kind, "logstash-exporter"))
    return found


def instances(stack: str) -> list[dict[str, Any]]:
    content = yaml.safe_load(made(plan(stack), "ConfigMap")["data"]["config.yml"])
    return list(content["logstash"]["instances"])


@pytest.mark.parametrize(("stack", "pods"), [("dev", 1), ("prod", 2)])
def test_every_pod_of_logstash_is_asked_below_the_service_that_its_certificate_names(stack: str, pods: int) -> None:
    release = next(release for release in plan(stack).releases if release.name == "logstash")
    assert release.values["count"] == pods
    host = f"logstash-ls-api.{release.namespace}.svc"
    assert [(item["name"], item["url"], item["tls_config"]["server_name"]) for item in instances(stack)] == [
        (f"logstash-ls-{number}", f"https://logstash-ls-{number}.{host}:9600", host) for number in range(pods)
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_it_reads_its_files_where_they_are_mounted(stack: str) -> None:
    pod = made(plan(stack), "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["args"] == [f"-config={mounts['config']}/config.yml"]
    assert {item["tls_config"]["ca_file"] for item in instances(stack)} == {f"{mounts['ca']}/ca.crt"}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["config"]["configMap"]["name"] == "logstash-exporter"
    assert volumes["ca"]["secret"]["secretName"] == "logstash-ls-http-certs-public"


@pytest.mark.parametrize("stack", STACKS)
def test_the_scrape_job_finds_the_service_and_names_the_pod_that_a_metric_is_about(stack: str) -> None:
    service, spec = made(plan(stack), "Service"), made(plan(stack), "ServiceMonitor")["spec"]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = spec["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert {"targetLabel": "job", "replacement": "logstash-exporter"} in endpoint["relabelings"]
    # Without a name (the exporter's own metrics) the pod stays the exporter's.
    about = {"sourceLabels": ["instance_name"], "regex": "(.+)", "targetLabel": "pod"}
    assert endpoint["metricRelabelings"] == [about]


def test_the_exporter_says_of_every_metric_of_logstash_which_one_it_is_about() -> None:
    """By the label that the scrape job makes `pod` of; its own metric is about none."""
    lines = [line.split(" | ") for line in CATALOGUE.read_text().splitlines() if line.startswith("logstash_")]
    without = {name for name, _, labels, *_ in lines if "instance_name" not in labels.split()}
    assert without == {"logstash_exporter_build_info"}


def test_another_pod_or_host_is_another_configuration() -> None:
    pods = ["logstash-ls-0", "logstash-ls-1"]
    texts = {config(pods, "a.svc"), config(pods[:1], "a.svc"), config(pods, "b.svc")}
    assert len(texts) == 3
    assert all(json.loads(text)["logstash"]["httpTimeout"] == "5s" for text in texts)


def test_a_changed_configuration_restarts_the_pod() -> None:
    def version(stack: str) -> str:
        template = made(plan(stack), "Deployment")["spec"]["template"]
        return str(template["metadata"]["annotations"]["config-version"])

    assert version("dev") != version("prod")
