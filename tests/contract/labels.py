"""Which labels the result of an expression can have.

By https://prometheus.io/docs/prometheus/latest/querying/operators/ and its page of functions.
"""

from typing import Any

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    LabelModifierType,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from tests.contract.signals import TARGET, Signals

Labels = frozenset[str]
NONE: Labels = frozenset()
ADDING = {"label_replace": 1, "label_join": 1}
"""Functions that add a label, and the argument that names it."""
WITHOUT_LABELS = {"vector", "time", "scalar", "pi"}
SETS = {"and", "or", "unless"}
SAMPLING = {"topk", "bottomk", "limitk", "limit_ratio"}


def of(node: Any, signals: Signals) -> Labels:
    """The labels; of an unknown series those of a target."""
    if isinstance(node, VectorSelector):
        found = signals.get(node.name or "")
        return found.label_names if found else TARGET
    if isinstance(node, MatrixSelector):
        return of(node.vector_selector, signals)
    if isinstance(node, ParenExpr | SubqueryExpr | UnaryExpr):
        return of(node.expr, signals)
    if isinstance(node, AggregateExpr):
        return _aggregate(node, signals)
    if isinstance(node, BinaryExpr):
        return _binary(node, signals)
    return _call(node, signals) if isinstance(node, Call) else NONE


def _aggregate(node: AggregateExpr, signals: Signals) -> Labels:
    inner = of(node.expr, signals)
    if str(node.op) in SAMPLING:
        return inner
    if node.modifier is None:
        return NONE
    listed = frozenset(node.modifier.labels)
    return inner & listed if node.modifier.type == AggModifierType.By else inner - listed


def _call(node: Call, signals: Signals) -> Labels:
    name = node.func.name
    if name in WITHOUT_LABELS:
        return NONE
    if name.startswith("absent"):
        matchers = [m for selector in selectors(node) for m in selector.matchers.matchers]
        return frozenset(m.name for m in matchers if m.op == MatchOp.Equal)
    inner: Labels = NONE.union(*(of(argument, signals) for argument in node.args))
    if name in ADDING:
        added = node.args[ADDING[name]]
        return inner | ({added.val} if isinstance(added, StringLiteral) else NONE)
    return inner - {"le"} if name.startswith("histogram_") else inner


def _binary(node: BinaryExpr, signals: Signals) -> Labels:
    left, right = of(node.lhs, signals), of(node.rhs, signals)
    if scalar(node.lhs) or scalar(node.rhs):
        return right if scalar(node.lhs) else left
    if str(node.op) in SETS or node.modifier is None:
        return left | right if str(node.op) == "or" else left
    modifier = node.modifier
    more = frozenset(modifier.group_labels or ())
    if modifier.card in (VectorMatchCardinality.ManyToOne, VectorMatchCardinality.OneToMany):
        return more | (left if modifier.card == VectorMatchCardinality.ManyToOne else right)
    if modifier.matching is None:
        return left
    listed = frozenset(modifier.matching.labels)
    return left & listed if modifier.matching.type == LabelModifierType.Include else left - listed


def scalar(node: Any) -> bool:
    """Whether it is a number: such an operand has no labels to match."""
    if isinstance(node, ParenExpr | UnaryExpr):
        return scalar(node.expr)
    if isinstance(node, BinaryExpr):
        return scalar(node.lhs) and scalar(node.rhs)
    return isinstance(node, NumberLiteral) or (isinstance(node, Call) and node.func.name in {"time", "scalar", "pi"})


def selectors(node: Any) -> list[VectorSelector]:
    """The selectors in an expression, its own first."""
    if isinstance(node, VectorSelector):
        return [node]
    if isinstance(node, MatrixSelector):
        return selectors(node.vector_selector)
    if isinstance(node, BinaryExpr):
        return [*selectors(node.lhs), *selectors(node.rhs)]
    if isinstance(node, Call):
        return [found for argument in node.args for found in selectors(argument)]
    return selectors(node.expr) if isinstance(node, ParenExpr | SubqueryExpr | UnaryExpr | AggregateExpr) else []
