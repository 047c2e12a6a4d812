"""Small environments for tests of the comparison: objects as YAML, changed at a place."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from preview.diff.environment import Environment, compare
from preview.diff.matching import Change
from preview.diff.tree import Item, Tree
from preview.parts import CLUSTER_SCOPED
from preview.yamlfile import dump, parse

REMOVE = object()
NAMESPACE = "site"


def manifest(text: str) -> dict[str, Any]:
    """An object out of YAML, with a name where it has none."""
    data = parse(text, "test")
    metadata = {"name": "web", "namespace": NAMESPACE, **(data.get("metadata") or {})}
    if data["kind"] in CLUSTER_SCOPED:
        metadata.pop("namespace")
    return {"apiVersion": "v1", **data, "metadata": metadata}


def changed(data: Mapping[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy with another value at a place like ``spec/ports/0/port``; ``REMOVE`` takes it away.

    ``~`` stands for a slash in a key.
    """
    result: Any = deepcopy(dict(data))
    *way, last = [int(part) if part.isdigit() else part.replace("~", "/") for part in place.split("/")]
    inner = result
    for part in way:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    if value is REMOVE:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(value)
    else:
        inner[last] = value
    return dict(result)


def tree(*manifests: Mapping[str, Any], release: str = "") -> Tree:
    """An environment with objects of the program, or of a rendered release."""
    if release:
        files = {
            f"{release}/{data['kind'].lower()}-{number}.yaml": dump(dict(data)) for number, data in enumerate(manifests)
        }
        return Tree([], files, {release: NAMESPACE})
    items = [
        Item(data["kind"], data["metadata"]["name"], data["metadata"].get("namespace", ""), manifest=data)
        for data in manifests
    ]
    return Tree(items)


def told(before: Tree, after: Tree) -> list[tuple[str, str, list[str]]]:
    """Risk, sentence and places of the fields of each finding."""
    found = compare("dev", before, after).findings
    return [(finding.risk.label, finding.sentence, [field.place for field in finding.fields]) for finding, _ in found]


def one(environment: Environment) -> Change:
    """The only change of an environment."""
    (judged,) = environment.changes
    return judged.change
