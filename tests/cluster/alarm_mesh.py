"""Alertmanagers together, as they are deployed, and each for itself: how often they tell of the same alert."""

import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.cluster.change import changed
from tests.cluster.network import fetch
from tests.cluster.pods import PodProcess
from tests.cluster.servers import PORTS, Servers
from tests.waiting import wait

TOGETHER, APART = "ToldTogether", "ToldApart"
OTHERS = 2.0
"""Seconds in which the mail of another Alertmanager would come: each waits 1.5 longer than the one before it."""
AGAIN = 4.0
"""Seconds in which a mail is the same: those of the same alerts are at least a group interval apart, which is five."""
_DURATION = re.compile(r"(?<= UTC )\(\S+\)")


@dataclass(frozen=True)
class Told:
    """Mails of an alert that was given to all Alertmanagers that run."""

    together: int = 0
    apart: int = 0
    """The same without their mesh, of all replicas."""


def repeated(mails: Iterable[Mapping[str, Any]]) -> list[str]:
    """Mails that say the same as the one before about the same, just then, but for how long it has been so."""
    last: dict[tuple[str, str], tuple[str, float]] = {}
    complaints = []
    for mail in sorted(mails, key=lambda made: made["at"]):
        status, _, about = mail["Subject"].partition("] ")
        said = status + _DURATION.sub("", mail["bodies"].get("text/plain", ""))
        before, at = last.get((mail["To"], about), ("", 0.0))
        if said == before and mail["at"] - at < AGAIN:
            complaints.append(f"twice to {mail['To']} after {mail['at'] - at:.1f} s: {mail['Subject']}")
        last[mail["To"], about] = said, mail["at"]
    return complaints


def tell_both_ways(servers: Servers) -> Told:
    """Give an alert to those that run, then end them all and give another one to each, without their mesh."""
    replicas = servers.replicas["alertmanager"]
    together = _tell(servers, [made for made in replicas if made.program and made.program.code is None], TOGETHER)
    for process in replicas:
        process.stop()
    apart = [_alone(process) for process in replicas]
    for process in apart:
        process.run()
    wait("Alertmanagers without a mesh", lambda: all(map(servers.answers, apart)))
    told = Told(together, _tell(servers, apart, APART, len(apart)))
    for process in apart:
        process.stop()
    return told


def _alone(process: PodProcess) -> PodProcess:
    containers = process.pod["spec"]["containers"]
    place = containers.index(process.container)
    kept = [argument for argument in process.container["args"] if not argument.startswith("--cluster.")]
    pod = changed(process.pod, f"spec|containers|{place}|args", [*kept, "--cluster.listen-address="])
    return PodProcess(process.plane, pod, process.container["name"], {})


def _tell(servers: Servers, processes: list[PodProcess], name: str, most: int = 1) -> int:
    """The number of mails of an alert that all of them have; ``most`` are waited for."""
    labels = {"alertname": name, "severity": "critical", "component": "app", "namespace": "any", "service": "any"}
    alert = [{"labels": labels, "annotations": {"summary": name}}]
    for process in processes:
        port = PORTS[process.container["name"]]
        code, said = fetch(servers.plane.namespace, process.address, port, "/api/v2/alerts", "POST", content=alert)
        if code != 200:
            raise RuntimeError(f"{process.name}: {said}")

    def mails() -> int:
        return len([mail for mail in servers.got("mail") if f" {name} " in mail["Subject"]])

    with suppress(TimeoutError):
        wait("mails", lambda: mails() >= most, 10)
    time.sleep(OTHERS)
    return mails()
