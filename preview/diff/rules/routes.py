"""Alertmanager: who hears of which alerts, and when; read where that is plain, in values or custom objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from preview.diff.context import Context, code
from preview.diff.fields import MISSING, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.structure import structure

_TIMES = {
    "group_wait": "wait {} before the first notification",
    "group_interval": "wait {} between notifications of a group",
    "repeat_interval": "are repeated every {}",
}
_CAMEL = {"groupWait": "group_wait", "groupInterval": "group_interval", "repeatInterval": "repeat_interval"}


def routes(change: Change, _: Context) -> Iterator[Finding]:
    """Routes, receivers, inhibitions and quiet times."""
    for field in change.fields:
        for number, part in enumerate(field.path):
            sides = [
                _at(item.manifest if item else None, field.path[:number]) for item in (change.before, change.after)
            ]
            if not any(_is_config(side) for side in sides):
                continue
            rest = field.path[number + 1 :]
            if part == "route":
                yield _of_route(sides, field, rest)
            elif part in (
                "receivers",
                "inhibit_rules",
                "inhibitRules",
                "time_intervals",
                "muteTimeIntervals",
                "global",
            ):
                yield _of_part(part, field, rest)
            break


def _is_config(value: Any) -> bool:
    return isinstance(value, Mapping) and "route" in value and "receivers" in value


def _at(data: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of mappings, also inside texts; nothing below a list."""
    for part in path:
        found: Any = structure(data) if isinstance(data, str) else data
        data = found.get(part) if isinstance(found, Mapping) else None
    return structure(data) if isinstance(data, str) else data


def _of_route(sides: list[Any], field: Field, rest: tuple[str, ...]) -> Finding:
    """A route by what it matches: those have no name."""
    route: Any = next(side["route"] for side in reversed(sides) if _is_config(side))
    steps = list(rest)
    who = "alerts that no other route takes"
    while len(steps) > 1 and steps[0] == "routes" and steps[1].isdigit() and isinstance(route, Mapping):
        children = route.get("routes") or []
        index = int(steps[1])
        route = children[index] if index < len(children) else {}
        steps = steps[2:]
        who = f"alerts with {_matchers(route)}"
    if not steps:
        # The route as a whole; a removed one is described by what it was.
        gone = field.after is MISSING
        described = _matchers(field.before if gone else field.after)
        where = field.before if gone else field.after
        receiver = where.get("receiver", "their parent's receiver") if isinstance(where, Mapping) else ""
        text = f"the route of alerts with {described} to {code(receiver)} is {'removed' if gone else 'new'}"
        return Finding(Risk.HIGH if gone else Risk.MEDIUM, text, (field,))
    name = _CAMEL.get(steps[0], steps[0])
    if name == "receiver":
        return Finding(Risk.HIGH, f"{who} go to {code(field.after)} instead of {code(field.before)}", (field,))
    if name in _TIMES:
        moves = f"{_TIMES[name].format(code(field.after))} instead of {code(field.before)}"
        return Finding(Risk.MEDIUM, f"{who} {moves}", (field,))
    return Finding(Risk.MEDIUM, f"{who}: other {code(name)} of their route", (field,))


def _matchers(route: Any) -> str:
    found = (
        [str(m) for m in (route.get("matchers") or ()) if not isinstance(m, Mapping)]
        if isinstance(route, Mapping)
        else []
    )
    if isinstance(route, Mapping):
        pairs = [m for m in route.get("matchers") or () if isinstance(m, Mapping)]
        found += [f'{m.get("name")}{m.get("matchType", "=")}"{m.get("value", "")}"' for m in pairs]
        found += [f'{key}="{value}"' for key, value in (route.get("match") or {}).items()]
    return code(", ".join(found) or "any labels")


def _of_part(part: str, field: Field, rest: tuple[str, ...]) -> Finding:
    if part == "receivers":
        name = code(rest[0]) if rest else ""
        if len(rest) == 1 and MISSING in (field.before, field.after):
            gone = field.after is MISSING
            return Finding(
                Risk.MEDIUM if gone else Risk.LOW, f"receiver {name} is {'removed' if gone else 'new'}", (field,)
            )
        what = code(rest[-1]) if len(rest) > 1 else "content"
        moves = f"{code(field.after)} instead of {code(field.before)}"
        return Finding(Risk.HIGH, f"receiver {name}: {what} is {moves}, so others may be notified", (field,))
    if part in ("inhibit_rules", "inhibitRules"):
        return Finding(Risk.MEDIUM, "other alerts keep alerts silent (inhibition rules)", (field,))
    if part == "global":
        name = code(rest[-1] if rest else part)
        moves = f"{code(field.after)} instead of {code(field.before)}"
        return Finding(Risk.MEDIUM, f"Alertmanager: {name} for all receivers is {moves}", (field,))
    return Finding(Risk.MEDIUM, f"other quiet times ({code(rest[0] if rest else part)})", (field,))
