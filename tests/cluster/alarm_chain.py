"""The demo once for each of its scenarios, watched by the whole chain: what comes of all failures at once."""

import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from tests.cluster.alarm import ALL, DOWN, END, FAILURES, Course, Expected
from tests.cluster.alarm_fast import SECURE_PORT, every_rule
from tests.cluster.alarm_look import alerts, out_of_order
from tests.cluster.alarm_mesh import Told, tell_both_ways
from tests.cluster.alarm_said import SAID, asked
from tests.cluster.api import Manifest
from tests.cluster.chart_objects import blackbox
from tests.cluster.monitoring import APP_PORT
from tests.cluster.network import fetch
from tests.cluster.servers import HERE, OUTSIDE, Servers
from tests.waiting import settled, wait

RATE = 3.0
RATES = {"errors": 15.0, "failing-payments": 5.0, "database-down": 5.0, "normal": 5.0, "burst": 5.0, DOWN: 1.0}
"""Requests a second of each service: the most of the one whose share of errors must not fall below 5 % by chance."""
SECONDS = 75.0
"""Patience with what has to happen."""
LEAST = 8.0
"""Seconds that a failure lasts at least, so that what is silenced would have been told."""
BEATS = 4.0
"""Seconds without a heartbeat that show that it stopped; with all in order one comes every second."""
AFTER_PROMETHEUS = 4 * 1.0 + 1.0
"""Seconds until the heartbeat stops: an alert holds for four evaluations (Prometheus), then its group is told of."""


@dataclass
class Seen:
    """What the chain did."""

    course: Course
    unsaid: dict[str, list[str]] = field(default_factory=dict)
    """Expressions of recording rules that did not hold, by scenario."""
    inhibited: set[tuple[str, str]] = field(default_factory=set)
    """Services and alerts of what Alertmanager held back."""
    last_beat: float = 0.0
    """Seconds between the end of Prometheus and the last heartbeat."""
    beats: list[dict[str, Any]] = field(default_factory=list)
    """Heartbeats before that, and one after its return."""
    labels: list[dict[str, Any]] = field(default_factory=list)
    """Series of the application's requests."""
    told: Told = field(default_factory=Told)
    """What became of an alert that every Alertmanager had."""


class Chain:
    """The running chain, with time that runs faster."""

    def __init__(self, servers: Servers, exporter: Path) -> None:
        """``exporter`` is the blackbox exporter."""
        self._blackbox = exporter
        self.servers, self.monitoring = servers, servers.monitoring
        self.services = {name: self.monitoring.application(name, 1) for name in SCENARIOS}
        self.pods = {DOWN: servers.app_pods}
        self._demos = [servers.demo]

    def start(self) -> None:
        """Start it, and wait until nothing is wrong."""
        *_, service = blackbox(self.monitoring.stack)
        self.monitoring.deployment.make(*blackbox(self.monitoring.stack))
        self.monitoring.deployment.make(*(made for found in self.services.values() for made in found))
        self._exporter(self._blackbox, service)
        self._edge()
        self.pods |= {name: self.servers.pods(1, name) for name in self.services}
        self._run(self.services)
        self.servers.names()
        services = len(self.pods)
        if wrong := settled("all targets and rules", lambda: out_of_order(self.servers, services), 180):
            raise RuntimeError(f"out of order: {', '.join(wrong)}")

    def _address(self, name: str, space: str) -> str:
        return str((self.servers.api.get("v1", "Service", name, space) or {})["spec"]["clusterIP"])

    def _exporter(self, program: Path, service: Manifest) -> None:
        name, space = service["metadata"]["name"], service["metadata"]["namespace"]
        config = self.servers.api.get("v1", "ConfigMap", name, space)
        file = self.servers.folder / "blackbox.yaml"
        file.write_text((config or {})["data"]["blackbox.yaml"])
        listen = f"--web.listen-address={self._address(name, space)}:{service['spec']['ports'][0]['port']}"
        trusted = {"SSL_CERT_FILE": str(self.servers.folder / "mail.crt")}
        self.servers.plane.namespace.start("blackbox", [program, f"--config.file={file}", listen], trusted)

    def _edge(self) -> None:
        pods = [pod["status"]["podIP"] for pod in self.servers.app_pods]
        address = self._address(DOWN, self.monitoring.app_namespace)
        arguments = [self.servers.folder, address, str(APP_PORT), OUTSIDE, str(SECURE_PORT), *pods]
        command = [sys.executable, "-I", HERE / "alarm_edge.py", *arguments]
        self.servers.plane.namespace.start("edge", command)

    def _run(self, names: Iterable[str]) -> None:
        rates = {pod["status"]["podIP"]: RATES.get(name, RATE) for name in names for pod in self.pods[name]}
        self._demos.append(self.servers.run_demos(rates))

    def _switch(self, scenarios: Mapping[str, str]) -> None:
        """At once, as somebody in the pods would: the demo listens to callers on its own machine only."""

        def ask(wanted: tuple[str, str]) -> None:
            address, scenario = wanted
            path, space = f"/demo/scenario/{scenario}", self.servers.plane.namespace
            code, said = fetch(space, address, APP_PORT, path, "POST", source="127.0.0.1")
            if code != 200:
                raise RuntimeError(f"{scenario}: {said}")

        wanted = [(pod["status"]["podIP"], scenarios[name]) for name in scenarios for pod in self.pods[name]]
        with ThreadPoolExecutor(len(wanted)) as pool:
            list(pool.map(ask, wanted))

    def run(self) -> Seen:
        """Let everything fail and get well; then end an Alertmanager and all of the application, then Prometheus."""
        began = dict.fromkeys((*self.services, DOWN), time.time())
        rules, config = every_rule(self.monitoring.stack), self.monitoring.given_config
        seen = Seen(Course(self.monitoring.app_namespace, rules, config, began=began))
        self._switch({name: name for name in self.services})
        self.servers.demo.stop(force=True)
        with suppress(TimeoutError):
            wait("mails", lambda: self._come(seen, FAILURES) and not seen.course.missing(FAILURES, "RESOLVED"), SECONDS)
        seen.labels = [found["metric"] for found in self.servers.query('http_requests_total{job="valeo-neuroerp"}')]
        self.servers.processes["alertmanager"].stop()
        self._all_end(seen)
        self._without_prometheus(seen)
        seen.told = tell_both_ways(self.servers)
        return seen

    def _come(self, seen: Seen, wanted: Iterable[Expected]) -> bool:
        """Note what came, and repair what was told; whether all of it was."""
        seen.course = replace(seen.course, mails=self.servers.got("mail"))
        for found in alerts(self.servers):
            if found["status"]["inhibitedBy"]:
                seen.inhibited.add((found["labels"].get("service", ""), found["labels"]["alertname"]))
        for name in [name for name in seen.course.began if name not in seen.course.ended]:
            mine = [one for one in wanted if one.service == name]
            if time.time() > seen.course.began[name] + LEAST and not seen.course.missing(mine, "FIRING"):
                self._repair(seen, name)
        return not set(seen.course.began) - set(seen.course.ended)

    def _repair(self, seen: Seen, name: str) -> None:
        """Let a service be well again, when the recording rules have seen it, too."""
        seen.unsaid[name] = [said for said in SAID.get(name, ()) if not self.servers.query(asked(name, said))]
        if seen.unsaid[name]:
            return
        seen.course = replace(seen.course, ended={**seen.course.ended, name: time.time()})
        if name in (DOWN, ALL):
            self._run([DOWN])
        else:
            self._switch({name: "normal"})

    def _all_end(self, seen: Seen) -> None:
        seen.course = replace(seen.course, began={**seen.course.began, ALL: time.time()})
        for program in self._demos:
            program.stop(force=True)
        with suppress(TimeoutError):
            wait("mails", lambda: self._come(seen, [END]) and not seen.course.missing([END], "RESOLVED"), SECONDS)

    def _without_prometheus(self, seen: Seen) -> None:
        seen.beats = self.servers.got("heartbeat")
        ended = time.time()
        for process in self.servers.replicas["prometheus"]:
            process.stop()

        def last() -> float:
            return float(self.servers.got("heartbeat")[-1]["at"])

        with suppress(TimeoutError):
            wait("the end of the heartbeats", lambda: time.time() - last() > BEATS, SECONDS)
        seen.last_beat = last() - ended
        number = len(self.servers.got("heartbeat"))
        self.servers.processes["prometheus"].run()
        wait("a heartbeat", lambda: len(self.servers.got("heartbeat")) > number, SECONDS)
        seen.beats.append(self.servers.got("heartbeat")[-1])
