"""Label selectors: whatever selects pods or Services has to find some, with the ports that it names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preview.checks import Context
from preview.checks.rendering import whole
from preview.parts import Object
from preview.plan import Plan

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
_MONITORS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


@dataclass(frozen=True)
class _Target:
    """Pods of a template, or a Service."""

    namespace: str
    labels: Mapping[str, str]
    ports: frozenset[str] | None
    """Names of its ports; None where they are not known."""


def check_selectors(plan: Plan, context: Context) -> list[str]:
    """Every label selector finds pods or Services that the stack brings, with the ports that are named."""
    items = whole(plan, context)
    pods, services = [*_pods(items), *_provided(plan, context)], list(_services(items))
    made = {item.name for item in items if item.kind == "Namespace"}
    return [
        f"{item.title}: {why}"
        for item in items
        if item.namespace in made
        for why in _problems(item, pods, services, made)
    ]


def _problems(item: Object, pods: list[_Target], services: list[_Target], made: set[str]) -> Iterator[str]:
    spec = item.manifest.get("spec") or {}
    here = {item.namespace}
    if item.kind == "Service" and spec.get("selector"):
        ports = [port.get("targetPort") for port in spec.get("ports") or ()]
        yield from _unfound("spec.selector", {"matchLabels": spec["selector"]}, here, pods, "pod", ports)
    elif item.kind == "PodDisruptionBudget":
        yield from _unfound("spec.selector", spec.get("selector"), here, pods, "pod")
    elif item.kind == "NetworkPolicy":
        yield from _unfound("spec.podSelector", spec.get("podSelector"), here, pods, "pod")
        for direction, way in (("ingress", "from"), ("egress", "to")):
            for number, rule in enumerate(spec.get(direction) or ()):
                for peer in (rule or {}).get(way) or ():
                    if "namespaceSelector" not in peer:
                        place = f"spec.{direction}[{number}].{way}"
                        yield from _unfound(place, peer.get("podSelector"), here, pods, "pod")
    elif item.kind in _MONITORS:
        chosen: Any = spec.get("namespaceSelector") or {}
        where = set(chosen.get("matchNames") or here)
        # What is in namespaces of others cannot be known here.
        if not chosen.get("any") and where <= made:
            ports = [endpoint.get("port") for endpoint in spec.get(_MONITORS[item.kind]) or ()]
            kind, targets = ("Service", services) if item.kind == "ServiceMonitor" else ("pod", pods)
            yield from _unfound("spec.selector", spec.get("selector"), where, targets, kind, ports)


def _unfound(
    place: str, selector: Any, where: set[str], targets: list[_Target], kind: str, ports: Iterable[Any] = ()
) -> Iterator[str]:
    """What a selector does not find; an empty one takes everything there is."""
    if not selector:
        return
    found = [target for target in targets if target.namespace in where and matches(selector, target.labels)]
    if not found:
        yield f"{place} finds no {kind} in {', '.join(sorted(where))}: {_shown(selector)}"
        return
    if any(target.ports is None for target in found):
        return
    there = {port for target in found for port in target.ports or ()}
    for port in ports:
        if isinstance(port, str) and port not in there:
            listed = ", ".join(sorted(there)) or "none"
            yield f"port {port} is none of the {kind} that {place} finds, which has {listed}"


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector of Kubernetes picks an object with these labels."""
    wanted = selector.get("matchLabels") or {}
    rules = selector.get("matchExpressions") or ()
    return all(labels.get(key) == value for key, value in wanted.items()) and all(_holds(r, labels) for r in rules)


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    operator, key = str(rule.get("operator")), str(rule.get("key"))
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    return (labels.get(key) in (rule.get("values") or ())) == (operator == "In")


def _shown(selector: Mapping[str, Any]) -> str:
    labels = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    rules = selector.get("matchExpressions") or ()
    return ", ".join([*labels, *(f"{r.get('key')} {r.get('operator')} {r.get('values', '')}".strip() for r in rules)])


def pod_template(item: Object) -> Mapping[str, Any] | None:
    """The template of the pods that a workload makes."""
    spec: Any = item.manifest.get("spec") or {}
    if item.kind == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    elif item.kind == "Pod":
        return item.manifest
    elif item.kind not in _WORKLOADS:
        return None
    template: Mapping[str, Any] | None = spec.get("template")
    return template


def _pods(items: Iterable[Object]) -> Iterator[_Target]:
    for item in items:
        template = pod_template(item)
        if template is not None:
            spec = template.get("spec") or {}
            containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
            ports = frozenset(
                str(port[part])
                for container in containers
                for port in container.get("ports") or ()
                for part in ("name", "containerPort")
                if part in port
            )
            yield _Target(item.namespace, (template.get("metadata") or {}).get("labels") or {}, ports)


def _services(items: Iterable[Object]) -> Iterator[_Target]:
    for item in items:
        if item.kind == "Service":
            ports = item.manifest["spec"].get("ports") or ()
            names = frozenset(str(port["name"]) for port in ports if "name" in port)
            yield _Target(item.namespace, item.manifest["metadata"].get("labels") or {}, names)


def _provided(plan: Plan, context: Context) -> Iterator[_Target]:
    """Pods that operators make, as preview/provided.yaml says: each with its labels."""
    for release in plan.releases:
        for name, labels in ((context.provided.get(release.name) or {}).get("Pod") or {}).items():
            namespace = name.rpartition("/")[0] or release.namespace
            yield _Target(namespace, dict(label.split("=", 1) for label in labels), None)
