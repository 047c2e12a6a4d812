"""How long a preview of the program takes beside a flat program with the same resources, both without changes."""

import json
import statistics
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from preview.parts import Resource
from preview.plan import Plan, build
from preview.run import run as offline
from tests.engine.harness import PROVIDERS, Stack, make
from tests.engine.lives import CANARIES

PROGRAM = """
import json, pathlib, re

made = {}
content = json.loads(pathlib.Path("flat.json").read_text())
for kind, name in content["components"]:
    pulumi.ComponentResource(kind, name).register_outputs({})
for kind, name, inputs, after in content["resources"]:
    opts = pulumi.ResourceOptions.merge(explicit, pulumi.ResourceOptions(depends_on=[made[key] for key in after]))
    words = {re.sub("[A-Z]", lambda big: "_" + big[0].lower(), key): value for key, value in inputs.items()}
    package, place, called = kind.split(":")
    group, _, version = place.partition("/")
    if package == "random":
        make = random.RandomPassword
    elif hasattr(k8s, group.split(".")[0]):
        make = getattr(getattr(getattr(k8s, group.split(".")[0]), version), called)
        words = {key: value for key, value in words.items() if key not in ("api_version", "kind", "compat")}
    else:
        make = k8s.apiextensions.CustomResource
    made[f"{kind}::{name}"] = make(name, **words, opts=opts)
"""


def compare(pulumi: str, name: str, folder: Path, rounds: int = 7) -> tuple[float, float]:
    """Median seconds of a preview without changes: of the program, and of the flat one; they take turns."""
    stacks = (make(folder / "program", name, pulumi, CANARIES), flat(make(folder / "flat", name, pulumi, CANARIES)))
    for stack in stacks:
        run = stack.up()
        if run.code:
            raise RuntimeError(run.text)
    seconds = [[stack.preview("--expect-no-changes").seconds for stack in stacks] for _ in range(rounds)]
    program, other = (statistics.median(column) for column in zip(*seconds, strict=True))
    return program, other


def flat(stack: Stack) -> Stack:
    """Give a stack a program of the same resources in the same order, whose components hold and compute nothing."""
    plan = build(offline(stack.project, stack.name))
    components = [(item.type, item.name) for item in plan.resources if item.component]
    content = {"components": components, "resources": list(_rows(plan))}
    (stack.project / "flat.json").write_text(json.dumps(content))
    (stack.project / "__main__.py").write_text(PROVIDERS + PROGRAM)
    return stack


def _rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    """Kind, name, inputs and what must be there before, in an order that can be followed."""
    every = {resource.key: resource for resource in plan.resources}
    own = {key for key, item in every.items() if not item.component and not item.type.startswith("pulumi:")}
    before = {key: sorted(_before(every[key], every) & own) for key in sorted(own)}
    for key in TopologicalSorter(before).static_order():
        yield every[key].type, every[key].name, every[key].inputs, before[key]


def _before(resource: Resource, every: dict[str, Resource]) -> set[str]:
    """What a resource waits for, and what the components that hold it wait for."""
    found = set(resource.dependencies)
    return found | _before(every[resource.parent], every) if resource.parent else found
