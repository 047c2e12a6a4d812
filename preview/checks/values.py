"""Values of Helm releases against what their charts take: charts without a schema ignore a misspelt key silently."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from preview.chart_files import ChartFiles, NotAtHandError, find, merge
from preview.checks import Context, NotRunError
from preview.hints import dotted, hint
from preview.kubernetes import NEWEST
from preview.parts import Release
from preview.plan import Plan
from preview.schemas import kubernetes_type, problems, validator
from preview.wire import MASKS

_SEGMENT = re.compile(r'"([^"]+)"|([^.]+)')
Place = tuple[str, ...]
Problem = tuple[tuple[str | int, ...], str]


def check_value_paths(plan: Plan, context: Context) -> list[str]:
    """Every Helm value stands at a path that the chart has, or that preview/free_form.yaml allows."""
    reasons: list[str] = []
    for release, chart in _charts(plan, context, reasons):
        for path, why in _Walk(release.chart, chart, context).problems(release.values):
            reasons.append(f"{release.name} ({release.chart}): {dotted(path)} {why}")
    return reasons


def check_value_schemas(plan: Plan, context: Context) -> list[str]:
    """The values of every release hold the chart's own values.schema.json, where it has one."""
    reasons: list[str] = []
    for release, chart in _charts(plan, context, []):
        for prefix, schema, values in _schemas(chart, release.values):
            reasons += [
                f"{release.name} ({release.chart}): {dotted((*prefix, *path)) or 'values'}: {message}"
                for path, message in problems(validator(schema), values)
            ]
    return reasons


def stale_patterns(context: Context) -> list[str]:
    """Entries of the allow-list that no release with this context needed, as ``chart: pattern``."""
    listed = {(chart, pattern) for chart, patterns in context.free_form.items() for pattern in patterns}
    return sorted(f"{chart}: {pattern}" for chart, pattern in listed - context.used_patterns)


def _charts(plan: Plan, context: Context, reasons: list[str]) -> Iterator[tuple[Release, ChartFiles]]:
    """Each release with its chart's files; a chart that is not at hand is a reason, or the check is not run for any."""
    missing: dict[str, str] = {}
    found: list[tuple[Release, ChartFiles]] = []
    for release in plan.releases:
        called = f"{release.inputs.get('chart')} {release.version}"
        try:
            if called not in context.charts:
                context.charts[called] = find(release, context.recording.stack.root, context.chart_values)
            found.append((release, context.charts[called]))
        except NotAtHandError as error:
            missing[release.name] = str(error)
    if missing and context.chart_values is None:
        raise NotRunError(next(iter(missing.values())))
    reasons += [f"{name}: {why}" for name, why in missing.items()]
    for release, chart in found:
        version = str(chart.meta.get("version", ""))
        if version != release.version:
            reasons.append(f"{release.name}: the values at hand are of version {version}; put {release.version} there")
        else:
            yield release, chart


def _schemas(chart: ChartFiles, values: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any], Any]]:
    """The schema of a chart, and of each subchart whose values are set, with the values that Helm would check."""
    if chart.schema:
        yield (), chart.schema, merge(chart.own_values, values)
    for key, below in values.items():
        try:
            subchart = chart.subchart(key)
        except NotAtHandError:  # The check of the paths says so.
            continue
        if subchart and subchart.schema and isinstance(below, Mapping):
            yield (key,), subchart.schema, merge(chart.values_under(key), below)


class _Walk:
    """A walk through the values of a release, beside those of its chart."""

    def __init__(self, name: str, chart: ChartFiles, context: Context) -> None:
        self._name, self._chart, self._context = name, chart, context
        self._patterns = {pattern: _segments(pattern) for pattern in context.free_form.get(name, {})}

    def problems(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Path and reason of each value that the chart does not take."""
        top = {*self._chart.own_values}
        for key, value in values.items():
            missing = ""
            try:
                default = self._chart.values_under(key)
            except NotAtHandError as error:
                # What the parent sets of it is still known.
                default, missing = self._chart.own_values.get(key), str(error)
            known = {} if default is None and key not in top else {key: default}
            for path, why in self._compare({key: value}, known, (), top):
                yield path, f"cannot be checked: {missing}" if missing else why

    def _compare(self, values: Mapping[str, Any], known: Any, path: Place, siblings: set[str]) -> Iterator[Problem]:
        """Compare a mapping with what the chart has in its place; ``siblings`` are the keys to hint at."""
        for key, value in values.items():
            here = (*path, key)
            there = isinstance(known, Mapping) and key in known
            default = known[key] if there else None
            mapping = isinstance(value, Mapping) and bool(value)
            if there and isinstance(default, Mapping) and default:
                if mapping:
                    yield from self._compare(value, default, here, {*default})
                elif not _replaces(value) and not self._allowed(here):
                    yield here, "is a mapping in the chart, and Helm ignores anything else there"
            elif there and not mapping:
                continue
            elif pattern := self._allowed(here):
                yield from self._typed(pattern, value, here)
            elif mapping and (nexts := self._nexts(here)):
                yield from self._compare(value, None, here, nexts)
            elif there:
                yield here, "is empty in the chart; list what it takes in preview/free_form.yaml"
            else:
                yield here, f"is no value of the chart{self._advice(key, siblings)}"

    def _allowed(self, path: Place) -> str | None:
        """The pattern that allows a path."""
        for pattern, segments in self._patterns.items():
            if len(segments) == len(path) and all(map(fnmatchcase, path, segments)):
                self._context.used_patterns.add((self._name, pattern))
                return pattern
        return None

    def _nexts(self, path: Place) -> set[str]:
        """The segments that patterns have after a path that only leads to what they allow."""
        size = len(path)
        longer = (segments for segments in self._patterns.values() if len(segments) > size)
        return {segments[size] for segments in longer if all(map(fnmatchcase, path, segments[:size]))}

    def _typed(self, pattern: str, value: Any, path: Place) -> Iterator[Problem]:
        """What is wrong with a value whose pattern says which type of Kubernetes it is."""
        kind = self._context.free_form[self._name][pattern]
        if kind:
            for place, message in problems(kubernetes_type(NEWEST, kind), value):
                yield (*path, *place), message

    def _advice(self, key: str, siblings: set[str]) -> str:
        """The nearest key at the same place, else where else the chart has the key."""
        near = hint(key, siblings)
        if near:
            return near
        places = [dotted(place) for place in _places(self._chart.own_values, key, ())]
        if len(places) == 1:
            return f"; did you mean {places[0]}?"
        return "; if only a template of the chart reads it, list it in preview/free_form.yaml"


def _segments(pattern: str) -> tuple[str, ...]:
    """The segments of a pattern like ``a.*."b.c"``."""
    return tuple(quoted or bare for quoted, bare in _SEGMENT.findall(pattern))


def _replaces(value: Any) -> bool:
    """Whether a value may stand for a mapping: null removes it, an empty one and an unknown one are no other type."""
    return value is None or value == {} or (isinstance(value, str) and value in MASKS)


def _places(values: Mapping[str, Any], key: str, path: Place) -> Iterator[Place]:
    """Every path of a mapping that ends in a key."""
    for name, value in values.items():
        if name == key:
            yield (*path, name)
        if isinstance(value, Mapping):
            yield from _places(value, key, (*path, name))
