"""What rules, dashboards and the log pipeline take from the contract, and where they take something else."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import promql_parser
import yaml
from neuroerp_telemetry.contract import LogField, Metric
from promql_parser import AggregateExpr, Call, MatchOp, MatrixSelector, ParenExpr, SubqueryExpr, VectorSelector

from tests.dashboards import lint
from tests.logs import logstash_config

Metrics = Mapping[str, Metric]
Expressions = Iterable[tuple[str, str]]

COUNTING = {"rate", "irate", "increase", "resets"}
GAUGING = {"delta", "idelta", "deriv", "predict_linear"}
# Prometheus adds these to every sample that it scrapes or that a rule makes.
TARGET = {"__name__", "job", "namespace", "service", "pod", "container", "instance", "alertname", "severity"}
FROM_FILEBEAT = re.compile(r"kubernetes\..+|host\.name|tags|labels|event\.original")
ONLY_IN_PLAIN_LINES = {"log.origin.file.name", "log.origin.file.line"}


def series(metrics: Metrics) -> dict[str, Metric]:
    """Each name that a query may use."""
    return {name: metric for metric in metrics.values() for name in metric.series}


def rule_expressions(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for file, text in texts.items():
        for group in yaml.safe_load(text)["groups"]:
            for rule in group["rules"]:
                yield f"{file} {rule.get('record') or rule['alert']}", rule["expr"]


def dashboard_expressions(boards: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for uid, text in boards.items():
        for where, expr in lint.queries(json.loads(text)):
            yield f"{uid} {where}", expr


def problems(expressions: Expressions, metrics: Metrics) -> list[str]:
    """Names, labels, label values, buckets and functions that do not fit the contract."""
    known = series(metrics)
    found = []
    for where, expr in expressions:
        nodes: list[Any] = []
        promql_parser.walk(promql_parser.parse(lint.plain(expr)), nodes.append)
        for node in nodes:
            wrong = [*_selector(node, known), *_call(node, known), *_grouping(node, known)]
            found += [f"{where}: {problem}" for problem in wrong]
    return found


def _selector(node: Any, known: Metrics) -> Iterator[str]:
    if not isinstance(node, VectorSelector):
        return
    name = node.name or ""
    metric = known.get(name)
    if metric is None:
        yield f"nobody exports {name}"
        return
    for matcher in node.matchers.matchers:
        yield from _matcher(name, metric, matcher)


def _matcher(name: str, metric: Metric, matcher: Any) -> Iterator[str]:
    if matcher.name == "le" and name.endswith("_bucket"):
        bounds = {*metric.buckets, float("inf")}
        if metric.buckets and matcher.op is MatchOp.Equal and float(matcher.value) not in bounds:
            yield f"{name} has no bucket {matcher.value}"
        return
    label = next((label for label in metric.labels if label.name == matcher.name), None)
    if label is None:
        if matcher.name not in TARGET:
            yield f"{name} has no label {matcher.name}"
    elif label.values and matcher.value != "x":  # a variable of the dashboard
        pattern = re.escape(matcher.value) if matcher.op in (MatchOp.Equal, MatchOp.NotEqual) else matcher.value
        fits = any(re.fullmatch(pattern, value) for value in label.values)
        if matcher.value and not fits and not label.limit:
            yield f"{name} never has {matcher.name}={matcher.value}"


def _call(node: Any, known: Metrics) -> Iterator[str]:
    if isinstance(node, Call) and node.func.name in COUNTING | GAUGING:
        for selector in _selected(node):
            kind = known[selector].type if selector in known else "unknown"
            if (node.func.name in COUNTING) == (kind == "gauge"):
                yield f"{node.func.name}() of the {kind} {selector}"


def _grouping(node: Any, known: Metrics) -> Iterator[str]:
    if not isinstance(node, AggregateExpr) or not node.modifier or "By" not in str(node.modifier.type):
        return
    for name in _selected(node.expr):
        metric = known.get(name)
        if metric is None:
            continue
        given = {*TARGET, *metric.label_names, *(("le",) if name.endswith("_bucket") else ())}
        for label in node.modifier.labels:
            if label not in given:
                yield f"{name} has no label {label} to group by"


def _selected(node: Any) -> Iterator[str]:
    """The series that an expression hands on with their labels."""
    if isinstance(node, VectorSelector):
        yield node.name or ""
    elif isinstance(node, MatrixSelector):
        yield from _selected(node.vector_selector)
    elif isinstance(node, Call):
        for argument in node.args:
            yield from _selected(argument)
    elif isinstance(node, ParenExpr | SubqueryExpr):
        yield from _selected(node.expr)


def shown_labels(boards: Mapping[str, str], metrics: Metrics) -> list[str]:
    """Labels in legends that no metric has."""
    known = TARGET | {"le", "alertstate"} | {name for metric in metrics.values() for name in metric.label_names}
    used = {name for text in boards.values() for name in re.findall(r"\{\{\s*(\w+)\s*\}\}", text)}
    return sorted(used - known)


def renames(pipeline: str) -> dict[str, str]:
    """Key of a JSON line, and the field that the pipeline makes of it; dots between objects."""
    (mapping,) = [p for p in logstash_config.plugins(pipeline) if p.settings.get("id") == "json_map"]
    (date,) = [p for p in logstash_config.plugins(pipeline) if p.settings.get("id") == "date_app"]
    found = {_dotted(key): _dotted(value) for key, value in mapping.settings["rename"].items()}
    moment = _dotted(date.settings["match"][0])
    return {key: date.settings["target"] if value == moment else value for key, value in found.items()}


def _dotted(reference: str) -> str:
    return ".".join(re.findall(r"\[([^\]]+)\]", reference)).removeprefix("@metadata.j.") or reference


def index_fields(template: str) -> dict[str, str]:
    """Path of each field of the index, and its type."""
    found: dict[str, str] = {}

    def visit(properties: Mapping[str, Any], prefix: str) -> None:
        for name, body in properties.items():
            if "type" in body:
                found[prefix + name] = body["type"]
            visit(body.get("properties", {}), f"{prefix}{name}.")

    visit(json.loads(template)["template"]["mappings"]["properties"], "")
    return found


def log_problems(fields: Iterable[LogField], pipeline: str, template: str) -> list[str]:
    """Fields that a line has and the pipeline or the index has not, and the other way round."""
    mapped, indexed = renames(pipeline), index_fields(template)
    found = []
    for field in fields:
        if mapped.get(field.name) != field.indexed_as:
            found.append(f"the pipeline makes {mapped.get(field.name)} of {field.name}, not {field.indexed_as}")
        if indexed.get(field.indexed_as) != field.type:
            found.append(f"the index has {field.indexed_as} as {indexed.get(field.indexed_as)}, not {field.type}")
    written = {field.indexed_as for field in fields}
    for name, kind in indexed.items():
        if kind != "alias" and name not in written | ONLY_IN_PLAIN_LINES and not FROM_FILEBEAT.fullmatch(name):
            found.append(f"nothing writes {name}")
    return found


def searched_fields(boards: Mapping[str, str]) -> set[str]:
    """The fields that links to Kibana search in."""
    queries = (
        unquote(query) for text in boards.values() for query in re.findall(r"language:kuery,query:'([^']*)'", text)
    )
    return {name for query in queries for name in re.findall(r"([\w.]+):", query)}


def search_problems(boards: Mapping[str, str], fields: Iterable[LogField], template: str) -> list[str]:
    """Fields that links search in, and neither a line nor Filebeat writes."""
    written = {field.indexed_as: field.type for field in fields}
    indexed = index_fields(template)
    found = []
    for name in sorted(searched_fields(boards)):
        inside = written.get(name.split(".", maxsplit=1)[0]) == "flattened"
        if name not in written and not inside and not (FROM_FILEBEAT.fullmatch(name) and name in indexed):
            found.append(f"nothing writes {name}")
    return found
