"""Objects that hold every rule, and one change at a time that does not."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from policy.context import Context, derive

HERE = Path(__file__).parent
OBJECTS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "objects.yaml").read_text())
CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml.safe_load((HERE / "cases.yaml").read_text())
GONE = "<gone>"
SURROUNDINGS = [
    OBJECTS["namespace"],
    OBJECTS["agents_namespace"],
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "relaxed", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}},
    },
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "quiet", "namespace": "platform"},
        "automountServiceAccountToken": False,
    },
    {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "own", "namespace": "platform"},
        "spec": {"listeners": [{"name": "secure", "protocol": "HTTPS"}, {"name": "https-plain", "protocol": "HTTP"}]},
    },
]


def context(*, production: bool = True) -> Context:
    """What the stack of the examples knows."""
    return derive(SURROUNDINGS, production=production)


def changed(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """An object with values at paths of keys and numbers, parted by |, set or removed."""
    made = copy.deepcopy(OBJECTS[name])
    for path, value in changes.items():
        *way, last = path.split("|")
        place: Any = made
        for key in way:
            place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
        if isinstance(place, list):
            place[int(last)] = value
        elif value == GONE:
            del place[last]
        else:
            place[last] = value
    return made
