"""What rules and dashboards ask for, and where it does not fit what is exported."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import promql_parser
import yaml
from promql_parser import AggregateExpr, BinaryExpr, Call, LabelModifierType, MatchOp, MatrixSelector, VectorSelector

from tests.contract import labels
from tests.contract.signals import TARGET, Signal, Signals, bound
from tests.dashboards import lint

COUNTING = {"rate", "irate", "increase", "resets"}
GAUGING = {"delta", "idelta", "deriv", "predict_linear"}
VARIABLE = "x"
"""What lint.plain() makes of a dashboard's variable."""
TAGS = "$$__tags"
"""Labels that Grafana fills in, in the queries of its data sources."""
SHOWN = re.compile(r"\{\{\s*(\w+)\s*\}\}")
IN_ANNOTATION = re.compile(r"\$labels\.(\w+)")


@dataclass(frozen=True)
class Use:
    """An expression, who asks it, and the labels that are shown of its result."""

    user: str
    expr: str
    shown: frozenset[str] = frozenset()
    records: str = ""
    """The series that the result becomes."""
    given: frozenset[str] = frozenset()
    """Labels that the rule adds."""


def of_rules(texts: Mapping[str, str]) -> Iterator[Use]:
    """The rules in these files."""
    for file, text in texts.items():
        for group in yaml.load(text, yaml.CSafeLoader)["groups"]:
            for rule in group["rules"]:
                shown = frozenset(IN_ANNOTATION.findall(json.dumps(rule.get("annotations", {}))))
                given = frozenset({**group.get("labels", {}), **rule.get("labels", {})})
                name = rule.get("record") or rule["alert"]
                yield Use(f"{file} {name}", rule["expr"], shown, rule.get("record", ""), given)


def of_boards(boards: Mapping[str, str]) -> Iterator[Use]:
    """The queries of these dashboards; legends belong to their queries."""
    for uid, text in boards.items():
        board = json.loads(text)
        for panel in lint.panels(board):  # those of logs ask Elasticsearch
            panel["targets"] = [target for target in panel["targets"] if "expr" in target]
        legends = {
            target["expr"]: frozenset(SHOWN.findall(target.get("legendFormat") or ""))
            for panel in lint.panels(board)
            for target in panel["targets"]
        }
        for where, expr in lint.queries(board):
            yield Use(f"{uid} {where}", expr, legends.get(expr, frozenset()))


def of_tests(texts: Mapping[str, str]) -> Iterator[Use]:
    """The series that the unit tests of rules feed in."""
    for file, text in texts.items():
        for test in yaml.load(text, yaml.CSafeLoader)["tests"]:
            for series in test.get("input_series") or ():
                yield Use(f"{file} {test.get('name', '')}", series["series"])


@cache
def parsed(expr: str) -> Any:
    """The expression as a tree, also with Grafana's variables in it."""
    return promql_parser.parse(lint.plain(expr.replace(TAGS, f'service="{VARIABLE}"')))


def series(use: Use) -> set[str]:
    """The names of the series that it selects."""
    return {selector.name or "" for selector in labels.selectors(parsed(use.expr))}


def recorded(uses: Iterable[Use], base: Signals) -> dict[str, Signal]:
    """What rules record, with the labels that their expressions leave; `base` is what they can read beside that."""
    rules = [use for use in uses if use.records]
    found: dict[str, Signal] = {}
    for _ in range(5):  # rules read what others record
        before, found = found, {}
        for rule in rules:
            kept = labels.of(parsed(rule.expr), {**before, **base}) | rule.given
            known = found[rule.records].labels if rule.records in found else {}
            both = {**known, **dict.fromkeys(kept, frozenset[str]())}
            found[rule.records] = Signal(rule.records, "gauge", ("recording-rule",), both, scraped=False)
        if found == before:
            break
    return found


def problems(uses: Iterable[Use], known: Signals) -> list[str]:
    """Names, labels, values, buckets, joins and functions that fit nothing that is exported."""
    found = []
    for use in uses:
        nodes: list[Any] = []
        tree = parsed(use.expr)
        promql_parser.walk(tree, nodes.append)
        wrong = [problem for node in nodes for problem in _node(node, known)]
        missing = sorted(use.shown - use.given - labels.of(tree, known)) if not wrong else []
        found += [f"{use.user}: {problem}" for problem in [*wrong, *(f"shows {name}, gone" for name in missing)]]
    return found


def _node(node: Any, known: Signals) -> Iterator[str]:
    if isinstance(node, VectorSelector):
        yield from _selector(node, known)
    elif isinstance(node, Call):
        yield from _call(node, known)
    elif isinstance(node, AggregateExpr) and node.modifier and "By" in str(node.modifier.type):
        yield from _missing(node.modifier.labels, node.expr, known, "to group by")
    elif isinstance(node, BinaryExpr) and node.modifier and (matching := node.modifier.matching):
        wanted = matching.labels if matching.type == LabelModifierType.Include else []
        for side in (node.lhs, node.rhs):
            yield from _missing(wanted, side, known, "to match on")


def _selector(node: VectorSelector, known: Signals) -> Iterator[str]:
    name = node.name or ""
    signal = known.get(name)
    if signal is None:
        yield f"nobody exports {name or 'a series without a name'}"
        return
    matchers = node.matchers.matchers
    # `pod!=""` asks for what is scraped, under a name that a rule records as well.
    namesake = any(m.name in TARGET and m.op == MatchOp.NotEqual and not m.value for m in matchers)
    for matcher in matchers:
        if matcher.name not in signal.label_names:
            if not (namesake and matcher.name in TARGET):
                yield f"{name} has no label {matcher.name}"
        elif values := signal.labels.get(matcher.name):
            yield from _value(name, matcher, values)


def _value(name: str, matcher: Any, values: frozenset[str]) -> Iterator[str]:
    if not matcher.value or matcher.value == VARIABLE:
        return
    if matcher.op not in (MatchOp.Equal, MatchOp.NotEqual):
        if not any(re.fullmatch(matcher.value, value) for value in values):
            yield f"{name} never has {matcher.name}={matcher.value}"
    elif matcher.name == "le":
        if bound(matcher.value) not in {bound(value) for value in values}:
            yield f"{name} has no bucket {matcher.value}"
    elif matcher.value not in values:
        yield f"{name} never has {matcher.name}={matcher.value}"


def _call(node: Call, known: Signals) -> Iterator[str]:
    if node.func.name not in COUNTING | GAUGING:
        return
    for argument in node.args:
        # A subquery asks for something that was computed, whatever its type.
        if isinstance(argument, MatrixSelector) and (signal := known.get(argument.vector_selector.name or "")):
            wrong = "gauge" if node.func.name in COUNTING else "counter"
            if signal.type == wrong:
                yield f"{node.func.name}() of the {wrong} {signal.name}"


def _missing(wanted: Iterable[str], expr: Any, known: Signals, why: str) -> Iterator[str]:
    """Labels that the expression has lost, or never had; nothing where it has an unknown series anyhow."""
    names = [selector.name or "" for selector in labels.selectors(expr)]
    if names and all(name in known for name in names):
        found = labels.of(expr, known)
        yield from (f"{', '.join(names)} has no label {name} {why}" for name in wanted if name not in found)
