"""What people see of the service level objectives: panels for a dashboard, and a section of the runbook for each."""

from collections.abc import Mapping
from typing import TypedDict

from .slos import FAST, SLOW, Slo, alert_names, record_name


class Panel(TypedDict):
    """A panel in the terms of ``dashboards.grafana.panel``; a query is an expression and its legend."""

    kind: str
    title: str
    description: str
    unit: str
    queries: list[tuple[str, str]]


def panels(slos: Mapping[str, Slo], selector: str) -> list[tuple[Panel, Panel]]:
    """For each objective what is left of its error budget, and how fast it burns; `selector` filters both."""
    return [(_left(name, slo, selector), _burning(name, slo, selector)) for name, slo in slos.items()]


def _left(name: str, slo: Slo, selector: str) -> Panel:
    # Recorded every 5 minutes, which is as long as Prometheus looks back for a value: the newest one may be older.
    recorded = f'last_over_time(slo:error_budget:remaining_ratio{{slo="{name}",{selector}}}[1h])'
    return {
        "kind": "stat",
        "title": f"Error budget left: {name} ({slo.window})",
        "description": f"What is left of the {_percent(slo)} of bad events that are allowed: below 0 it is overspent.",
        "unit": "percentunit",
        "queries": [(f"min by (service) ({recorded})", "{{service}}")],
    }


def _burning(name: str, slo: Slo, selector: str) -> Panel:
    base = record_name(name, slo)
    return {
        "kind": "timeseries",
        "title": f"Burn rate: {name}",
        "description": f"How many times too fast it is spent: 1 lasts for {slo.window}, {FAST[0][0]:g} wakes somebody.",
        "unit": "none",
        "queries": [
            (f"{base}_rate{window}{{{selector}}} / {slo.budget:g}", f"{window} {{{{service}}}}")
            for _, window, _ in FAST
        ],
    }


def _percent(slo: Slo) -> str:
    return f"{100 * slo.budget:g} %"


def runbook_sections(slos: Mapping[str, Slo]) -> str:
    """A section for each objective; its heading is the anchor that the alerts link to."""
    return "\n\n".join(_section(name, slo) for name, slo in slos.items())


def _section(name: str, slo: Slo) -> str:
    fast, slow = alert_names(name, slo)
    base, budget = record_name(name, slo), f"{slo.budget:g}"
    what = f"slower than {slo.indicator.below:g} s" if slo.indicator.below else f"with `{slo.indicator.bad}`"
    whom = "Each service by itself" if slo.service == "all" else f"Service `{slo.service}`"
    rows = [
        (alert, f"{factor:g}", f"{factor * slo.budget:.3%}", long, short)
        for alert, levels in ((fast, FAST), (slow, SLOW))
        for factor, long, short in levels
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in [HEADER, ("---",) * len(HEADER), *rows])
    return f"""## {name}

{whom}: {slo.objective:g} % of `{slo.indicator.metric}` in {slo.window} are good; bad are those {what}.

{table}

```promql
# left of the budget (1: all of it, below 0: overspent)
slo:error_budget:remaining_ratio{{slo="{name}"}}
# how many times too fast it burns now
{base}_rate1h / {budget}
# bad events a second, by service
slo:bad_events:rate5m{{slo="{name}"}}
```"""


HEADER = ("alert", "times too fast", "bad events", "over", "and still over")
