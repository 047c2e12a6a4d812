"""What a cluster has and what Helm holds, read with kubectl and helm, which get and list and do nothing else."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from preview.chart_store import complaint
from preview.drift.objects import Key, Manifest, key
from preview.parts import Object, Release
from preview.render import NO_HELM, find_helm
from preview.yamlfile import InputError
from tools import find

_SECONDS = 120
# What nobody asks for, and what no object is stored for.
_UNWATCHED_GROUPS = frozenset({"events.k8s.io", "metrics.k8s.io", "discovery.k8s.io", "coordination.k8s.io"})
_UNWATCHED_KINDS = frozenset({"Event", "Endpoints", "ControllerRevision", "ComponentStatus"})


@dataclass(frozen=True)
class Kind:
    """A kind of objects that the cluster serves."""

    resource: str
    """How kubectl calls it: plural and group."""
    group: str
    name: str
    namespaced: bool


@dataclass(frozen=True)
class Cluster:
    """A cluster, through the programs that read it."""

    kubectl: Path
    helm: Path
    context: str = ""
    """Context of the kubeconfig; empty for the current one."""

    @cached_property
    def kinds(self) -> Mapping[tuple[str, str], Kind]:
        """What the cluster serves and lists, by group and kind; raises ``InputError`` when it does not answer."""
        found = {}
        for line in self._kubectl("api-resources", "--verbs=list", "--no-headers", "--cached=false").splitlines():
            # Short names may be left out, so the columns are counted from the end.
            plural, *_, version, namespaced, kind = line.split()
            group = version.rpartition("/")[0]
            resource = f"{plural}.{group}" if group else plural
            found[group, kind] = Kind(resource, group, kind, namespaced == "true")
        return found

    def key(self, item: Object) -> Key:
        """Where an object is in the cluster: kinds of the whole cluster are known only there."""
        group, kind, namespace, name = key(item.manifest, item.namespace)
        known = self.kinds.get((group, kind))
        return group, kind, namespace if known is None or known.namespaced else "", name

    def get(self, items: Iterable[Object]) -> dict[Key, Manifest]:
        """Those of some objects that are there."""
        stubs = []
        for item in items:
            group, kind, namespace, name = self.key(item)
            if (group, kind) in self.kinds:
                metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
                stubs.append({"apiVersion": item.manifest["apiVersion"], "kind": kind, "metadata": metadata})
        if not stubs:
            return {}
        asked = json.dumps({"apiVersion": "v1", "kind": "List", "items": stubs})
        return _by_key(self._kubectl("get", "--filename=-", "--ignore-not-found", "--output=json", given=asked))

    def list(self, *, namespace: str = "", labels: str = "") -> dict[Key, Manifest]:
        """Every object in a namespace, or of the whole cluster without one; of some labels when they are given."""
        wanted = ",".join(
            kind.resource
            for kind in self.kinds.values()
            if kind.namespaced == bool(namespace)
            if kind.group not in _UNWATCHED_GROUPS and kind.name not in _UNWATCHED_KINDS
        )
        where = [f"--namespace={namespace}"] if namespace else []
        which = [f"--selector={labels}"] if labels else []
        return _by_key(self._kubectl("get", wanted, *where, *which, "--output=json"))

    def releases(self, namespace: str) -> dict[str, Mapping[str, Any]]:
        """What Helm lists in a namespace, by name."""
        entries = json.loads(self._helm("list", "--namespace", namespace, "--output", "json", "--max", "0") or "[]")
        return {entry["name"]: entry for entry in entries}

    def held(self, release: Release) -> tuple[str, Mapping[str, Any]]:
        """The objects that Helm holds for a release, as YAML, and the values that it was given."""
        named = (release.name, "--namespace", release.namespace)
        values = json.loads(self._helm("get", "values", *named, "--output", "json")) or {}
        return self._helm("get", "manifest", *named), values

    def _kubectl(self, *arguments: str, given: str = "") -> str:
        context = [f"--context={self.context}"] if self.context else []
        return _run([str(self.kubectl), *arguments, *context, "--request-timeout=60s"], given)

    def _helm(self, *arguments: str) -> str:
        return _run([str(self.helm), *arguments, *(["--kube-context", self.context] if self.context else [])], "")


def connect(context: str) -> Cluster:
    """The cluster of a context; raises ``InputError`` when a program is missing."""
    helm, kubectl = find_helm(), find("kubectl") or shutil.which("kubectl")
    if helm is None:
        raise InputError(NO_HELM)
    if kubectl is None:
        raise InputError("kubectl is not on PATH: install it")
    return Cluster(Path(kubectl), helm, context)


def _run(command: Sequence[str], given: str) -> str:
    called = f"{Path(command[0]).name} {command[1]}"
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are a plan's
            command, input=given, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"the cluster does not answer within {_SECONDS} s: {called}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        why = complaint(done.stderr) if "Error: " in done.stderr else said[-1].removeprefix("error: ")
        raise InputError(f"the cluster cannot be read: {called}: {why}")
    return done.stdout


def _by_key(output: str) -> dict[Key, Manifest]:
    data = json.loads(output or '{"items": []}')
    items = data.get("items", [data])  # One object alone is no list.
    return {key(item, item["metadata"].get("namespace", "")): item for item in items}
