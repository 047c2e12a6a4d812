"""Whether a dashboard asks for what there is, in its form: metrics, labels, types, and fields of log lines."""

import json
import re
from collections import Counter
from typing import Any

import promql_parser
from promql_parser import MatrixSelector

from tests.contract import content, labels, log_fields, uses
from tests.dashboards import lint

KNOWN = content.known()
FIELDS = log_fields.index_fields(content.TEMPLATE)


def asked(dashboard: lint.Json) -> list[str]:
    """Names, labels, values of labels, buckets, functions for the type: what the contract's check finds."""
    return uses.problems(uses.of_boards({"": json.dumps(dashboard)}), KNOWN)


def bare_counters(dashboard: lint.Json) -> list[str]:
    """A counter by itself says how much since the last restart, which is nothing to look at."""
    problems = []
    for where, expr in lint.queries(dashboard):
        # A variable takes the values of a label, whatever the series is.
        for name in _bare(uses.parsed(expr)) if not where.startswith("variable ") else ():
            signal = KNOWN.get(name)
            if signal and signal.type == "counter":
                problems.append(f"{where}: the counter {name} without rate() or increase()")
    return problems


def _bare(tree: Any) -> Counter[str]:
    """Series that are not looked at over a window, and how often."""
    windows: list[Any] = []
    promql_parser.walk(tree, lambda node: windows.append(node) if isinstance(node, MatrixSelector) else None)
    everything = Counter(selector.name or "" for selector in labels.selectors(tree))
    return everything - Counter(window.vector_selector.name or "" for window in windows)


def log_fields_of(dashboard: lint.Json) -> list[str]:
    """Fields of Lucene queries that the index does not have."""
    found = [
        (panel["title"], name)
        for panel in lint.panels(dashboard)
        for target in panel["targets"]
        for name in re.findall(r"([\w.]+):", target.get("query", ""))
    ]
    return [f"{title}: the index has no field {name}" for title, name in found if name not in FIELDS]
