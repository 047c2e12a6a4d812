"""What ``python -m preview drift [stack]`` does: read a cluster, compare, and say what is otherwise."""

# ruff: noqa: T201 - a command prints

import argparse
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview import plan as plans
from preview.checks import Context
from preview.diff.fields import Field
from preview.drift.cluster import Cluster, connect
from preview.drift.compare import changed, fields, lines
from preview.drift.objects import Key, foreign, release_of, title
from preview.parts import Object, Release
from preview.plan import Plan
from preview.rendered import UnreadableError, read
from preview.stack_command import recorded
from preview.stackfile import find_root
from preview.yamlfile import InputError

_PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was asked for."""

    state: str
    """``changed``, ``missing`` or ``foreign``."""
    what: str
    """The object, with its kind."""
    owner: str = ""
    """The release that it is in; empty for an object of the program, and for a foreign one."""
    fields: tuple[Field, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Itself as plain data."""
        found = [{"field": place, "wanted": wanted, "live": live} for place, wanted, live in lines(self.fields)]
        return {"state": self.state, "object": self.what, "release": self.owner, "fields": found}


def drift(options: argparse.Namespace) -> int:
    """Compare a stack with its cluster; the exit status is 1 when something differs, 2 when it cannot be told."""
    root = find_root(Path.cwd())
    recording = recorded(root, options.stack)
    if recording is None:
        return 2
    plan = plans.build(recording)
    context = _context(plan)
    count, found = _compare(plan, connect(context), Context(recording))
    if options.format == "json":
        data = {"stack": plan.stack, "context": context, "objects": count}
        print(json.dumps({**data, "differences": [item.to_json() for item in found]}, ensure_ascii=False))
    else:
        _show(found)
        where = f"context {context}" if context else "the current context"
        print(f"{plan.stack} on {where}: {count} objects, {len(found)} differences")
    return int(bool(found))


def _context(plan: Plan) -> str:
    """Context of the kubeconfig that the stack deploys with; empty for the current one."""
    providers = (resource for resource in plan.resources if resource.type == _PROVIDER)
    return next((str(found) for provider in providers if (found := provider.inputs.get("context"))), "")


def _compare(plan: Plan, cluster: Cluster, context: Context) -> tuple[int, list[Difference]]:
    """How many objects were looked at, and what is otherwise."""
    cluster.kinds  # noqa: B018 - asked first: a cluster that is away is told once, not by all that follow
    with ThreadPoolExecutor(8) as pool:
        spaces = sorted({release.namespace for release in plan.releases})
        listed = dict(zip(spaces, pool.map(cluster.releases, spaces), strict=True))
        there = [release for release in plan.releases if release.name in listed[release.namespace]]
        held = list(pool.map(lambda release: _held(cluster, release), there))
    found = [
        Difference("missing", f"Release {item.namespace}/{item.name}") for item in plan.releases if item not in there
    ]
    inside: list[tuple[Object, str]] = [(item, "") for item in plan.objects]
    for release, (objects, values) in zip(there, held, strict=True):
        found += _release(release, listed[release.namespace][release.name], values)
        inside += [(item, release.name) for item in objects]
    live = cluster.get(item for item, _ in inside)
    for item, owner in inside:
        found += _object(item, owner, cluster.key(item), live)
    wanted = {cluster.key(item) for item, _ in inside} | set(_provided(plan, context))
    found += [Difference("foreign", title(of)) for of in _foreign(plan, cluster, wanted)]
    return len(inside) + len(plan.releases), sorted(found, key=lambda one: (one.owner, one.what))


def _held(cluster: Cluster, release: Release) -> tuple[list[Object], Any]:
    manifest, values = cluster.held(release)
    try:
        return list(read(release, manifest)), values
    except UnreadableError as error:
        raise InputError(f"release {release.name}: {error}") from None


def _release(release: Release, listed: Any, values: Any) -> Iterator[Difference]:
    """What Helm holds otherwise than the program asks for."""
    wanted = {"chart": f"{release.chart}-{release.version}", "status": "deployed", "values": release.values}
    have = {"chart": listed["chart"], "status": listed["status"], "values": values}
    if differing := fields(wanted, have, exact=True):
        yield Difference("changed", f"Release {release.namespace}/{release.name}", "", tuple(differing))


def _object(item: Object, owner: str, of: Key, live: Any) -> Iterator[Difference]:
    if of not in live:
        yield Difference("missing", title(of), owner)
    elif differing := changed(item.manifest, live[of]):
        yield Difference("changed", title(of), owner, tuple(differing))


def _provided(plan: Plan, context: Context) -> Iterator[Key]:
    """What charts and operators make beside what Helm holds, by preview/provided.yaml."""
    for release in plan.releases:
        for kind, names in context.provided.get(release.name, {}).items():
            for name in names:
                space, _, last = str(name).rpartition("/")
                yield "", kind, space or release.namespace, last


def _foreign(plan: Plan, cluster: Cluster, wanted: set[Key]) -> Iterator[Key]:
    """What nobody asked for: in the namespaces of the stack, and in the whole cluster as a part of its releases."""
    for space in (item.name for item in plan.objects if item.kind == "Namespace"):
        yield from foreign(cluster.list(namespace=space), wanted)
    ours = {(release.namespace, release.name) for release in plan.releases}
    left = cluster.list(labels="app.kubernetes.io/managed-by=Helm")
    yield from foreign({of: manifest for of, manifest in left.items() if release_of(manifest) in ours}, wanted)


def _show(found: Iterable[Difference]) -> None:
    for item in found:
        print(f"{item.state:8} {item.what}{f' (release {item.owner})' if item.owner else ''}")
        for place, wanted, live in lines(item.fields):
            print(f"           {place}: wanted {wanted}, is {live}")
