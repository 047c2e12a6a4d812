"""Disruption budgets: whether a node can still be drained."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from preview.checks.selectors import matches
from preview.diff.context import Context, code
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.pods import OPERATED, TEMPLATES, replicas
from preview.diff.tree import Item, Tree

_BUDGET = "PodDisruptionBudget"
# Labels that an operator puts on the pods of a custom object.
_LABELS = {
    "Prometheus": {"app.kubernetes.io/name": "prometheus", "prometheus": "{}", "operator.prometheus.io/name": "{}",
                   "app.kubernetes.io/instance": "{}"},
    "Alertmanager": {"app.kubernetes.io/name": "alertmanager", "alertmanager": "{}",
                     "app.kubernetes.io/instance": "{}"},
    "Kibana": {"kibana.k8s.elastic.co/name": "{}", "common.k8s.elastic.co/type": "kibana"},
    "Logstash": {"logstash.k8s.elastic.co/name": "{}", "common.k8s.elastic.co/type": "logstash"},
}  # fmt: skip


def budgets(change: Change, context: Context) -> Iterator[Finding]:
    """A number of replicas that its disruption budget leaves no room below, so that no node can be drained."""
    item = change.item
    if change.after is None:
        if item.kind == _BUDGET:
            yield Finding(Risk.MEDIUM, f"{code(item.title)} is removed: a drained node may take all its pods at once")
        return
    if item.kind == _BUDGET:
        pairs = [(workload, item) for workload in context.after.of_kinds(*TEMPLATES, *_LABELS)]
    elif item.kind in TEMPLATES or item.kind in OPERATED:
        pairs = [(item, budget) for budget in context.after.of_kinds(_BUDGET)]
    else:
        return
    for workload, budget in pairs:
        if (
            _selected(workload, budget)
            and _room(workload, budget) <= 0
            and not _was_so(workload, budget, context.before)
        ):
            text = (
                f"{code(workload.title)} has {_count(workload)} replicas, which {code(budget.title)} "
                f"({_told(budget)}) does not let go below: no node with one of them can be drained"
            )
            yield Finding(Risk.HIGH, text, (*replicas(change), *change.under("spec", "minAvailable"),
                                            *change.under("spec", "maxUnavailable")))  # fmt: skip


def _was_so(workload: Item, budget: Item, before: Tree) -> bool:
    """Whether there was no room before either."""
    old = [
        next((i for i in before.of_kinds(item.kind) if (i.namespace, i.name) == (item.namespace, item.name)), None)
        for item in (workload, budget)
    ]
    return old[0] is not None and old[1] is not None and _selected(old[0], old[1]) and _room(old[0], old[1]) <= 0


def _selected(workload: Item, budget: Item) -> bool:
    selector = budget.spec.get("selector")
    if workload.namespace != budget.namespace or not isinstance(selector, Mapping):
        return False
    template = workload.pod_template or {}
    labels = (template.get("metadata") or {}).get("labels") or {
        key: value.format(workload.name) for key, value in _LABELS.get(workload.kind, {}).items()
    }
    return bool(labels) and matches(selector, labels)


def _count(workload: Item) -> int:
    count = workload.spec.get("replicas", workload.spec.get("count", 1))
    return count if isinstance(count, int) else 1


def _room(workload: Item, budget: Item) -> int:
    """How many pods may be away; of a workload that is switched off, any number."""
    count = _count(workload)
    if count == 0 or workload.kind == "DaemonSet":
        return 1
    least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
    # Kubernetes rounds percentages up (disruption controller, GetScaledValueFromIntOrPercent).
    return count - _of(least, count) if least is not None else _of(most, count) if most is not None else 1


def _of(value: Any, count: int) -> int:
    text = str(value)
    number = int(text.removesuffix("%")) if text.removesuffix("%").isdigit() else 0
    return ceil(count * number / 100) if text.endswith("%") else number


def _told(budget: Item) -> str:
    name = "minAvailable" if "minAvailable" in budget.spec else "maxUnavailable"
    return f"{code(f'{name}: {budget.spec.get(name)}')}"
