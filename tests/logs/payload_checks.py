"""What the requests to Elasticsearch must look like, and how they must fit each other."""

import json
import re
from typing import Any

from logs import LogContent

ANY = object()

_PRIORITY = {"priority": int}
POLICY_SCHEMA = {
    "policy": {
        "phases": {
            "hot": {
                "actions": {"rollover": {"max_age": str, "max_primary_shard_size": str}, "set_priority": _PRIORITY},
            },
            "warm?": {
                "min_age": str,
                "actions": {"forcemerge": {"max_num_segments": int}, "set_priority": _PRIORITY},
            },
            "delete": {"min_age": str, "actions": {"delete": {}}},
        },
        "_meta": {"owner": str},
    }
}
COMPONENT_SCHEMA = {"template": {"mappings": {"dynamic": bool, "properties": ANY}}, "_meta": {"owner": str}}
INDEX_SCHEMA = {
    "index_patterns": list,
    "priority": int,
    "data_stream": {},
    "composed_of": list,
    "template": {
        "settings": {
            "index": {
                "number_of_shards": int,
                "number_of_replicas": int,
                "lifecycle": {"name": str},
                "codec": str,
                "mapping": {"ignore_malformed": bool},
            }
        }
    },
    "_meta": {"owner": str},
}
PAYLOADS = {
    "10-lifecycle-policy.json": ("/_ilm/policy/valeo-neuroerp", POLICY_SCHEMA),
    "20-component-template.json": ("/_component_template/valeo-neuroerp-mappings", COMPONENT_SCHEMA),
    "30-index-template.json": ("/_index_template/valeo-neuroerp", INDEX_SCHEMA),
}
FIELD_KEYS = {
    "date": {"ignore_malformed"},
    "keyword": {"ignore_above", "index", "doc_values", "fields"},
    "text": set(),
    "integer": set(),
    "alias": {"path"},
    "flattened": {"ignore_above"},
}


def closed(value: Any, schema: Any, path: str = "") -> list[str]:
    """Keys that are missing, unknown, or hold another type than the schema says (`name?` may be missing)."""
    if schema is ANY:
        return []
    if isinstance(schema, type):
        return [] if type(value) is schema else [f"{path} is no {schema.__name__}"]
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    known = {key.rstrip("?"): inner for key, inner in schema.items()}
    needed = {key for key in schema if not key.endswith("?")}
    found = [f"{path}/{key} is missing" for key in sorted(needed - set(value))]
    found += [f"{path}/{key} is unknown" for key in sorted(set(value) - set(known))]
    for key in sorted(set(value) & set(known)):
        found += closed(value[key], known[key], f"{path}/{key}")
    return found


def field_faults(properties: dict[str, Any], path: str = "") -> list[str]:
    """Mapping faults: unknown types and options, and keywords that refuse a document when a value is long."""
    found = []
    for name, mapping in properties.items():
        here = f"{path}.{name}".lstrip(".")
        if "type" not in mapping:
            found += [] if set(mapping) == {"properties"} else [f"{here} has neither type nor properties"]
            found += field_faults(mapping.get("properties", {}), here)
            continue
        kind = mapping["type"]
        if kind not in FIELD_KEYS:
            found.append(f"{here} has the unknown type {kind}")
            continue
        found += [f"{here} has the unknown option {key}" for key in set(mapping) - FIELD_KEYS[kind] - {"type"}]
        if kind in ("keyword", "flattened") and mapping.get("index", True) and "ignore_above" not in mapping:
            found.append(f"{here} needs ignore_above")
        found += field_faults(mapping.get("fields", {}), here)
    return found


def payload_faults(content: LogContent) -> list[str]:
    """Requests that Elasticsearch would refuse, or that do not fit each other."""
    if list(content.payloads) != list(PAYLOADS):
        return [f"the payload files are {list(content.payloads)}"]
    found, bodies = [], {}
    for name, text in content.payloads.items():
        request = json.loads(text)
        path, schema = PAYLOADS[name]
        if {key: request.get(key) for key in ("method", "path")} != {"method": "PUT", "path": path}:
            found.append(f"{name} does not PUT {path}")
        found += closed(request, {"method": str, "path": str, "body": schema}, name)
        bodies[name] = request.get("body", {})
    if found:
        return found
    policy, component, index = bodies.values()
    found += field_faults(component["template"]["mappings"]["properties"])
    phases = policy["policy"]["phases"]
    ages = [hours(phases["hot"]["actions"]["rollover"]["max_age"])]
    ages += [hours(phases[name]["min_age"]) for name in ("warm", "delete") if name in phases]
    if ages != sorted(ages):
        found.append(f"the ages of rollover, warm and delete do not rise: {ages}")
    if (
        index["template"]["settings"]["index"]["lifecycle"]["name"]
        != PAYLOADS["10-lifecycle-policy.json"][0].split("/")[-1]
    ):
        found.append("the template names another policy")
    if index["composed_of"] != [PAYLOADS["20-component-template.json"][0].split("/")[-1]]:
        found.append("the template is composed of another component")
    return found


def hours(age: str) -> int:
    """Length of an age such as 12h or 30d."""
    match = re.fullmatch(r"(\d+)([hd])", age)
    if not match:
        raise ValueError(f"{age!r} is no age")
    return int(match[1]) * (24 if match[2] == "d" else 1)
