"""A limit that stands in a rule is tried close by: one that holds too early is noticed of every alert.

Limits that are settings are moved in ``tests/engine``, those of objectives in ``test_slos``.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from promql_parser import AggregateExpr, BinaryExpr, Call, NumberLiteral, ParenExpr, SubqueryExpr, UnaryExpr

from alerts import THRESHOLD
from tests.alerts.rule_files import RULES, Rule, alerts_by_name, by_file, copied, rules_of, unnoticed

OBJECTIVES = "slo.rules.yaml"
CLOSE = 1.5
"""How far a limit may be from what is tried to be quiet."""
EARLIER = {("==", 0.0): ">= 0", ("==", 1.0): ">= 0", (">", 0.0): ">= 0", ("<", 1.0): "<= 1", (">", 1.0): "> 0"}
"""What holds one step too early, of what is counted or is a state."""


def comparisons(node: Any) -> Iterator[BinaryExpr]:
    """Comparisons, but for those with a setting, and those that keep a division from a zero."""
    if isinstance(node, ParenExpr | SubqueryExpr | UnaryExpr | AggregateExpr):
        yield from comparisons(node.expr)
    elif isinstance(node, Call):
        for argument in node.args:
            yield from comparisons(argument)
    elif isinstance(node, BinaryExpr):
        if str(node.op) in ("==", ">", "<", ">=", "<=") and THRESHOLD not in node.rhs.prettify():
            yield node
        yield from comparisons(node.lhs)
        if str(node.op) != "/":
            yield from comparisons(node.rhs)


def earlier(node: BinaryExpr) -> str:
    """The comparison, such that it holds too early."""
    operator, (left, whole) = str(node.op), map(flat, (node.lhs, node))
    if not isinstance(node.rhs, NumberLiteral):
        # At the limit itself; the other way round in an `unless`, which leaves out too little then.
        other = operator[0] if operator[1:] else f"{operator}="
        return left + whole.removeprefix(left).replace(operator, other, 1)
    limit = float(node.rhs.val)
    factor = CLOSE if operator[0] == "<" else 1 / CLOSE
    return f"{left} {EARLIER.get((operator, limit), f'{operator} {limit * factor}')}"


def flat(node: Any) -> str:
    return " ".join(node.prettify().split())


def too_early(expr: str, which: int) -> str | None:
    """The expression, one of whose comparisons holds too early; None when it has not so many."""
    tree = promql_parser.parse(expr)
    found = list(comparisons(tree))
    if which >= len(found):
        return None
    part, whole = flat(found[which]), flat(tree)
    assert whole.count(part) == 1, (whole, part)
    return whole.replace(part, earlier(found[which]))


def missed(folder: Path, name: str, which: int) -> set[str] | None:
    """Alerts of a file of which it is not noticed; None when none has so many comparisons."""
    content = yaml.safe_load((RULES / name).read_text())
    changed: dict[str, Rule] = {}
    for rule in (rule for rule in rules_of(content) if "alert" in rule):
        if expr := too_early(rule["expr"], which):
            rule["expr"] = expr
            changed[rule["alert"]] = rule
    if not changed:
        return None
    (copied(folder) / name).write_text(yaml.safe_dump(content, width=10000))
    return unnoticed(folder, set(changed))


@pytest.mark.parametrize("name", [name for name in by_file() if name != OBJECTIVES])
def test_a_limit_that_holds_too_early_is_noticed_of_every_alert(tmp_path: Path, name: str) -> None:
    found: set[str] = set()
    for which in count():
        if (more := missed(tmp_path, name, which)) is None:
            break
        found |= more
    assert found == set()


def test_every_alert_has_a_limit_that_is_tried() -> None:
    """In the rule, or in the settings; what is absent and what always fires have none."""
    limits = {name: THRESHOLD in rule["expr"] or too_early(rule["expr"], 0) for name, rule in alerts_by_name().items()}
    of_objectives = {rule.get("alert") for rule in by_file()[OBJECTIVES]}
    assert {name for name, limit in limits.items() if not limit} - of_objectives == {"Watchdog", "ExporterAbsent"}


@pytest.mark.parametrize(
    ("expr", "which", "changed"),
    [
        ("up == 0", 0, "up >= 0"),
        ("max(x) > 3", 0, "max(x) > 2.0"),
        ("a > 0 and b offset 1w > 0", 1, "a > 0 and b offset 1w >= 0"),
        ("count by (a) (x == 1) > 0", 1, "count by (a) (x >= 0) > 0"),
        ("a / (b > 0) > 3", 0, "a / (b > 0) > 2.0"),
        ("a / (b > 0) > 3", 1, None),
        ("a < count(b)", 0, "a <= count(b)"),
        ("a unless (b >= on (x) c)", 0, "a unless (b > on (x) c)"),
        ("a > scalar(neuroerp:threshold:b)", 0, None),
        ("absent(up)", 0, None),
    ],
)
def test_one_comparison_is_changed(expr: str, which: int, changed: str | None) -> None:
    assert too_early(expr, which) == changed
