"""What changes on the way from old to new inputs, and which of these changes the real provider makes by replacing.

The lists are those of pulumi-kubernetes 4.34 (`provider/pkg/provider/diff.go`, `helm_release.go`, `provider.go`).
"""

from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

METADATA = ("metadata.name", "metadata.namespace")
REPLACING = {
    "kubernetes:helm.sh/v3:Release": ("name", "namespace"),
    "kubernetes:apps/v1:Deployment": ("spec.selector",),
    "kubernetes:batch/v1:Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "kubernetes:core/v1:Secret": ("type",),
    "kubernetes:core/v1:Service": ("spec.clusterIP",),
    "random:index/randomPassword:RandomPassword": ("",),
}
MUTABLE = {
    "kubernetes:core/v1:ConfigMap": ("enableConfigMapMutable", ("binaryData", "data")),
    "kubernetes:core/v1:Secret": ("enableSecretMutable", ("stringData", "data")),
}
CLUSTER = ("kubeconfig", "context", "cluster")


def opened(value: Any) -> Any:
    """The value without the envelopes around its secrets."""
    if isinstance(value, dict):
        return opened(value["value"]) if SIGNATURE in value else {key: opened(child) for key, child in value.items()}
    return [opened(child) for child in value] if isinstance(value, list) else value


def changes(old: Any, new: Any, path: str = "") -> list[str]:
    """The dotted path of each change."""
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{key}" if path else key, old.get(key), new.get(key)) for key in sorted({*old, *new})]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{path}[{number}]", *pair) for number, pair in enumerate(zip(old, new, strict=True))]
    else:
        return [] if old == new else [path]
    return [change for place, one, other in pairs for change in changes(one, other, place)]


def replacing(kind: str, paths: list[str], config: dict[str, str]) -> list[str]:
    """Those of the changed paths that make an object be replaced, under the provider's configuration."""
    forcing = REPLACING.get(kind, ())
    if kind.startswith("kubernetes:") and kind != "kubernetes:helm.sh/v3:Release":
        forcing += METADATA
    flag, data = MUTABLE.get(kind, ("", ()))
    if flag and config.get(flag) != "true":
        forcing += data
    return [path for path in paths if any(path == force or _below(path, force) for force in forcing)]


def _below(path: str, force: str) -> bool:
    return not force or path.startswith((f"{force}.", f"{force}["))


def other_cluster(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The keys of a provider's configuration that say that it means another cluster now."""
    one, other = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if one and one == other:
        return []
    moved = ["clusterIdentifier"] if one and other else []
    return moved + [key for key in CLUSTER if old.get(key) != new.get(key)]
