"""JSON Schema validators: for charts' values, and for the objects of Kubernetes in two of its versions."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator, validator_for
from referencing import Registry
from referencing.jsonschema import DRAFT7

from preview.hints import hint
from preview.wire import MASKS

_DEFINITIONS = "/api/_definitions.json"


def validator(schema: Mapping[str, Any]) -> Validator:
    """A validator of the draft that a schema names."""
    return validator_for(schema, default=Draft7Validator)(schema)


def problems(valid: Validator, value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Path and message of each error; a masked value may be of any type."""
    for error in valid.iter_errors(value):
        if isinstance(error.instance, str) and error.instance in MASKS:
            continue
        if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
            known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
            for key in sorted(set(error.instance) - set(known)):
                yield (*error.absolute_path, key), f"is unknown{hint(key, known)}"
        else:
            yield tuple(error.absolute_path), error.message


@cache
def _version(version: str) -> tuple[dict[tuple[str, str], str], Any]:
    """Schema name by apiVersion and kind, and the registry that resolves references."""
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("kubernetes_validate is not installed; pip install -r requirements-dev.txt")
    # Its files alone: importing the package costs more than all objects take to check.
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    content = json.loads((folder / "_definitions.json").read_bytes())
    names = {}
    for name, schema in content["$defs"].items():
        for entry in schema.get("x-kubernetes-group-version-kind", ()):
            api = f"{entry['group']}/{entry['version']}" if entry["group"] else entry["version"]
            names[api, entry["kind"]] = name
    registry: Any = Registry().with_resource(_DEFINITIONS, DRAFT7.create_resource(content))
    return names, registry


@cache
def description(version: str, api_version: str, kind: str) -> str | None:
    """What Kubernetes says about a kind; None when this version does not serve it."""
    names, registry = _version(version)
    name = names.get((api_version, kind))
    return registry.contents(_DEFINITIONS)["$defs"][name].get("description", "") if name else None


@cache
def kubernetes_type(version: str, name: str) -> Validator:
    """The strict validator of a type that objects are made of, like ``ResourceRequirements``."""
    _, registry = _version(version)
    reference = f"{_DEFINITIONS}#/$defs/io.k8s.api.core.v1.{name}"
    return Draft7Validator({"$ref": reference}, registry=registry)


@cache
def kubernetes(version: str, api_version: str, kind: str) -> Validator | None:
    """The strict validator of a kind, where an unknown key is an error; None when this version does not serve it."""
    names, registry = _version(version)
    name = names.get((api_version, kind))
    return Draft7Validator({"$ref": f"{_DEFINITIONS}#/$defs/{name}"}, registry=registry) if name else None
