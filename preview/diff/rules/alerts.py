"""Rules of Prometheus: alerts that come at other times, or not at all."""

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from preview.diff.context import Context, code, listed
from preview.diff.fields import Field, differences
from preview.diff.identity import canonical
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.tree import Item

_Rule = Mapping[str, Any]
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
# A number that something is compared with; not the duration of a range like [5m].
# A threshold that is recorded, for alerts to compare with.
_CONSTANT = re.compile(rf"(\s*vector\()({_NUMBER})(?=\)\s*$)", re.IGNORECASE)
_THRESHOLD = re.compile(rf"((?:==|!=|>=|<=|>|<)\s*(?:bool\s+)?\(?\s*)({_NUMBER})(?![\w.])", re.IGNORECASE)


def rules(change: Change, context: Context) -> Iterator[Finding]:
    """Alerts and recorded series: new, gone, or otherwise; by name, in whichever group they stand."""
    if change.item.kind != "PrometheusRule":
        return
    old, new = _by_name(change.before), _by_name(change.after)
    for name in [*old, *(name for name in new if name not in old)]:
        for before, after in _pairs(old.get(name, []), new.get(name, [])):
            if before is None or after is None:
                yield _whole(name, after or before or {}, change, removed=after is None)
            else:
                for field in differences(before, after):
                    yield _changed(name, after, field, _same(change, field), context)
    for field in change.under("spec", "groups", "*", "interval"):
        text = f"rules of group {code(field.path[2])} are evaluated every {code(field.after)}"
        yield Finding(Risk.LOW, f"{text} instead of {code(field.before)}", (field,))


def _by_name(item: Item | None) -> dict[str, list[_Rule]]:
    found: dict[str, list[_Rule]] = {}
    for group in (item.spec.get("groups") if item else None) or ():
        for rule in group.get("rules") or ():
            found.setdefault(str(rule.get("alert") or rule.get("record")), []).append(rule)
    return found


def _pairs(old: list[_Rule], new: list[_Rule]) -> list[tuple[_Rule | None, _Rule | None]]:
    """The rules of one name on either side; an alert may stand there once for each severity."""
    left = [rule for rule in old if rule not in new]
    right = [rule for rule in new if rule not in old]
    pairs: list[tuple[_Rule | None, _Rule | None]] = []
    # By their labels where those are the same, the rest in their order.
    for rule in list(left):
        twin = next((other for other in right if other.get("labels") == rule.get("labels")), None)
        if twin is not None:
            left.remove(rule)
            right.remove(twin)
            pairs.append((rule, twin))
    return [*pairs, *zip_longest(left, right)]


def _same(change: Change, part: Field) -> tuple[Field, ...]:
    """The fields of the object that are a part of a rule."""
    sides = canonical([part.before, part.after])
    return tuple(
        field
        for field in change.fields
        if field.path[-len(part.path) :] == part.path and canonical([field.before, field.after]) == sides
    )


def _whole(name: str, rule: _Rule, change: Change, *, removed: bool) -> Finding:
    """A rule that is on one side only."""
    value = canonical(rule)
    fields = tuple(f for f in change.fields if value in canonical([f.before, f.after]))
    if "alert" in rule and removed:
        return Finding(Risk.HIGH, f"alert {code(name)} is removed: nobody hears of it any more", fields)
    if "alert" in rule:
        return Finding(Risk.LOW, f"alert {code(name)} is new", fields)
    if removed:
        return Finding(
            Risk.MEDIUM, f"the recorded series {code(name)} is removed: what asks for it finds nothing", fields
        )
    return Finding(Risk.LOW, f"the recorded series {code(name)} is new", fields)


def _changed(name: str, rule: _Rule, field: Field, fields: tuple[Field, ...], context: Context) -> Finding:
    """A field of a rule that stays."""
    part = field.path[0]
    what = f"{'alert' if 'alert' in rule else 'the recorded series'} {code(name)}"
    moves = f"{code(field.after)} instead of {code(field.before)}"
    if part == "expr":
        pair = thresholds(field.before, field.after)
        told = f"threshold {code(pair[1])} instead of {code(pair[0])}" if pair else "other expression"
        users = "" if "alert" in rule else _users(name, context)
        return Finding(Risk.MEDIUM, f"{what}: {told}{users}", fields)
    if part == "for":
        return Finding(Risk.MEDIUM, f"{what} fires after {moves}", fields)
    if part == "labels" and field.path[-1] == "severity":
        return Finding(Risk.MEDIUM, f"{what}: severity {moves}, which may notify others", fields)
    if part == "labels":
        where = code(field.path[-1])
        return Finding(Risk.MEDIUM, f"{what}: label {where} is {moves}, by which it may be routed", fields)
    if part == "keep_firing_for":
        return Finding(Risk.LOW, f"{what} keeps firing for {moves}", fields)
    return Finding(Risk.LOW, f"{what}: other {code('.'.join(field.path))}", fields)


def _users(record: str, context: Context) -> str:
    """The alerts that ask for a recorded series."""
    word = re.compile(rf"(?<![\w:]){re.escape(record)}(?![\w:])")
    found = [
        name
        for item in context.after.of_kinds("PrometheusRule")
        for name, same in _by_name(item).items()
        if any("alert" in rule and word.search(str(rule.get("expr"))) for rule in same)
    ]
    return f", for alert {listed(sorted(set(found)))}" if found else ""


def thresholds(before: Any, after: Any) -> tuple[str, str] | None:
    """Two expressions' thresholds with their comparison, where they differ in nothing else and in one threshold."""
    if not isinstance(before, str) or not isinstance(after, str):
        return None
    pattern = _CONSTANT if _CONSTANT.match(before) else _THRESHOLD
    old, new = pattern.findall(before), pattern.findall(after)
    if len(old) != len(new) or pattern.sub(r"\1", before) != pattern.sub(r"\1", after):
        return None
    if pattern is _CONSTANT:
        return (old[0][1], new[0][1]) if old != new else None
    moved = [
        (" ".join(map(str.strip, a)), " ".join(map(str.strip, b))) for a, b in zip(old, new, strict=True) if a != b
    ]
    return moved[0] if len(moved) == 1 else None
