"""Prometheus and Alertmanager of a stack as processes, with all that they talk to: application, mail, heartbeat."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.cluster.api import Manifest
from tests.cluster.monitoring import APP_PORT, Monitoring
from tests.cluster.network import Program, fetch
from tests.cluster.pods import PodProcess
from tests.cluster.stack_objects import HEARTBEAT_URL, SMTP_PASSWORD
from tests.telemetry.demo_process import PATHS
from tests.waiting import wait

HERE = Path(__file__).parent
OUTSIDE = "10.246.255.1"
"""Address of what is outside the cluster: mail server, heartbeat monitor, ingress."""
PORTS = {"alertmanager": 9093, "prometheus": 9090}
RELOADER = "init-config-reloader"


class Servers:
    """The running chain, from the application's metrics to the mail."""

    def __init__(self, monitoring: Monitoring, tools: dict[str, Path], *, every: bool = False) -> None:
        """Start one replica of both servers, or every one."""
        self.monitoring, self.api, self.plane = monitoring, monitoring.api, monitoring.deployment.plane
        self.folder = self.plane.folder / f"outside-{monitoring.stack.name}"
        self.folder.mkdir()
        self.received = self.folder / "received.jsonl"
        self._programs: list[Program] = []
        self._mail()
        self.app_pods = self.pods(2)
        self.demo = self.run_demos({pod["status"]["podIP"]: 1 for pod in self.app_pods})
        self.replicas = {
            kind: [
                self._process(kind, number, tools)
                for number in range(monitoring.servers[kind]["spec"]["replicas"] if every else 1)
            ]
            for kind in PORTS
        }
        self.processes = {kind: made[0] for kind, made in self.replicas.items()}
        """The first replica of each."""
        # Before they start: members of a mesh that are not known then are looked for some seconds later.
        self.names()
        for process in self._all():
            process.start()
        wait("both servers", self._ready, 30)

    def _all(self) -> list[PodProcess]:
        return [process for made in self.replicas.values() for process in made]

    def _process(self, kind: str, number: int, tools: dict[str, Path]) -> PodProcess:
        pod = self._pod(f"{kind}-{self.monitoring.servers[kind]['metadata']['name']}-{number}")
        made = PodProcess(self.plane, pod, kind, {RELOADER: tools["prometheus-config-reloader"], kind: tools[kind]})
        trusted = made.root / "etc/ssl/certs/ca-certificates.crt"
        trusted.parent.mkdir(parents=True)
        trusted.write_text((self.folder / "mail.crt").read_text())
        return made

    def _pod(self, name: str) -> Manifest:
        def running() -> Manifest | None:
            pod = self.api.get("v1", "Pod", name, self.monitoring.stack.platform)
            return pod if pod and pod["status"].get("podIP") else None

        return dict(wait(f"pod {name}", running, 30))

    def _mail(self) -> None:
        settings = self.monitoring.given_config["global"]
        host, port = settings["smtp_smarthost"].rsplit(":", 1)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365"]
        known = [host, *(found for url in self.monitoring.health_urls if (found := urlsplit(url).hostname))]
        names = ",".join(f"DNS:{found}" for found in known)
        name = ["-subj", "/CN=outside", "-addext", f"subjectAltName={names}"]
        files = ["-keyout", "mail.key", "-out", "mail.crt"]
        command = ["openssl", "req", "-x509", *key, *name, *files]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        login = f"{settings.get('smtp_auth_username', '')}:{SMTP_PASSWORD}"
        heartbeat = HEARTBEAT_URL.rsplit(":", 1)[1].partition("/")[0]
        self._start("mail", "mail_sink.py", str(self.folder), port, heartbeat, login)
        self._outside = dict.fromkeys([*known, HEARTBEAT_URL.split("/")[2].partition(":")[0]], OUTSIDE)

    def pods(self, number: int, service: str = "neuroerp-api") -> list[Manifest]:
        """The pods of a service of the application, as soon as they are so many."""
        space, label = self.monitoring.app_namespace, f"app.kubernetes.io/name={service}"

        def running() -> list[Manifest]:
            found = self.api.all("v1", "Pod", space, labelSelector=label)
            return found if len([pod for pod in found if pod["status"].get("podIP")]) == number else []

        return list(wait(service, running, 30))

    def run_demos(self, rates: Mapping[str, float]) -> Program:
        """The demo in the place of pods, by their addresses, each with so many requests a second."""
        pods = [f"{address}={rate}" for address, rate in rates.items()]
        env = {"PYTHONPATH": os.pathsep.join(map(str, PATHS))}
        return self.plane.namespace.start("demos", [sys.executable, HERE / "demo_pods.py", str(APP_PORT), *pods], env)

    def _start(self, name: str, script: str, *arguments: str) -> None:
        self._programs.append(self.plane.namespace.start(name, [sys.executable, "-I", HERE / script, *arguments]))

    def names(self) -> None:
        """What DNS would know: Services, pods of StatefulSets, and the world outside."""
        known = dict(self._outside)
        for service in self.api.all("v1", "Service"):
            metadata = service["metadata"]
            known[f"{metadata['name']}.{metadata['namespace']}.svc"] = service["spec"].get("clusterIP", "")
        for pod in self.api.all("v1", "Pod", self.monitoring.stack.platform):
            if address := pod["status"].get("podIP"):
                known[f"{pod['metadata']['name']}.{pod['spec'].get('subdomain', '')}"] = address
        self.plane.namespace.names({name: address for name, address in known.items() if address not in ("", "None")})

    def _ready(self) -> bool:
        return all(self.answers(process) for process in self._all())

    def answers(self, process: PodProcess) -> bool:
        """Whether a server is ready; raises RuntimeError with what it said when it has ended."""
        if process.program and process.program.code is not None:
            raise RuntimeError(process.program.said())
        with suppress(OSError):
            return fetch(self.plane.namespace, process.address, PORTS[process.container["name"]], "/-/ready")[0] == 200
        return False

    def prometheus(self, path: str) -> Any:
        """What the API of Prometheus answers."""
        address = self.processes["prometheus"].address
        return json.loads(fetch(self.plane.namespace, address, 9090, f"/api/v1/{path}")[1])["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        return list(self.prometheus(f"query?query={quote(expression)}")["result"])

    def targets(self, pool: str) -> list[dict[str, Any]]:
        """The targets of a scrape job."""
        found = self.prometheus("targets?state=active")["activeTargets"]
        return [target for target in found if target["scrapePool"] == pool]

    def got(self, kind: str) -> list[dict[str, Any]]:
        """What arrived outside: ``mail`` or ``heartbeat``."""
        text = self.received.read_text() if self.received.exists() else ""
        lines = text.rpartition("\n")[0].splitlines()  # The last one may still be under way.
        return [content for line in lines if (content := json.loads(line))["kind"] == kind]

    def stop(self) -> None:
        """End all processes."""
        servers = [process.program for process in self._all() if process.program]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Program.stop, [*servers, self.demo, *self._programs]))


def wrong_targets(found: list[dict[str, Any]], expected: list[dict[str, str]]) -> list[str]:
    """Labels of targets that are not exactly as expected, and targets that are too few or too many."""
    labels = [target["labels"] for target in found]
    missing = [f"no target has exactly {wanted}" for wanted in expected if wanted not in labels]
    return missing + [f"a target has {given}" for given in labels if given not in expected]
