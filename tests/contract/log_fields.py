"""What the log pipeline, the index, dashboards and data sources take from a log line, and where they take another."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from neuroerp_telemetry.contract import LogField

from components import data_sources
from tests.dashboards import lint
from tests.logs import logstash_config

FROM_FILEBEAT = re.compile(r"kubernetes\..+|host\.name|tags|labels|event\.original")
ONLY_IN_PLAIN_LINES = {"log.origin.file.name", "log.origin.file.line"}
FIELD = re.compile(r"([\w.]+):")
FIELD_OPTIONS = ("timeField", "logMessageField", "logLevelField")


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


def problems(fields: Iterable[LogField], pipeline: str, template: str) -> list[str]:
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


def searches(boards: Mapping[str, str]) -> dict[str, set[str]]:
    """Field of the index, and who searches in it: panels, links to Kibana, and Grafana's data sources."""
    found: dict[str, set[str]] = {}
    for uid, text in boards.items():
        for user, name in (*_linked(text), *_shown(json.loads(text))):
            found.setdefault(name, set()).add(f"{uid} {user}")
    logs = data_sources.elasticsearch("", "")["jsonData"]
    shown = [*(logs[option] for option in FIELD_OPTIONS), *(link["field"] for link in logs["dataLinks"])]
    traces = data_sources.jaeger("", "")["jsonData"]["tracesToLogsV2"]["query"]
    for name in (*shown, *FIELD.findall(traces.partition("$")[0])):
        found.setdefault(name, set()).add("Grafana's data sources")
    return found


def _linked(text: str) -> Iterator[tuple[str, str]]:
    for query in re.findall(r"language:kuery,query:'([^']*)'", text):
        yield from (("(link to Kibana)", name) for name in FIELD.findall(unquote(query)))


def _shown(board: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in lint.panels(dict(board)):
        for target in panel["targets"]:
            if target["datasource"]["uid"] == "elasticsearch":
                yield from ((panel["title"], name) for name in (target["timeField"], *FIELD.findall(target["query"])))


def search_problems(boards: Mapping[str, str], fields: Iterable[LogField], template: str) -> list[str]:
    """Fields that are searched in, and neither a line nor Filebeat writes."""
    written = {field.indexed_as: field.type for field in fields}
    indexed = index_fields(template)
    found = []
    for name in sorted(searches(boards)):
        inside = written.get(name.split(".", maxsplit=1)[0]) == "flattened"
        if name not in written and not inside and not (FROM_FILEBEAT.fullmatch(name) and name in indexed):
            found.append(f"nothing writes {name}")
    return found
