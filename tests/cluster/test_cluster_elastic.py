"""The real ECK operator takes our Elasticsearch, Kibana, Logstash and Filebeat, and Pod Security takes its pods."""

import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
import yaml

from tests.cluster.api import Manifest
from tests.cluster.change import changed, named
from tests.cluster.elastic import WORKLOADS, Elastic
from tests.cluster.elastic_checks import dead_ends, missing_secrets, other_account, unlike
from tests.cluster.object_checks import not_started, refused
from tests.cluster.pod_checks import idle_budgets, without_pods
from tests.waiting import settled, wait

INGRESSES = {"kibana": "kibana-kb-http", "prometheus": "prometheus-login", "jaeger": "jaeger-login"}


def pods(elastic: Elastic, release: str) -> list[Manifest]:
    found = elastic.api.all("v1", "Pod", elastic.stack.namespace(release))
    return [pod for pod in found if pod["metadata"]["name"].startswith(WORKLOADS[release])]


def start(elastic: Elastic, release: str) -> list[str]:
    space, name = elastic.stack.namespace(release), WORKLOADS[release]
    return settled(f"the pods of {release}", lambda: not_started(elastic.api, space, [name]), 60)


@pytest.mark.parametrize("release", WORKLOADS)
def test_the_operator_brings_pods_about_that_pod_security_takes(elastic: Elastic, release: str) -> None:
    assert start(elastic, release) == []
    assert pods(elastic, release) != []


@pytest.mark.parametrize("release", WORKLOADS)
def test_every_secret_that_a_pod_reads_is_there(elastic: Elastic, release: str) -> None:
    assert start(elastic, release) == []
    assert missing_secrets(elastic.api, pods(elastic, release)) == []


def test_a_secret_key_that_is_not_there_is_seen(elastic: Elastic) -> None:
    assert start(elastic, "logstash") == []
    (pod, *_) = pods(elastic, "logstash")
    container = named_container(pod, "logstash")
    read = container["env"]
    place = next(n for n, variable in enumerate(read) if variable["name"] == "LOGSTASH_ES_PASSWORD")
    index = pod["spec"]["containers"].index(container)
    mutant = changed(pod, f"spec|containers|{index}|env|{place}|valueFrom|secretKeyRef|key", "pass")
    (complaint,) = missing_secrets(elastic.api, [mutant])
    assert complaint.endswith("reads elasticsearch-user-logstash pass")


def named_container(pod: Manifest, name: str) -> Manifest:
    (found,) = (container for container in pod["spec"]["containers"] if container["name"] == name)
    return dict(found)


def test_filebeat_runs_as_the_account_that_has_its_rights(elastic: Elastic) -> None:
    assert start(elastic, "filebeat") == []
    running = pods(elastic, "filebeat")
    assert len(running) == 4
    assert other_account(running, "filebeat") == []
    assert len(other_account(running, "default")) == 4


def test_filebeat_sends_to_a_service_that_leads_to_logstash(elastic: Elastic) -> None:
    assert start(elastic, "logstash") == []
    (address,) = elastic.objects["filebeat"]["spec"]["config"]["output.logstash"]["hosts"]
    service = elastic.api.get("v1", "Service", "logstash-ls-beats", elastic.stack.platform)
    assert service
    made = {"kind": "Service", **service}
    assert unlike(made, "Filebeat", address) == []
    assert settled("endpoints", lambda: without_pods(elastic.api, [made])) == []
    assert unlike(made, "Filebeat", address.replace("5044", "5045")) != []


def test_the_exporter_asks_each_logstash_by_its_name_and_holds_it_to_that_of_its_certificate(
    elastic: Elastic, tmp_path: Path
) -> None:
    """A pod has a name of its own only below the headless Service of its workload; the certificate is the Service's."""
    assert start(elastic, "logstash") == []
    api, made, space = elastic.api, elastic.stack.manifests, elastic.stack.platform
    config = yaml.safe_load(named(made, "ConfigMap", "logstash-exporter")["data"]["config.yml"])
    asked = {item["name"]: item["url"] for item in config["logstash"]["instances"]}
    (called,) = {item["tls_config"]["server_name"] for item in config["logstash"]["instances"]}
    running = [pod["spec"] for pod in pods(elastic, "logstash")]
    assert asked == {
        pod["hostname"]: f"https://{pod['hostname']}.{pod['subdomain']}.{space}.svc:9600" for pod in running
    }
    service = api.get("v1", "Service", running[0]["subdomain"], space)
    assert service
    assert (service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"]) == ("None", 9600)

    volumes = named(made, "Deployment", "logstash-exporter")["spec"]["template"]["spec"]["volumes"]
    (name,) = (volume["secret"]["secretName"] for volume in volumes if "secret" in volume)
    secret = api.get("v1", "Secret", name, space)
    assert secret
    for file in ("ca.crt", "tls.crt"):
        (tmp_path / file).write_bytes(b64decode(secret["data"][file]))
    assert certified(tmp_path, called)
    assert not certified(tmp_path, asked["logstash-ls-0"].removeprefix("https://").removesuffix(":9600"))


def certified(folder: Path, host: str) -> bool:
    """Whether the certificate is for the host, and of the authority."""
    command = ["openssl", "verify", "-CAfile", "ca.crt", "-verify_hostname", host, "tls.crt"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_ingresses_lead_to_ports_of_services_that_are_there(elastic: Elastic) -> None:
    assert start(elastic, "kibana") == []
    ingresses = [made for made in elastic.stack.manifests if made["kind"] == "Ingress"]
    assert dead_ends(elastic.api, ingresses, INGRESSES) == []
    wrong = changed(named(ingresses, "Ingress", "kibana"), "spec|rules|0|http|paths|0|backend|service|port|number", 80)
    assert dead_ends(elastic.api, [wrong], INGRESSES) == ["Ingress observability/kibana: leads to kibana-kb-http:80"]


@pytest.mark.parametrize("release", ["kibana", "logstash"])
def test_a_disruption_budget_sees_the_pods_that_it_protects(elastic: Elastic, release: str) -> None:
    budgets = [
        made
        for made in elastic.stack.manifests
        if made["kind"] == "PodDisruptionBudget" and made["metadata"]["name"] == release
    ]
    assert len(budgets) == {"dev": 0, "prod": 1}[elastic.stack.name]
    assert start(elastic, release) == []
    replicas = elastic.objects[release]["spec"]["count"]
    assert settled("budgets", lambda: idle_budgets(elastic.api, budgets, replicas)) == []


def test_a_budget_with_a_wrong_label_is_seen(elastic: Elastic) -> None:
    labels = {"matchLabels": {"kibana.k8s.elastic.co/name": "kibana-kb"}}
    metadata = {"name": "idle", "namespace": elastic.stack.platform}
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}
    elastic.deployment.make({**budget, "spec": {"maxUnavailable": 1, "selector": labels}})
    assert idle_budgets(elastic.api, [budget], 1) == [
        f"PodDisruptionBudget {elastic.stack.platform}/idle: protects 0 pods, not 1"
    ]


@pytest.mark.parametrize(
    ("release", "workload", "reason"),
    [
        ("kibana", "kibana-greedy-kb", "runAsNonRoot != true"),
        ("logstash", "logstash-greedy-ls", "allowPrivilegeEscalation != false"),
    ],
)
def test_without_our_security_contexts_the_pods_are_refused(
    elastic: Elastic, release: str, workload: str, reason: str
) -> None:
    """The chart would say `deployed`: only events tell."""
    space = elastic.stack.namespace(release)

    def refusals() -> list[str]:
        return [line for line in not_started(elastic.api, space, [workload]) if reason in line]

    assert wait("refusals", refusals, 60)


@pytest.mark.parametrize("release", WORKLOADS)
def test_an_unknown_field_is_refused(elastic: Elastic, release: str) -> None:
    mutant = changed(elastic.objects[release], "spec|replica", 2)
    (complaint,) = refused(elastic.api, [mutant], dry=True)
    assert "replica: field not declared in schema" in complaint
