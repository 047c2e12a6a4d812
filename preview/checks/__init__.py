"""Rules that a plan has to hold. Each is a function of plan and context that returns the reasons why it does not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from preview.plan import Plan
from preview.rendered import Rendering
from preview.run import Recording
from preview.yamlfile import read

HERE = Path(__file__).parent.parent
Check = Callable[[Plan, "Context"], list[str]]
Status = Literal["holds", "warns", "fails", "not run"]


class NotRunError(Exception):
    """A check cannot be made here; the message is the reason."""


class TolerableError(Exception):
    """A check finds what this stack may have all the same; the arguments are the reasons."""


@dataclass(frozen=True)
class Context:
    """What checks need beside the plan."""

    recording: Recording
    """The requests as they were on the wire."""
    chart_values: Path | None = None
    """Directory of unpacked charts, for releases that do not name a chart's path."""
    lists: Path = field(default_factory=lambda: HERE)
    """Directory of free_form.yaml and provided.yaml."""
    charts: dict[str, Any] = field(default_factory=dict)
    """Files of charts that were read, by what releases call the chart."""
    rendering: Rendering = field(default_factory=lambda: Rendering(reason="no chart was rendered"))
    """What the charts of the releases render to."""
    used_patterns: set[tuple[str, str]] = field(default_factory=set)
    """Entries of the allow-list that were needed, as chart and pattern; what no stack needs is stale."""

    @cached_property
    def free_form(self) -> Mapping[str, Mapping[str, str | None]]:
        """The allow-list of value paths by chart, each with the type of Kubernetes that the value has, if any."""
        return {
            chart: {pattern: kind for entry in entries for pattern, kind in _entry(entry)}
            for chart, entries in _mapping(self.lists / "free_form.yaml").items()
        }

    @cached_property
    def provided(self) -> Mapping[str, Any]:
        """What charts and operators make, by release and kind."""
        return _mapping(self.lists / "provided.yaml")


@dataclass(frozen=True)
class Result:
    """What came out of a check."""

    name: str
    title: str
    status: Status
    reasons: tuple[str, ...] = ()


def _entry(entry: Any) -> Iterable[tuple[str, str | None]]:
    """A pattern alone, or with a type."""
    return [(entry, None)] if isinstance(entry, str) else entry.items()


def _mapping(path: Path) -> Mapping[str, Any]:
    return read(path) or {}
