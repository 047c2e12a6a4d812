"""What comes and goes: releases, namespaces, definitions, Secrets, generated values, the connection to the cluster."""

from collections.abc import Iterator

from preview.diff.context import Context, code, listed
from preview.diff.fields import MISSING
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.replaced import immutable_fields
from preview.diff.tree import RELEASE_KIND

_CLUSTER = ("kubeconfig", "context", "cluster")
_ALERTMANAGER = frozenset({"alertmanager.yaml", "alertmanager.yaml.gz"})


def releases(change: Change, _: Context) -> Iterator[Finding]:
    """A release comes, goes, or has a chart of another version."""
    item = change.item
    if item.kind != RELEASE_KIND:
        return
    chart = f"{item.manifest.get('chart', '')} {item.manifest.get('version', '')}".strip()
    if change.verb == "added":
        yield Finding(Risk.LOW, f"release {code(item.name)} ({code(chart)}) is installed")
    elif change.verb == "removed":
        yield Finding(Risk.HIGH, f"release {code(item.name)} ({code(chart)}) is uninstalled, with all its objects")
    elif change.before and (fields := (*change.under("chart"), *change.under("version"))):
        old = f"{change.before.manifest.get('chart', '')} {change.before.manifest.get('version', '')}".strip()
        yield Finding(Risk.MEDIUM, f"release {code(item.name)}: chart {code(chart)} instead of {code(old)}", fields)


def namespaces(change: Change, _: Context) -> Iterator[Finding]:
    """A namespace goes, with everything in it, or is new."""
    if change.item.kind != "Namespace":
        return
    if change.verb == "removed":
        text = f"namespace {code(change.item.name)} is deleted, with everything in it, volumes too"
        yield Finding(Risk.DESTRUCTIVE, text)
    elif change.verb == "added":
        yield Finding(Risk.LOW, f"namespace {code(change.item.name)} is new")


def definitions(change: Change, _: Context) -> Iterator[Finding]:
    """A CustomResourceDefinition goes, with every object of its kind, or no longer serves a version."""
    item = change.item
    if item.kind != "CustomResourceDefinition":
        return
    if change.verb == "removed":
        kept = item.annotations.get("helm.sh/resource-policy") == "keep"
        # Helm never removes what comes out of a chart's folder crds.
        text = f"{code(item.title)} is no longer in the stack; where it is deleted, all objects of its kind go with it"
        yield Finding(Risk.MEDIUM if kept else Risk.DESTRUCTIVE, text)
        return
    gone = [
        field
        for field in change.under("spec", "versions", "*")
        if (field.after is MISSING and len(field.path) == 3)  # noqa: PLR2004 - spec.versions[v1]
        or (field.path[-1] == "served" and field.after is False)
    ]
    for field in gone if change.verb == "changed" else ():
        text = f"{code(item.title)} no longer serves {code(field.path[2])}: objects written for it are refused"
        yield Finding(Risk.HIGH, text, (field,))


def secrets(change: Change, _: Context) -> Iterator[Finding]:
    """A Secret comes, goes, or has another value."""
    item = change.item
    if item.kind != "Secret":
        return
    if change.verb == "removed":
        yield Finding(Risk.HIGH, f"{code(item.title)} is removed: whoever uses it does not start any more")
    elif change.verb == "added":
        yield Finding(Risk.LOW, f"{code(item.title)} is new")
    elif not immutable_fields(change):
        fields = (*change.under("data"), *change.under("stringData"))
        keys = sorted({field.path[1] if len(field.path) > 1 else field.path[0] for field in fields})
        gone = [field for field in fields if field.after is MISSING]
        if _ALERTMANAGER & set(keys):
            text = f"{code(item.title)}: the configuration of Alertmanager changes; it loads it without a restart"
            yield Finding(Risk.MEDIUM, text, fields)
        elif gone:
            yield Finding(Risk.HIGH, f"{code(item.title)} loses {listed([field.path[-1] for field in gone])}", fields)
        elif fields:
            text = f"{code(item.title)} has other values ({listed(keys)}): what reads them at its start keeps the old"
            yield Finding(Risk.MEDIUM, text, fields)


def generated(change: Change, _: Context) -> Iterator[Finding]:
    """A generated value is made anew when what it is made from changes."""
    item = change.item
    if item.kind.startswith("Random") and change.verb != "added" and (change.fields or change.verb == "removed"):
        end = "is removed" if change.verb == "removed" else "is replaced: every login that uses it changes"
        yield Finding(Risk.HIGH, f"the generated secret {code(item.name)} {end}", change.fields)


def cluster(change: Change, _: Context) -> Iterator[Finding]:
    """The provider means another cluster, where Pulumi creates everything anew.

    A cluster's identifier that stays as it is says that it is the same (pulumi-kubernetes, provider.go, DiffConfig).
    """
    before, after = change.before, change.after
    if after is None or before is None or after.kind != "Provider":
        return
    one, other = (item.manifest.get("clusterIdentifier") for item in (before, after))
    if one and one == other:
        return
    names = (*_CLUSTER, *(["clusterIdentifier"] if one and other else []))
    if fields := tuple(field for name in names for field in change.under(name)):
        places = listed([field.place for field in fields])
        text = f"the connection to the cluster changes ({places}): if it is another cluster, everything is replaced"
        yield Finding(Risk.DESTRUCTIVE, text, fields)
