"""The kinds of objects: how each is read, what of it counts, how it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = r"([a-z0-9][a-z0-9_.-]*)"
# What Elasticsearch adds to its answers: a key with this value means the same as no key.
ADDED = {"min_age": "0ms", "delete_searchable_snapshot": "true", "hidden": "false", "allow_custom_routing": "false"}
ADDED_TIME = re.compile(r"(created|modified)_date(_millis|_string)?")


class KindError(Exception):
    """A body or an answer has not the form of its kind."""


class Kind:
    """Objects of Elasticsearch with a path of their own, which a PUT replaces."""

    ready = "/_cluster/health?wait_for_status=yellow&timeout=5s"

    def __init__(self, title: str, path: str) -> None:
        """Its name for a person, and the path before the object's name."""
        self.title, self.path = title, re.compile(f"{path}/{NAME}")
        self.key = path.rpartition("/")[2].lstrip("_")

    def name(self, path: str) -> str:
        """The object's name."""
        return path.rpartition("/")[2]

    def stored(self, path: str, answer: Any) -> Any:
        """What a GET answered, in the form of a payload's body; raises `KindError`."""
        try:
            (found,) = (item[self.key] for item in answer[f"{self.key}s"] if item["name"] == self.name(path))
            return {key: value for key, value in found.items() if not ADDED_TIME.fullmatch(key)}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise KindError(f"not in the answer: {error}") from None

    def content(self, body: Any) -> Any:
        """The part of a body that holds settings, mappings and the owner; raises `KindError`."""
        return body

    def wanted(self, body: Any, have: Any) -> tuple[Any, Any]:
        """What is compared: the payload and what is stored, each in one form."""
        return normal(body), normal(have)

    def write(self, path: str, body: Any, *, new: bool) -> tuple[str, str, Any]:  # noqa: ARG002 - see DataView
        """Method, path and body of the request that writes it."""
        return "PUT", path, body

    def written(self, answer: Any) -> bool:
        """Whether the answer says that it was written."""
        return isinstance(answer, dict) and answer.get("acknowledged") is True


class Lifecycle(Kind):
    """Lifecycle policies; their answers are by name."""

    def stored(self, path: str, answer: Any) -> Any:
        """The policy without its version and use."""
        try:
            return {"policy": answer[self.name(path)]["policy"]}
        except (KeyError, TypeError) as error:
            raise KindError(f"not in the answer: {error}") from None

    def content(self, body: Any) -> Any:
        """The policy itself; raises `KindError`."""
        policy = body.get("policy")
        if not isinstance(policy, dict):
            raise KindError("it needs an object policy")
        return policy


class DataView(Kind):
    """Data views of Kibana: https://www.elastic.co/docs/api/doc/kibana/group/endpoint-data-views."""

    ready = "/api/status"

    def stored(self, path: str, answer: Any) -> Any:  # noqa: ARG002 - the answer is this one view
        """The view; Kibana adds its version, its fields and more."""
        try:
            return {"data_view": dict(answer["data_view"])}
        except (KeyError, TypeError, ValueError) as error:
            raise KindError(f"not in the answer: {error}") from None

    def content(self, body: Any) -> Any:
        """The view itself."""
        view = body.get("data_view")
        if not isinstance(view, dict) or not isinstance(view.get("title"), str):
            raise KindError("it needs an object data_view with a title")
        return view

    def wanted(self, body: Any, have: Any) -> tuple[Any, Any]:
        """Only the keys of the payload: what people add to a view, such as formats of fields, is theirs."""
        kept = {key: value for key, value in have["data_view"].items() if key in body["data_view"]}
        return normal(body), normal({"data_view": kept})

    def write(self, path: str, body: Any, *, new: bool) -> tuple[str, str, Any]:
        """A POST, which for a new view goes to the collection and names the id."""
        if not new:
            # Kibana would read the fields of the streams again, which may not be there yet.
            return "POST", path, {**body, "refresh_fields": False}
        return "POST", path.rpartition("/")[0], {"data_view": {"id": self.name(path), **body["data_view"]}}

    def written(self, answer: Any) -> bool:
        """The answer is the view."""
        return isinstance(answer, dict) and isinstance(answer.get("data_view"), dict)


class SnapshotRepository(Kind):
    """Places for snapshots; their answers are by name."""

    def stored(self, path: str, answer: Any) -> Any:
        """The place without the identity that Elasticsearch gave it."""
        try:
            found = answer[self.name(path)]
            return {"type": found["type"], "settings": dict(found["settings"])}
        except (KeyError, TypeError, ValueError) as error:
            raise KindError(f"not in the answer: {error}") from None


class SnapshotPolicy(Kind):
    """Policies that make snapshots; their answers are by name, and say of the last snapshots, too."""

    def stored(self, path: str, answer: Any) -> Any:
        """The policy without its version and what it did."""
        try:
            return dict(answer[self.name(path)]["policy"])
        except (KeyError, TypeError, ValueError) as error:
            raise KindError(f"not in the answer: {error}") from None

    def content(self, body: Any) -> Any:
        """The owner stands in what each snapshot is marked with."""
        config = body.get("config")
        if not isinstance(config, dict):
            raise KindError("it needs an object config")
        return {"_meta": config.get("metadata")}


INDEX_TEMPLATE = Kind("index template", "/_index_template")
KINDS: tuple[Kind, ...] = (
    Lifecycle("lifecycle policy", "/_ilm/policy"),
    Kind("component template", "/_component_template"),
    INDEX_TEMPLATE,
    SnapshotRepository("snapshot repository", "/_snapshot"),
    SnapshotPolicy("snapshot policy", "/_slm/policy"),
    DataView("data view", "/api/data_views/data_view"),
)


def normal(value: Any) -> Any:
    """One form for what is sent and what comes back: the server makes settings strings, and adds defaults."""
    if isinstance(value, dict):
        items = {key: normal(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if ADDED.get(key) != item}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def fields(mappings: Any, path: str = "") -> Iterator[str]:
    """The dotted names of all fields of a mapping, those inside of others too."""
    if not isinstance(mappings, dict):
        return
    for part in ("properties", "fields"):
        for name, field in (mappings.get(part) or {}).items():
            yield f"{path}{name}"
            yield from fields(field, f"{path}{name}.")
