"""Validators of custom objects, out of their CustomResourceDefinitions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator

from preview.parts import Object

_METADATA = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
_OPEN = "x-kubernetes-preserve-unknown-fields"
_KEPT = frozenset({
    "type", "required", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "multipleOf", "allOf", "anyOf", "oneOf",
    "not",
})  # fmt: skip


class CustomKinds:
    """The kinds that CustomResourceDefinitions serve."""

    def __init__(self, definitions: Iterable[Object]) -> None:
        self._specs: dict[str, list[Mapping[str, Any]]] = {}
        self._validators: dict[tuple[str, str], Validator] = {}
        for item in definitions:
            if item.kind == "CustomResourceDefinition":
                self._specs.setdefault(item.manifest["spec"]["group"], []).append(item.manifest["spec"])

    def knows(self, item: Object) -> bool:
        """Whether the group of an object is among them."""
        return _group(item) in self._specs

    def served(self, item: Object) -> list[str]:
        """The versions in which the kind of an object is served."""
        return [version["name"] for version in self._versions(item)]

    def validator(self, item: Object) -> Validator | None:
        """The strict validator of an object; None when its version is not served."""
        key = (str(item.manifest["apiVersion"]), item.kind)
        if key not in self._validators:
            name = key[0].rpartition("/")[2]
            version = next((entry for entry in self._versions(item) if entry["name"] == name), None)
            if version is None:
                return None
            schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
            self._validators[key] = Draft7Validator(_root(schema))
        return self._validators[key]

    def _versions(self, item: Object) -> list[Mapping[str, Any]]:
        specs = [spec for spec in self._specs.get(_group(item), ()) if spec["names"]["kind"] == item.kind]
        return [version for spec in specs for version in spec["versions"] if version.get("served")]


def _group(item: Object) -> str:
    return str(item.manifest["apiVersion"]).rpartition("/")[0]


def _root(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The whole object: Kubernetes itself knows what every object has."""
    result = strict(schema)
    result["properties"] = {**result.get("properties", {}), **_METADATA}
    return result


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema as JSON Schema, in which a field that the API server would drop is an error."""
    result = {key: value for key, value in schema.items() if key in _KEPT}
    if not _compiles(result.get("pattern")):
        del result["pattern"]
    if schema.get("x-kubernetes-int-or-string"):
        # The schemas say so again in anyOf.
        result.pop("anyOf", None)
        result["type"] = ["integer", "string"]
    properties = schema.get("properties")
    if properties:
        result["properties"] = {name: strict(below) for name, below in properties.items()}
    if schema.get("x-kubernetes-embedded-resource"):
        result["properties"] = {**result.get("properties", {}), **_METADATA}
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        result["additionalProperties"] = strict(additional)
    elif schema.get("type") == "object" and not additional and not schema.get(_OPEN):
        result["additionalProperties"] = False
    if isinstance(schema.get("items"), Mapping):
        # A list hands it on to its items.
        result["items"] = strict({**schema["items"], _OPEN: True} if schema.get(_OPEN) else schema["items"])
    if schema.get("nullable"):
        _allow_null(result)
    return result


def _allow_null(result: dict[str, Any]) -> None:
    if isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    if "enum" in result:
        result["enum"] = [*result["enum"], None]


def _compiles(pattern: str | None) -> bool:
    """Whether Python takes a pattern that is written for Go."""
    try:
        re.compile(pattern or "")
    except re.error:
        return False
    return True


def without_nulls(data: Any) -> Any:
    """Data without keys that have no value: for the API server they are not there, and templates leave many."""
    if isinstance(data, dict):
        return {key: without_nulls(value) for key, value in data.items() if value is not None}
    return [without_nulls(value) for value in data] if isinstance(data, list) else data
