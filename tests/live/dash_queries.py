"""The queries of a dashboard, as Grafana sends them, and what Prometheus answers."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.dashboards import lint
from tests.live.servers import Prometheus

EVERYTHING = ".*"
"""What Grafana puts in for a variable with All chosen: the dashboards say so in `allValue`."""


@dataclass(frozen=True)
class Span:
    """What a dashboard looks at: from and to a Unix time, with the distance of two points, all in seconds."""

    start: float
    end: float
    step: float
    rate: float
    """The window of rates."""


@dataclass(frozen=True)
class Answer:
    """A query, and its series: labels and points of time and value."""

    where: str
    expr: str
    target: lint.Json = field(default_factory=dict)
    series: list[tuple[dict[str, str], list[tuple[float, float]]]] = field(default_factory=list)
    error: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(points for _, points in self.series)


def filled(expr: str, span: Span) -> str:
    """The expression with Grafana's variables replaced by their values."""
    values = {"__rate_interval": span.rate, "__interval": span.step, "__range": span.end - span.start}

    def put(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return f"{max(1, round(values[name]))}s" if name in values else EVERYTHING

    return lint.VARIABLES.sub(put, expr)


def answer(prometheus: Prometheus, where: str, target: lint.Json, span: Span) -> Answer:
    """What comes back for a target of a panel: of an instant query one point at the end of the span."""
    expr = filled(target["expr"], span)
    try:
        if target.get("instant"):
            found = [(each["metric"], [each["value"]]) for each in prometheus.query(expr, span.end)]
        else:
            result = prometheus.query_range(expr, span.start, span.end, span.step)
            found = [(each["metric"], each["values"]) for each in result]
    except ValueError as error:
        return Answer(where, expr, target, error=str(error))
    return Answer(where, expr, target, [(labels, list(_numbers(points))) for labels, points in found])


def _numbers(points: list[Any]) -> Iterator[tuple[float, float]]:
    """Points that can be drawn."""
    yield from ((float(moment), float(text)) for moment, text in points if math.isfinite(float(text)))


def of_panel(prometheus: Prometheus, panel: lint.Json, span: Span) -> list[Answer]:
    """What comes back for the queries of a panel that go to Prometheus."""
    targets = [target for target in panel["targets"] if "expr" in target]
    return [answer(prometheus, panel["title"], target, span) for target in targets]


def of_board(prometheus: Prometheus, board: lint.Json, span: Span) -> list[Answer]:
    """What comes back for all queries of a dashboard that go to Prometheus: panels, annotations, variables."""
    around = [(where, expr) for where, expr in lint.queries(board) if where.startswith(("annotation ", "variable "))]
    found = [answer(prometheus, where, {"expr": expr}, span) for where, expr in around]
    return [*(each for panel in lint.panels(board) for each in of_panel(prometheus, panel, span)), *found]


def report(answers: list[Answer]) -> str:
    """One line for each query: where it stands, how many series and points came back, the last value of the first."""
    lines = []
    for each in answers:
        points = [point for _, series in each.series for point in series]
        last = f"last {points[-1][1]:g}" if points else each.error or "NOTHING"
        lines.append(f"  {each.where:34} {len(each.series):3} series {len(points):5} points  {last}")
    return "\n".join(lines)


def unanswered(answers: list[Answer]) -> list[str]:
    """Queries that show nothing, by the title of their panel."""
    return [f"{each.where}: {each.error or 'no data for'} {each.expr}" for each in answers if each.empty]
