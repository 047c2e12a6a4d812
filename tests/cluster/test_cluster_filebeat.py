"""A real Filebeat reads what the samples are made of: as it is deployed, at a real API server, over mutual TLS.

`FILEBEAT` names another one than the pinned tool, such as that of the version that is deployed.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.api import Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.network import forward
from tests.components.test_log_transport import certificates
from tests.components.test_stacks import plan
from tests.components.test_variants import release
from tests.logs import sample_lines
from tests.logs.certificates import authority, issue
from tests.logs.filebeat_reader import BASE
from tests.logs.lumberjack import receiving
from tests.needs import need
from tests.waiting import wait

NAMES = [name for name in sample_lines.NAMES if not name.startswith("infra")]
ERP = {"app.kubernetes.io/part-of": "valeo-neuroerp", "app.kubernetes.io/name": "neuroerp-api"}
OTHER = {"app.kubernetes.io/name": "redis"}
NODE, NAMESPACE = "node-1", "neuroerp"
SECONDS = 120
SHORT = "short"
"""A container whose log is shorter than the fingerprint by which Filebeat knows a file: that is not read yet."""
Events = dict[str, list[dict[str, Any]]]


def container_id(pod: str, name: str) -> str:
    return (pod + name).encode().hex()[:64].ljust(64, "0")


def pod(name: str, labels: dict[str, str], containers: list[str]) -> Manifest:
    made = [{"name": container, "image": "registry.example/neuroerp-api:1.4.2"} for container in containers]
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": NODE, "containers": made}}


def run_pod(plane: ControlPlane, manifest: Manifest) -> None:
    """Make it, and tell the ids of its containers as a kubelet does once they run."""
    name = manifest["metadata"]["name"]
    plane.api.apply(manifest)
    path = plane.api.path(manifest)

    def running() -> Any:
        status = plane.api.ask("GET", path)["status"]
        return status if status.get("phase") == "Running" and status.get("containerStatuses") else None

    status = wait(f"the pod {name}", running, 60)
    for container in status["containerStatuses"]:
        container["containerID"] = f"containerd://{container_id(name, container['name'])}"
    plane.api.ask("PATCH", f"{path}/status", {"status": status}, "application/merge-patch+json")


def write_log(folder: Path, pod_name: str, container: str, content: bytes) -> None:
    """A container's log as on a node: the file below pods, and a link to it below containers."""
    file = folder / "pods" / f"{NAMESPACE}_{pod_name}_uid" / container / "0.log"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    links = folder / "containers"
    links.mkdir(exist_ok=True)
    (links / f"{pod_name}_{NAMESPACE}_{container}-{container_id(pod_name, container)}.log").symlink_to(file)


def configuration(folder: Path, port: int) -> dict[str, Any]:
    """What is deployed, with other folders and another address."""
    config = release(plan("prod"), "filebeat").values["config"]
    text = json.dumps(config).replace("/var/log/containers", str(folder / "containers"))
    changed: dict[str, Any] = json.loads(text.replace("/usr/share/filebeat/certs", str(folder / "filebeat")))
    changed["output.logstash"]["hosts"] = [f"127.0.0.1:{port}"]
    return changed


def kubeconfig(plane: ControlPlane) -> Path:
    """The service account of Filebeat with the rights that its release gives it, and no others."""
    values = release(plan("prod"), "filebeat").values
    (subject,) = values["clusterRoleBinding"]["subjects"]
    account = {"name": subject["name"], "namespace": NAMESPACE}
    rbac = "rbac.authorization.k8s.io/v1"
    role = {"metadata": {"name": values["clusterRole"]["name"]}, "rules": values["clusterRole"]["rules"]}
    binding = {
        "metadata": {"name": values["clusterRoleBinding"]["name"]},
        "roleRef": values["clusterRoleBinding"]["roleRef"],
        "subjects": [{"kind": "ServiceAccount", **account}],
    }
    plane.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    plane.api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    plane.api.apply({"apiVersion": rbac, "kind": "ClusterRole", **role})
    plane.api.apply({"apiVersion": rbac, "kind": "ClusterRoleBinding", **binding})
    plane.tokens[account["name"]] = plane.token(NAMESPACE, account["name"])
    return plane.kubeconfig(account["name"], f"https://127.0.0.1:{forward(plane.namespace, '10.96.0.1', 443)}")


@pytest.fixture(scope="module")
def received(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Events:
    """Container -> the events of its log, as they come."""
    folder = tmp_path_factory.mktemp("node")
    ours = authority(folder / "ours")
    specs = {name: spec for name, (_, spec) in certificates(plan("prod")).items()}
    issue(ours, folder / "filebeat", specs["filebeat"])
    issue(ours, folder / "logstash", {**specs["logstash-beats"], "ipAddresses": ["127.0.0.1"]})
    for name in NAMES:
        write_log(folder, "erp", name, sample_lines.raw(name))
    write_log(folder, "erp", SHORT, b"2026-11-24T02:17:30.004815162Z stdout F done\n")
    write_log(folder, "other", "redis", sample_lines.raw(NAMES[0]))
    kube = kubeconfig(plane)
    run_pod(plane, pod("other", OTHER, ["redis"]))
    run_pod(plane, pod("erp", ERP, [*NAMES, SHORT]))
    with receiving(folder / "logstash") as receiver:
        file = folder / "filebeat.yml"
        file.write_text(json.dumps(configuration(folder, receiver.port)), encoding="utf-8")
        with filebeat(file, folder, KUBECONFIG=str(kube)):
            expected = sum(len(sample_lines.sample(name)) for name in NAMES)
            wait("the events", lambda: len(receiver.events) >= expected, SECONDS)
        found: Events = {}
        for event in receiver.events:
            found.setdefault(event["kubernetes"]["container"]["name"], []).append(event)
        return found


@contextmanager
def filebeat(file: Path, folder: Path, **variables: str) -> Iterator[None]:
    """A Filebeat that runs; what it said is told when one waits for something in vain."""
    program = os.environ.get("FILEBEAT") or need("filebeat")["filebeat"]
    command: list[str | Path] = [program, "-e", "--strict.perms=false", "-c", file, "--path.home", folder / "home"]
    log = folder / "filebeat.log"
    with log.open("wb") as output:
        environment = {**os.environ, "NODE_NAME": NODE, **variables}
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{log.read_text()[-5000:]}") from None
    finally:
        process.terminate()
        process.wait(30)


def told(event: dict[str, Any]) -> dict[str, Any]:
    """Of an event, what the pipeline or a person reads."""
    kubernetes, log = event["kubernetes"], event["log"]
    labels = {name: kubernetes["labels"].get(name) for name in ("app_kubernetes_io/name", "app_kubernetes_io/part-of")}
    plain = {name: event.get(name) for name in ("@timestamp", "stream", "message", "labels", "input")}
    return {**plain, "offset": log["offset"], "flags": log.get("flags"), "pod labels": labels}


def deviations(found: Events) -> list[str]:
    """Where the events of containers are not those that the samples stand for."""
    wrong = [f"{name}: nobody asked for it" for name in sorted(found.keys() - set(NAMES))]
    for name in NAMES:
        made, wanted = [
            [told(event) for event in events] for events in (found.get(name, []), sample_lines.sample(name))
        ]
        if len(made) != len(wanted):
            wrong.append(f"{name}: {len(made)} events instead of {len(wanted)}")
        pairs = zip(made, wanted, strict=False)
        wrong += [f"{name}: {str(got)[:300]} instead of {str(want)[:300]}" for got, want in pairs if got != want]
    return wrong


def test_events_are_those_that_the_samples_stand_for(received: Events) -> None:
    assert deviations(received) == []


def test_events_name_their_pod(received: Events) -> None:
    for event in received["reference-json"]:
        kubernetes = event["kubernetes"]
        assert (kubernetes["namespace"], kubernetes["pod"]["name"], kubernetes["node"]["name"]) == (
            NAMESPACE,
            "erp",
            NODE,
        )
        assert set(event) >= set(BASE)


def test_deviations_are_noticed(received: Events) -> None:
    (name, *_), text = NAMES, "reference-json"
    assert len(deviations({**received, "redis": received[text]})) == 1
    assert len(deviations({**received, name: []})) == 1
    (first, *others) = received[text]
    for field, value in (("message", "other"), ("labels", {}), ("stream", "stderr"), ("log", {"offset": 1})):
        assert len(deviations({**received, text: [{**first, field: value}, *others]})) == 1
