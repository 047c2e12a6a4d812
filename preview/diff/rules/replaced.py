"""What cannot be changed in place, and what Pulumi or Helm then do."""

from collections.abc import Iterator

from preview.diff.context import Context, code
from preview.diff.fields import Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.tree import Item

# What may change of a StatefulSet's spec: kubernetes/pkg/apis/apps/validation, ValidateStatefulSetUpdate.
_STATEFUL_SET = frozenset({
    "replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    "revisionHistoryLimit",
})  # fmt: skip
# Places that the API server keeps as they are, by kind; validation of each in kubernetes/pkg/apis.
_IMMUTABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "Job": (("spec", "template"), ("spec", "selector"), ("spec", "completions"), ("spec", "completionMode")),
    "Secret": (("type",),),
    "Service": (("spec", "clusterIP"),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "CustomResourceDefinition": (("spec", "group"), ("spec", "scope"), ("spec", "names", "plural")),
    "IngressClass": (("spec", "controller"),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
}
_HOOK = "helm.sh/hook"


def immutable_fields(change: Change) -> tuple[Field, ...]:
    """The changed fields of an object that cannot change while it exists."""
    item = change.item
    if change.verb != "changed" or _another(change) or _HOOK in item.annotations:
        return ()
    if item.kind == "StatefulSet":
        return tuple(field for field in change.under("spec", "*") if field.path[1] not in _STATEFUL_SET)
    if item.kind == "PersistentVolumeClaim":
        free = (("spec", "resources"), ("spec", "volumeAttributesClassName"))
        return tuple(f for f in change.under("spec", "*") if not any(f.under(*place) for place in free))
    frozen = item.kind in ("Secret", "ConfigMap") and change.before and change.before.manifest.get("immutable") is True
    places = (("data",), ("stringData",), ("binaryData",), ("immutable",)) if frozen else ()
    return tuple(field for place in (*_IMMUTABLE.get(item.kind, ()), *places) for field in change.under(*place))


def _another(change: Change) -> bool:
    """Whether it is another object anyway: of another name or in another namespace."""
    one, other = change.before, change.after
    return one is None or other is None or (one.name, one.namespace) != (other.name, other.namespace)


def how_replaced(item: Item) -> str:
    """What happens to an object that cannot be changed in place."""
    return "Helm's update of the release fails" if item.owner else "Pulumi deletes it and creates it anew"


def moved(change: Change, _: Context) -> Iterator[Finding]:
    """An object moves to another namespace or owner: there it is a new one, and the old one goes."""
    before, after = change.before, change.after
    if before is None or after is None:
        return
    if before.namespace != after.namespace:
        risk = Risk.DESTRUCTIVE if after.kind == "PersistentVolumeClaim" else Risk.HIGH
        where = f"is replaced: it moves from namespace {code(before.namespace)} to {code(after.namespace)}"
        yield Finding(
            risk, f"{code(after.title)} {where}", change.under("metadata", "namespace") or change.under("namespace")
        )
    elif before.owner != after.owner:
        one, other = (f"release {code(item.owner)}" if item.owner else "the program" for item in (before, after))
        yield Finding(
            Risk.HIGH, f"{code(after.title)} moves from {one} to {other}: two owners, of which one deletes it"
        )
    elif before.state != after.state and before.name == after.name:
        text = (
            f"{code(after.title)} is {code(after.state)} in Pulumi's state instead of {code(before.state)}: "
            "without an alias it is deleted and created anew"
        )
        yield Finding(Risk.HIGH, text)
