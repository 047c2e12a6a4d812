"""What the servers of the running chain say: alerts, and whether all is as it is when nothing is wrong."""

from collections.abc import Iterator
from json import loads
from typing import Any

from tests.cluster.alarm import WITHOUT_HISTORY
from tests.cluster.network import fetch
from tests.cluster.servers import PORTS, Servers

UP = 'up{job="valeo-neuroerp"}'


def alerts(servers: Servers) -> list[dict[str, Any]]:
    """The alerts that the last Alertmanager knows; the first one ends before the others."""
    code, text = _ask(servers, servers.replicas["alertmanager"][-1].address, "alerts")
    return list(loads(text)) if code == 200 else []


def _ask(servers: Servers, address: str, path: str) -> tuple[int, str]:
    return fetch(servers.plane.namespace, address, PORTS["alertmanager"], f"/api/v2/{path}")


def _members(servers: Servers) -> Iterator[int]:
    """How many members the mesh has, as each Alertmanager sees it."""
    for process in servers.replicas["alertmanager"]:
        _, text = _ask(servers, process.address, "status")
        yield len(loads(text)["cluster"].get("peers", ()))


def _number(servers: Servers, expression: str) -> float:
    return sum(float(found["value"][1]) for found in servers.query(expression))


def out_of_order(servers: Servers, services: int) -> list[str]:
    """What is not yet as it is when so many services of the application are well."""
    told = [alert["labels"] for alert in alerts(servers) if alert["labels"]["component"] in ("app", "business")]
    wrong = [f"{labels['alertname']} {labels.get('service', '')}" for labels in told]
    healthy = _number(servers, 'count(probe_success{job="neuroerp-health"} == 1)')
    replicas = len(servers.replicas["alertmanager"])
    checks = {
        "targets": _number(servers, f"count({UP} == 1)") == services + 1,
        "probes": healthy == len(servers.monitoring.health_urls),
        "errors": _number(servers, "count(namespace_service:http_requests:error_ratio_rate5m == 0)") == services,
        # So that there is a mean of what was before.
        "history": _number(servers, f"min(count_over_time({UP}[6s]))") >= 5,
        "mesh": set(_members(servers)) == {replicas},
        "heartbeat": bool(servers.got("heartbeat")),
    }
    late = [alert for alert in wrong if not alert.startswith(WITHOUT_HISTORY)]
    return [*late, *(name for name, good in checks.items() if not good)]
