"""The demo once for each of its scenarios, watched by the whole chain: what comes of all failures at once."""

import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from json import loads
from pathlib import Path
from typing import Any

from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from tests.cluster.alarm import ALL, DOWN, END, FAILURES, WITHOUT_HISTORY, Course, Expected
from tests.cluster.alarm_fast import SECURE_PORT, every_rule, slow_down, speed_up
from tests.cluster.alarm_said import SAID, asked
from tests.cluster.api import Manifest, wait
from tests.cluster.chart_objects import blackbox
from tests.cluster.monitoring import APP_PORT
from tests.cluster.network import Program, fetch
from tests.cluster.servers import HERE, OUTSIDE, PORTS, Servers

RATE, RATE_OF_ERRORS = 5.0, 15.0
"""Requests a second of each service, and of the one whose share of errors must not fall below 5 % by chance."""
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


class Chain:
    """The running chain, with time that runs faster."""

    def __init__(self, servers: Servers, exporter: Path) -> None:
        """``exporter`` is the blackbox exporter."""
        self._blackbox = exporter
        self.servers, self.monitoring = servers, servers.monitoring
        self.services = {name: self.monitoring.application(name, 1) for name in SCENARIOS}
        self._programs: list[Program] = []
        self.pods = {DOWN: servers.app_pods}
        self.demos = {DOWN: servers.demos}

    def start(self) -> None:
        """Start it, and wait until nothing is wrong."""
        *_, service = blackbox(self.monitoring.stack)
        self.monitoring.deployment.make(*blackbox(self.monitoring.stack))
        self.monitoring.deployment.make(*(made for found in self.services.values() for made in found))
        self._programs += [self._exporter(self._blackbox, service), self._edge()]
        self.pods |= {name: self.servers.pods(1, name) for name in self.services}
        self._run(self.services)
        self.servers.names()
        speed_up(self.servers)
        wait("all targets and rules", self._in_order, 90)

    def _address(self, name: str, space: str) -> str:
        return str((self.servers.api.get("v1", "Service", name, space) or {})["spec"]["clusterIP"])

    def _exporter(self, program: Path, service: Manifest) -> Program:
        name, space = service["metadata"]["name"], service["metadata"]["namespace"]
        config = self.servers.api.get("v1", "ConfigMap", name, space)
        file = self.servers.folder / "blackbox.yaml"
        file.write_text((config or {})["data"]["blackbox.yaml"])
        listen = f"--web.listen-address={self._address(name, space)}:{service['spec']['ports'][0]['port']}"
        trusted = {"SSL_CERT_FILE": str(self.servers.folder / "mail.crt")}
        return self.servers.plane.namespace.start("blackbox", [program, f"--config.file={file}", listen], trusted)

    def _edge(self) -> Program:
        pods = [pod["status"]["podIP"] for pod in self.servers.app_pods]
        address = self._address(DOWN, self.monitoring.app_namespace)
        arguments = [self.servers.folder, address, str(APP_PORT), OUTSIDE, str(SECURE_PORT), *pods]
        command = [sys.executable, "-I", HERE / "alarm_edge.py", *arguments]
        return self.servers.plane.namespace.start("edge", command)

    def _run(self, names: Iterable[str]) -> None:
        for name in names:
            rate = RATE_OF_ERRORS if name == "errors" else RATE
            self.demos[name] = [self.servers.run_demo(pod, rate) for pod in self.pods[name]]

    def _end(self, names: Iterable[str]) -> None:
        programs = [program for name in names for program in self.demos.pop(name, ())]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Program.stop, programs))

    def _switch(self, scenarios: Mapping[str, str]) -> None:
        wanted = [
            f"{pod['status']['podIP']}={scenario}" for name, scenario in scenarios.items() for pod in self.pods[name]
        ]
        self.servers.plane.namespace.run(sys.executable, "-I", HERE / "alarm_switch.py", *wanted)

    def _number(self, expression: str) -> float:
        return sum(float(found["value"][1]) for found in self.servers.query(expression))

    def _alerts(self) -> list[dict[str, Any]]:
        address = self.servers.processes["alertmanager"].address
        code, text = fetch(self.servers.plane.namespace, address, PORTS["alertmanager"], "/api/v2/alerts")
        return list(loads(text)) if code == 200 else []

    def _in_order(self) -> bool:
        services = len(self.pods)
        labels = [found["labels"] for found in self._alerts() if found["labels"]["alertname"] != WITHOUT_HISTORY]
        wrong = [found for found in labels if found["component"] in ("app", "business")]
        return (
            self._number('count(up{job="valeo-neuroerp"} == 1)') == services + 1
            and self._number('count(probe_success{job="neuroerp-health"} == 1)') == len(self.monitoring.health_urls)
            and self._number("count(namespace_service:http_requests:error_ratio_rate5m == 0)") == services
            # So that there is a mean of what was before.
            and self._number('min(count_over_time(up{job="valeo-neuroerp"}[6s]))') >= 5
            and not wrong
            and bool(self.servers.got("heartbeat"))
        )

    def run(self) -> Seen:
        """Let everything fail, and be well again; then all of the application ends, and at last Prometheus."""
        began = dict.fromkeys((*self.services, DOWN), time.time())
        rules, config = every_rule(self.servers), self.monitoring.given_config
        seen = Seen(Course(self.monitoring.app_namespace, rules, config, began=began))
        self._switch({name: name for name in self.services})
        self._end([DOWN])
        with suppress(TimeoutError):
            wait("mails", lambda: self._come(seen, FAILURES) and not seen.course.missing(FAILURES, "RESOLVED"), SECONDS)
        seen.labels = [found["metric"] for found in self.servers.query('http_requests_total{job="valeo-neuroerp"}')]
        self._all_end(seen)
        self._without_prometheus(seen)
        return seen

    def _come(self, seen: Seen, wanted: Iterable[Expected]) -> bool:
        """Note what came, and repair what was told; whether all of it was."""
        seen.course = replace(seen.course, mails=self.servers.got("mail"))
        for found in self._alerts():
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
        self._end(list(self.demos))
        with suppress(TimeoutError):
            wait("mails", lambda: self._come(seen, [END]) and not seen.course.missing([END], "RESOLVED"), SECONDS)

    def _without_prometheus(self, seen: Seen) -> None:
        process = self.servers.processes["prometheus"]
        seen.beats = self.servers.got("heartbeat")
        ended = time.time()
        process.stop()

        def last() -> float:
            return float(self.servers.got("heartbeat")[-1]["at"])

        with suppress(TimeoutError):
            wait("the end of the heartbeats", lambda: time.time() - last() > BEATS, SECONDS)
        seen.last_beat = last() - ended
        number = len(self.servers.got("heartbeat"))
        process.run()
        wait("a heartbeat", lambda: len(self.servers.got("heartbeat")) > number, SECONDS)
        seen.beats.append(self.servers.got("heartbeat")[-1])

    def stop(self) -> None:
        """End what was started here; the servers are as they were."""
        for program in self._programs:
            program.stop()
        self._end([name for name in self.demos if name != DOWN])
        for made in [made for found in self.services.values() for made in found]:
            self.servers.api.delete(made)
        if DOWN not in self.demos:
            self._run([DOWN])
        self.servers.demos = self.demos[DOWN]
        slow_down(self.servers)
