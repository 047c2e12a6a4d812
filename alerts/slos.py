"""Service level objectives as data, their recording rules and burn-rate alerts.

Windows and factors are those of "Alerting on SLOs" in Google's SRE Workbook: a long window says that it matters, a
short one that it still goes on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from components.model import Model, Name
from components.problems import explain

FILE = Path(__file__).parent / "slos.yaml"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
FAST, SLOW = ((14.4, "1h", "5m"), (6.0, "6h", "30m")), ((3.0, "1d", "2h"), (1.0, "3d", "6h"))
"""Factor of the burn rate, long and short window: 2 % of a 30-day budget in 1h, 5 % in 6h, 10 % in 1d, 10 % in 3d."""
FEWEST = 10
"""Bad events of an hour that are worth waking somebody for: at night, one of five requests is 20 %."""
JOB = "valeo-neuroerp"
PREFIX = "namespace_service:slo_"
"""What the recorded ratios of an objective begin with that has no name for them."""
# Probes and scrapes are no user traffic: an error budget must not be stretched by them.
USER_TRAFFIC = 'endpoint!~"/health.*|/metrics"'

Rule = dict[str, Any]


class Indicator(Model):
    """Which events count, and which of them are bad."""

    metric: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """A counter (`..._total`) or a histogram (`..._seconds`) of the application."""
    bad: str | None = Field(default=None, pattern=r'^\w+(=|!=|=~|!~)"[^"]*"(,\w+(=|!=|=~|!~)"[^"]*")*$')
    """Matchers of the counter's bad events."""
    below: Annotated[float, Field(gt=0, strict=True)] | None = None
    """Bound of the histogram in seconds: a bucket that it has."""

    def problems(self) -> Iterable[str]:
        """A counter needs its bad events, a histogram its bound."""
        if (self.bad is None) == (self.below is None):
            yield "indicator: write either bad (of a counter) or below (of a histogram)"


class Slo(Model):
    """One objective."""

    service: Name
    """Service that it holds for, or `all`."""
    objective: Annotated[float, Field(ge=50, lt=100, strict=True)]
    """Percent of the events that have to be good."""
    window: Literal["28d", "30d"]
    """How long the error budget has to last."""
    indicator: Indicator
    """Which events count."""
    record: str | None = Field(default=None, pattern=r"^namespace_service:[a-z0-9_]+:[a-z0-9_]+$")
    """Name of the recorded ratios, without their window."""
    alert: str | None = Field(default=None, pattern=r"^[A-Z]\w+$")
    """Name of the alerts, without Fast and Slow."""

    def problems(self) -> Iterable[str]:
        """No burn rate can be above what 100 % bad events make."""
        if FAST[0][0] * self.budget >= 1:
            yield f"objective: at {self.objective:g} the fast alert can never fire; write at least 93.1"

    @property
    def budget(self) -> float:
        """Share of the events that may be bad."""
        return round(1 - self.objective / 100, 9)


def load(text: str | None = None) -> dict[str, Slo]:
    """The objectives of a text, or of the file; raises ``ValueError`` with a line for each problem."""
    given = yaml.safe_load(FILE.read_text() if text is None else text)
    if not isinstance(given, dict):
        raise ValueError(  # noqa: TRY004 - wrong input, like every other problem of the file
            f"{FILE.name}: is no map; write the name of an objective, and its fields below it"
        )
    problems, slos = [], {}
    for name, content in given.items():
        try:
            TypeAdapter(Name).validate_python(name)
            slos[name] = Slo.model_validate(content)
        except ValidationError as error:
            problems += explain(error, Slo, f"{FILE.name}: {name}")
    names = [each for name, slo in slos.items() for each in (record_name(name, slo), alert_names(name, slo)[0])]
    twice = sorted(each for each, times in Counter(names).items() if times > 1)
    problems += [f"{FILE.name}: {each} is made twice; write another record or alert" for each in twice]
    if problems:
        raise ValueError("\n".join(problems))
    return slos


def _selector(slo: Slo, *more: str) -> str:
    service = [] if slo.service == "all" else [f'service="{slo.service}"']
    traffic = [USER_TRAFFIC] if slo.indicator.metric.startswith("http_") else []
    return "{" + ",".join([f'job="{JOB}"', *service, *traffic, *more]) + "}"


def _rate(metric: str, selector: str) -> str:
    return f"sum by (namespace, service) (rate({metric}{selector}[5m]))"


def _events(slo: Slo) -> tuple[str, str]:
    """Bad events and all events, each per second over 5 minutes."""
    metric = slo.indicator.metric
    if slo.indicator.below is not None:
        total = _rate(f"{metric}_count", _selector(slo))
        good = _rate(f"{metric}_bucket", _selector(slo, f'le="{slo.indicator.below}"'))
        return f"{total} - {good}", total
    total = _rate(metric, _selector(slo))
    # Without a bad event there may be no series: that is no error, and 0 is not nothing.
    return f"{_rate(metric, _selector(slo, slo.indicator.bad or ''))} or 0 * {total}", total


def _ratio(name: str, window: str) -> str:
    """Share of bad events: adding up what is recorded is exact, and far cheaper than rates of all series over days."""
    series = [f'slo:{kind}:rate5m{{slo="{name}"}}' for kind in ("bad_events", "events")]
    covered = series if window == WINDOWS[0] else [f"sum_over_time({each}[{window}])" for each in series]
    return " / ".join(f"sum by (namespace, service) ({each})" for each in covered)


def record_name(name: str, slo: Slo) -> str:
    """Name of the recorded ratios, without their window."""
    return slo.record or f"{PREFIX}{name.replace('-', '_')}:bad_ratio"


def _recordings(name: str, slo: Slo) -> list[Rule]:
    rates = zip(("slo:bad_events:rate5m", "slo:events:rate5m"), _events(slo), strict=True)
    return [
        *({"record": record, "expr": expr, "labels": {"slo": name}} for record, expr in rates),
        *({"record": f"{record_name(name, slo)}_rate{window}", "expr": _ratio(name, window)} for window in WINDOWS),
    ]


def _budget(name: str, slo: Slo) -> Rule:
    expr = f"1 - ({_ratio(name, slo.window)}) / {slo.budget:g}"
    return {"record": "slo:error_budget:remaining_ratio", "expr": expr, "labels": {"slo": name}}


def _burning(name: str, slo: Slo, levels: Iterable[tuple[float, str, str]]) -> str:
    base = record_name(name, slo)
    parts = [
        f"({base}_rate{long} > {factor:g} * {slo.budget:g} and {base}_rate{short} > {factor:g} * {slo.budget:g})"
        for factor, long, short in levels
    ]
    return " or ".join(parts)


def alert_names(name: str, slo: Slo) -> tuple[str, str]:
    """Names of the fast and of the slow alert."""
    base = slo.alert or "".join(part.capitalize() for part in name.split("-")) + "BudgetBurn"
    return f"{base}Fast", f"{base}Slow"


def _alerts(name: str, slo: Slo) -> list[Rule]:
    fast, slow = alert_names(name, slo)
    many = f'sum by (namespace, service) (avg_over_time(slo:bad_events:rate5m{{slo="{name}"}}[1h])) * 3600 > {FEWEST}'
    expr = f"({_burning(name, slo, FAST)}) and {many}"
    return [
        _alert(name, slo, fast, expr, ("2m", "critical", "fast")),
        _alert(name, slo, slow, _burning(name, slo, SLOW), ("15m", "warning", "slowly")),
    ]


def _alert(name: str, slo: Slo, alert: str, expr: str, how: tuple[str, str, str]) -> Rule:
    wait, severity, pace = how
    allowed = f"objective {name} allows {slo.budget * 100:g} % in {slo.window}"
    labels = "{{ $labels.service }} in {{ $labels.namespace }}"
    variables = "var-namespace={{ $labels.namespace }}&var-service={{ $labels.service }}"
    return {
        "alert": alert,
        "expr": expr,
        "for": wait,
        "labels": {"severity": severity, "component": "app", "slo": name},
        "annotations": {
            "summary": f"Error budget of {{{{ $labels.service }}}} burns {pace} ({name})",
            "description": f"{labels}: {{{{ $value | humanizePercentage }}}} of its events are bad; {allowed}.",
            "runbook_url": f"error-budget-burn.md#{name}",
            "dashboard": f"neuroerp-api-performance?{variables}",
        },
    }


def groups(slos: Mapping[str, Slo]) -> dict[str, Any]:
    """A rule file in Prometheus' own form."""
    rates = [rule for item in slos.items() for rule in _recordings(*item)]
    alerts = [rule for item in slos.items() for rule in _alerts(*item)]
    budgets = [_budget(*item) for item in slos.items()]
    return {
        "groups": [
            {"name": "neuroerp-slo.rules", "interval": "30s", "rules": rates},
            {"name": "neuroerp-slo-budget.rules", "interval": "5m", "rules": budgets},
            {"name": "neuroerp-slo", "rules": alerts},
        ]
    }
