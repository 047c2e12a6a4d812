"""One environment: what changes in it, what that means, and how risky it is."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from preview.diff.context import Context, Rule, code
from preview.diff.fields import Field
from preview.diff.matching import Change, changes
from preview.diff.risk import Finding, Risk
from preview.diff.rules import RULES
from preview.diff.tree import RELEASE_KIND, Item, Tree
from preview.diff.values import expected

NOT_RENDERED = "not rendered"
# Labels by which a chart only says which version it is.
_STAMPS = frozenset({"helm.sh/chart", "chart", "app.kubernetes.io/version", "heritage", "app.kubernetes.io/managed-by"})


@dataclass(frozen=True)
class Judged:
    """A change, and what it means."""

    change: Change
    findings: tuple[Finding, ...]
    risk: Risk


@dataclass(frozen=True)
class Environment:
    """What changes in a stack."""

    stack: str
    changes: tuple[Judged, ...]
    """Riskiest first."""
    notes: tuple[str, ...] = ()
    """What could not be compared, and why."""

    @property
    def risk(self) -> Risk:
        """The highest risk of all changes."""
        return max((judged.risk for judged in self.changes), default=Risk.NONE)

    @property
    def counts(self) -> Counter[str]:
        """How many objects are added, changed and removed."""
        return Counter(judged.change.verb for judged in self.changes)

    @property
    def findings(self) -> list[tuple[Finding, Change]]:
        """Everything found, riskiest first; what several objects say alike only once."""
        found = [(finding, judged.change) for judged in self.changes for finding in judged.findings]
        once = {finding.sentence: (finding, change) for finding, change in reversed(found)}
        return sorted(once.values(), key=lambda pair: (-pair[0].risk, pair[1].item.title, pair[0].sentence))


def compare(stack: str, before: Tree | None, after: Tree | None) -> Environment:
    """Everything that changes in a stack; a side that is not there has no such environment."""
    notes = []
    if before is None or after is None:
        notes.append(f"the environment is {'new' if before is None else 'removed'}")
    before, after = before or Tree(), after or Tree()
    unrendered = sorted(
        release
        for release in {*before.namespaces, *after.namespaces}
        if any(release in tree.namespaces and release not in tree.rendered for tree in (before, after))
    )
    # A release that makes nothing is told apart from one that is not rendered by its sides being alike in that.
    before, after = (_without(tree, unrendered) for tree in (before, after))
    if unrendered:
        every = {*before.namespaces, *after.namespaces} == set(unrendered)
        which = "charts" if every else f"charts of {', '.join(unrendered)}"
        notes.append(f"{which} {NOT_RENDERED}: their values are compared instead (make charts, or --manifests)")
    context = Context(before, after, frozenset(unrendered))
    found = [_judged(change, context) for change in changes(before, after)]
    found.sort(key=lambda judged: (-judged.risk, judged.change.item.title, judged.change.item.owner))
    return Environment(stack, tuple(found), tuple(notes))


def _without(tree: Tree, releases: list[str]) -> Tree:
    """A tree without the rendered objects of some releases."""
    files = {path: text for path, text in tree.files.items() if path.partition("/")[0] not in releases}
    return Tree(tree.own, files, tree.namespaces)


def _judged(change: Change, context: Context) -> Judged:
    findings = list(_findings(change, context))
    told = {id(field) for finding in findings for field in finding.fields}
    rest = [field for field in change.fields if id(field) not in told]
    least = Risk.NONE if all(map(_is_stamp, rest)) and change.verb == "changed" else Risk.LOW
    return Judged(change, tuple(findings), max((finding.risk for finding in findings), default=least))


def _findings(change: Change, context: Context) -> Iterator[Finding]:
    yield from chain.from_iterable(_applied(rule, change, context) for rule in RULES)
    if change.item.kind == RELEASE_KIND and change.item.name in context.values_only and change.verb == "changed":
        for inner in _expected_changes(change):
            for finding in chain.from_iterable(_applied(rule, inner, context) for rule in RULES):
                # The fields are those of the values, as far as they are told.
                fields = tuple(f for f in change.fields if any(_same_end(f, other) for other in finding.fields))
                yield replace(finding, fields=fields)


def _applied(rule: Rule, change: Change, context: Context) -> list[Finding]:
    """What a rule finds; an object of a form that no server takes is told as that, its fields are shown anyway."""
    try:
        return list(rule(change, context))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        text = f"{code(change.item.title)} is not as its kind should be; read its fields"
        return [Finding(Risk.MEDIUM, text, change.fields)]


def _expected_changes(change: Change) -> list[Change]:
    sides: list[list[Item]] = [list(expected(item)) if item else [] for item in (change.before, change.after)]
    return changes(*(Tree(items) for items in sides))


def _same_end(field: Field, other: Field) -> bool:
    """Whether a field of the values is one of the spec that follows from them."""
    # The first part below the spec may be called otherwise in the values.
    end = other.path[2:] or other.path[1:]
    return field.path[-len(end) :] == end


def _is_stamp(field: Field) -> bool:
    return field.path[-1] in _STAMPS and "labels" in field.path
