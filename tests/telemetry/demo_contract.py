"""Whether an exposition and log lines hold the contract; each check returns its complaints."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from neuroerp_telemetry import TelemetryConfig
from neuroerp_telemetry.contract import APP_METRICS, LEVELS, LOG_FIELDS, Metric
from neuroerp_telemetry.labels import Vocabulary
from prometheus_client import Metric as Exposed

# The client library's own, which rules and dashboards do not use.
LIBRARY = {"process_virtual_memory_bytes", "process_start_time_seconds", "process_max_fds"}
FAMILIES = {metric.family: metric for metric in APP_METRICS.values()}
_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}

PARTS = {field.name.split(".")[0] for field in LOG_FIELDS}
ERROR_PARTS = {f"exception.{part}" for part in ("type", "message", "stacktrace")}
_FORMS = {
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "level": "|".join(LEVELS),
    "trace_id": "[0-9a-f]{32}",
    "span_id": "[0-9a-f]{16}",
}


def exposition_problems(families: Iterable[Exposed], config: TelemetryConfig) -> list[str]:
    """What is exposed and not declared, or declared and not exposed, or exposed otherwise."""
    exposed = {family.name: family for family in families}
    found = [f"{metric.name} is not exposed" for name, metric in FAMILIES.items() if not _samples(exposed.get(name))]
    for name, family in exposed.items():
        if name in FAMILIES:
            found += _family(family, FAMILIES[name], config)
        elif name not in LIBRARY and f"{name}_total" not in LIBRARY:
            found.append(f"{name} is not declared")
    return found


def _samples(family: Exposed | None) -> list[Any]:
    return list(family.samples) if family else []


def _family(family: Exposed, metric: Metric, config: TelemetryConfig) -> Iterator[str]:
    if family.type != metric.type:
        yield f"{metric.name} is a {family.type}, not a {metric.type}"
    if family.documentation != metric.help:
        yield f"{metric.name} has another help: {family.documentation}"
    if family.unit not in ("", metric.name_unit):
        yield f"{metric.name} has the unit {family.unit}"
    bounds = {float(sample.labels["le"]) for sample in family.samples if sample.name.endswith("_bucket")}
    if metric.type == "histogram" and bounds != {*metric.buckets, float("inf")}:
        yield f"{metric.name} has the buckets {sorted(bounds)}"
    yield from _labels(family, metric, config)


def _labels(family: Exposed, metric: Metric, config: TelemetryConfig) -> Iterator[str]:
    names = {metric.family + suffix for suffix in _SUFFIXES[metric.type]}
    vocabularies = {label.name: Vocabulary(label, config.values(label)) for label in metric.labels}
    for sample in family.samples:
        given = {name: text for name, text in sample.labels.items() if name != "le"}
        if sample.name not in names:
            yield f"{sample.name} is no part of {metric.name}"
        elif set(given) != set(metric.label_names):
            yield f"{sample.name} has the labels {', '.join(given)}"
        else:
            wrong = [(name, text) for name, text in given.items() if vocabularies[name].admit(text) is None]
            yield from (f"{metric.name} has {name}={text}" for name, text in wrong)


def log_problems(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """Log lines with other fields than the contract's, or without those that are always there."""
    found = []
    for line in lines:
        unknown = set(line) - PARTS
        missing = {field.name for field in LOG_FIELDS if field.always} - set(line)
        error = {f"exception.{part}" for part in line.get("exception", {})} - ERROR_PARTS
        wrong = [name for name, form in _FORMS.items() if name in line and not re.fullmatch(form, str(line[name]))]
        plain = isinstance(line.get("context", {}), dict)
        if unknown or missing or error or wrong or not plain:
            found.append(f"unknown {unknown}, missing {missing}, in the exception {error}, wrong {wrong}: {line}")
    return found
