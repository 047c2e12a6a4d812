"""Field by field: matching by name, texts that hold structures, and that no single change is ever lost."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preview.diff.environment import compare
from preview.diff.fields import MISSING, differences
from preview.diff.report import Difference, as_json
from preview.diff.structure import structure
from preview.diff.tree import Item, Tree
from preview.plan import build
from preview.run import run
from preview.yamlfile import dump

ROOT = Path(__file__).parents[2]
# With another of these it is another object.
IDENTITY = (("metadata", "name"), ("metadata", "namespace"), ("kind",), ("apiVersion",))
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=True) | st.text(max_size=6)
NAMES = st.sampled_from(["name", "key", "a", "b", "spec", "rules", "alert", "x.y", "-f=1", "kind"])
DATA = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES, inner, max_size=4)
        | inner.map(lambda data: json.dumps(data, indent=1))
        | inner.map(dump)
    ),
    max_leaves=20,
)


def places(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    return [(field.place, field.before, field.after) for field in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            [{"name": "a", "v": 1}, {"name": "b", "v": 1}],
            [{"name": "b", "v": 2}, {"name": "a", "v": 1}],
            [("[b].v", 1, 2), (" (order)", ["a", "b"], ["b", "a"])],
        ),
        ([{"name": "a"}], [{"name": "n"}, {"name": "a"}], [("[n]", MISSING, {"name": "n"})]),
        (
            ["get", "list"],
            ["list", "get", "watch"],
            [("[watch]", MISSING, "watch"), (" (order)", ["get", "list"], ["list", "get"])],
        ),
        (["--keep=15d", "--level=info"], ["--keep=30d", "--level=info"], [("[--keep]", "--keep=15d", "--keep=30d")]),
        ([{"v": 1}, {"v": 2}], [{"v": 0}, {"v": 1}, {"v": 2}], [("[0]", MISSING, {"v": 0})]),
        ([{"v": 1}, {"v": 2}, {"v": 3}], [{"v": 1}, {"v": 3}], [("[1]", {"v": 2}, MISSING)]),
        (
            [{"kind": "S", "namespace": "a", "name": "x"}, {"kind": "S", "namespace": "b", "name": "x"}],
            [{"kind": "S", "namespace": "b", "name": "x"}],
            [("[S a x]", {"kind": "S", "namespace": "a", "name": "x"}, MISSING)],
        ),
        (
            [{"mountPath": "/a", "name": "v"}, {"mountPath": "/b", "name": "v"}],
            [{"mountPath": "/a", "name": "v"}, {"mountPath": "/b", "name": "w"}],
            [("[/b].name", "v", "w")],
        ),
        (
            [{"alert": "A", "expr": "1"}, {"record": "r", "expr": "1"}],
            [{"record": "r", "expr": "2"}, {"alert": "A", "expr": "1"}],
            [("[r].expr", "1", "2"), (" (order)", ["A", "r"], ["r", "A"])],
        ),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": None}, {}, [("a", None, MISSING)]),
        ({"a": {}}, {"a": []}, [("a", {}, [])]),
        ({"a.b": {"": 1}}, {"a.b": {"": 2}}, [('["a.b"][""]', 1, 2)]),
        ({"f": '{"a": [1, 2]}'}, {"f": '{"a": [1, 3]}'}, [("f.a[2]", 2, MISSING), ("f.a[3]", MISSING, 3)]),
        ({"f": "a: 1\nb: 2\n"}, {"f": "b: 3\na: 1\n"}, [("f.b", 2, 3)]),
        ({"f": "a: 1\nb: 2\n"}, {"f": "# c\na: 1\nb: 2\n"}, [("f", "a: 1\nb: 2\n", "# c\na: 1\nb: 2\n")]),
        ({"f": "a: 1\nb: 2\n"}, {"f": "a: [1\nb: 2\n"}, [("f", "a: 1\nb: 2\n", "a: [1\nb: 2\n")]),
        ({"f": '{"a": 1}'}, {"f": '{"a":1}'}, [("f", '{"a": 1}', '{"a":1}')]),
    ],
)
def test_what_is_a_field(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    found = places(before, after)
    assert found == expected
    assert [type(value) for field in found for value in field] == [type(value) for field in expected for value in field]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{'a': 1}", "input {\n  beats {}\n}\n", "[log]\nmode = console\n", "word: a", "a:\n  &x [*x]\nb: *x\n",
     "day: 2024-13-45\nb: 1\n", "? [a]\n: b\n", "import json\n\nx: int = 1\n", "[" * 100_000, "- " * 5_000 + "\na\n"],
)  # fmt: skip
def test_a_text_that_is_no_structure_stays_a_text(text: str) -> None:
    assert structure(text) is None


@given(DATA)
@settings(deadline=None)
def test_what_is_the_same_has_no_changed_field(data: Any) -> None:
    assert places(data, deepcopy(data)) == []


@given(DATA, DATA)
@settings(deadline=None)
def test_two_structures_have_a_changed_field_exactly_if_they_differ(before: Any, after: Any) -> None:
    def form(data: Any) -> str:
        # The order of keys says nothing, everything else does; sorted JSON tells 1, 1.0 and true apart.
        return json.dumps(data, sort_keys=True)

    assert bool(places(before, after)) == (form(before) != form(after))
    assert len(places(before, after)) == len(places(after, before))


def _leaves(data: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a structure, and in the structures inside its texts."""
    inner = structure(data) if isinstance(data, str) else data
    children = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
    found = False
    for key, child in children:
        found = True
        yield from _leaves(child, (*way, key))
    if not found:
        yield way


def _mutated(data: Any, way: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """A copy with another value at a place."""
    if not way:
        return change(data)
    inner = structure(data) if isinstance(data, str) else data
    assert isinstance(inner, (dict, list))
    inner = inner.copy()
    inner[way[0]] = _mutated(inner[way[0]], way[1:], change)
    return json.dumps(inner) if isinstance(data, str) else inner


def _other(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "x"


@cache
def _plans() -> dict[str, list[Item]]:
    """What the plans of this repository's stacks hold."""
    found = {}
    for stack in ("dev", "prod"):
        plan = build(run(ROOT, stack))
        found[stack] = [Item(item.kind, item.name, item.namespace, manifest=item.manifest) for item in plan.objects]
        found[stack] += [Item("Release", r.name, r.namespace, manifest=r.inputs) for r in plan.releases]
    return found


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_changed_field_of_the_real_stacks_is_always_reported(data: st.DataObject) -> None:
    items = _plans()[data.draw(st.sampled_from(["dev", "prod"]))]
    item = data.draw(st.sampled_from(items))
    ways = [way for way in _leaves(item.manifest) if way not in IDENTITY]
    way = data.draw(st.sampled_from(ways))
    change = data.draw(st.sampled_from([_other, lambda _: {"new": 1}, lambda _: ""]))
    manifest = _mutated(item.manifest, way, change)
    if json.dumps(manifest, sort_keys=True) == json.dumps(item.manifest, sort_keys=True):
        return
    after = Item(item.kind, item.name, item.namespace, manifest=manifest)
    environment = compare("dev", Tree(items), Tree([after if other is item else other for other in items]))
    (judged,) = environment.changes
    assert judged.change.item is after
    assert judged.change.fields
    (reported,) = as_json(Difference("base", "", [environment]))["environments"][0]["objects"]
    assert reported["name"] == item.name
    assert reported["fields"]
