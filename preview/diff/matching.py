"""Which object of one revision is which of the other."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from preview.diff.fields import Field, differences
from preview.diff.tree import Item, Tree

# What names end with that are made of a digest of the content: a Job that runs again for each content has such a one.
_DIGEST = re.compile(r"-(?=[0-9a-f]*\d)[0-9a-f]{8,}$")

_KEYS: tuple[Callable[[Item], Hashable], ...] = (
    lambda item: (item.owner, item.group, item.kind, item.namespace, item.name),
    # It moves to another release, or from the program into one.
    lambda item: (item.group, item.kind, item.namespace, item.name),
    # It moves to another namespace.
    lambda item: (item.owner, item.group, item.kind, item.name),
    lambda item: (item.owner, item.group, item.kind, item.namespace, _DIGEST.sub("", item.name)),
)


@dataclass(frozen=True, eq=False)
class Change:
    """An object that is not the same in both revisions."""

    before: Item | None
    after: Item | None
    fields: tuple[Field, ...] = ()

    @property
    def item(self) -> Item:
        """The object as it will be; as it was when it is removed."""
        found = self.after or self.before
        assert found is not None, "a change has one side at least"  # noqa: S101 - says what holds
        return found

    @property
    def verb(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"

    def under(self, *begin: str) -> tuple[Field, ...]:
        """The changed fields at or below a place."""
        return tuple(field for field in self.fields if field.under(*begin))


def changes(before: Tree, after: Tree) -> list[Change]:
    """Every object that differs, by owner, kind and name."""
    left, right = _candidates(before, after), _candidates(after, before)
    found: list[Change] = []
    for key in _KEYS:
        pairs = _pairs(left, right, key)
        found += [Change(one, other, tuple(_fields(one, other))) for one, other in pairs]
        paired = {id(item) for pair in pairs for item in pair}
        left, right = ([item for item in items if id(item) not in paired] for items in (left, right))
    found = [change for change in found if change.fields or _moved(change)]
    found += [Change(item, None) for item in left] + [Change(None, item) for item in right]
    return sorted(found, key=lambda change: (change.item.owner, change.item.title))


def _candidates(tree: Tree, other: Tree) -> list[Item]:
    """What may differ: a file with the same bytes does not, and is not even read."""
    paths = (path for path, text in tree.files.items() if other.files.get(path) != text)
    namespaces = other.namespaces
    same_files = (path for path, text in tree.files.items() if other.files.get(path) == text)
    # Of these, the namespace may still be another: that of the release.
    moved = (path for path in same_files if _release_moved(path, tree.namespaces, namespaces))
    return [*tree.own, *map(tree.read, paths), *map(tree.read, moved)]


def _release_moved(path: str, one: dict[str, str], other: dict[str, str]) -> bool:
    release = path.partition("/")[0]
    return one.get(release) != other.get(release)


def _pairs(left: Sequence[Item], right: Sequence[Item], key: Callable[[Item], Hashable]) -> list[tuple[Item, Item]]:
    """The items that alone have the same key on either side."""
    once = [Counter(key(item) for item in items) for items in (left, right)]
    by_key = {key(item): item for item in right}
    return [(item, by_key[key(item)]) for item in left if once[0][key(item)] == once[1][key(item)] == 1]


def _moved(change: Change) -> bool:
    one, other = change.before, change.after
    return (
        one is not None
        and other is not None
        and (one.owner, one.namespace, one.state) != (other.owner, other.namespace, other.state)
    )


def _fields(before: Item, after: Item) -> list[Field]:
    return list(differences(before.manifest, after.manifest))
