"""How much a stack asks of a cluster, read from what is deployed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.model import amount
from preview.plan import Plan
from preview.wire import MASKS

_COUNTS = ("replicas", "replicaCount", "count")


@dataclass
class Totals:
    """Sums over all replicas; what runs on every node counts once."""

    objects: int = 0
    custom_objects: int = 0
    releases: int = 0
    cpu: float = 0.0
    """Cores."""
    memory: float = 0.0
    """Bytes."""
    storage: float = 0.0
    """Bytes."""
    unread: list[str] = field(default_factory=list)
    """What stands where a quantity should, but is none."""


def totals(plan: Plan) -> Totals:
    """The totals of a plan."""
    result = Totals(
        objects=len(plan.objects),
        custom_objects=sum(item.custom for item in plan.objects),
        releases=len(plan.releases),
    )
    for data in (*(release.values for release in plan.releases), *(item.manifest for item in plan.objects)):
        _add(result, data, 1)
    return result


def _add(result: Totals, data: Any, replicas: float) -> None:
    """Add what a part asks for; a part that is switched off asks for nothing."""
    if isinstance(data, list):
        for item in data:
            _add(result, item, replicas)
    elif isinstance(data, Mapping) and data.get("enabled") is not False:
        replicas = next((data[key] for key in _COUNTS if type(data.get(key)) in (int, float)), replicas)
        _add_requests(result, data.get("resources"), replicas)
        for key, value in data.items():
            if key == "persistence" and isinstance(value, Mapping) and value.get("enabled") is not False:
                result.storage += replicas * _amount(result, value.get("size"))
            # Init containers are done before the others start, and ask for less.
            if key not in ("resources", "initContainers"):
                _add(result, value, replicas)


def _add_requests(result: Totals, resources: Any, replicas: float) -> None:
    requests = resources.get("requests") if isinstance(resources, Mapping) else None
    if isinstance(requests, Mapping):
        result.cpu += replicas * _amount(result, requests.get("cpu"))
        result.memory += replicas * _amount(result, requests.get("memory"))
        result.storage += replicas * _amount(result, requests.get("storage"))


def _amount(result: Totals, quantity: Any) -> float:
    """A quantity in its base unit; one that is missing or not known yet counts nothing."""
    if quantity is None or quantity in MASKS:
        return 0.0
    try:
        return amount(str(quantity))
    except ValueError:
        result.unread.append(str(quantity))
        return 0.0
