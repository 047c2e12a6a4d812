"""The objects that Helm renders out of the charts of a plan's releases."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from preview.masking import Volatile
from preview.parts import CLUSTER_SCOPED, Object, Release
from preview.yamlfile import parse_trusted

# YAML ends a document at such a line wherever it stands, so no text inside a document can hold one.
_SEPARATOR = re.compile(r"^---(?:[ \t].*)?\n", re.MULTILINE)
_SOURCE = re.compile(r"# Source: (\S+)\n")
_LARGE = 50_000
"""Length of a text from which reading JSON instead of YAML pays: CustomResourceDefinitions."""
HOOK = "helm.sh/hook"


@dataclass(frozen=True)
class Rendered(Object):
    """An object of a release."""

    release: Release
    source: str
    """Template that it comes from, beginning with the chart's name."""
    text: str
    """The document as Helm wrote it; empty for an item of a list."""
    volatile: tuple[Volatile, ...] = ()
    """Places that come out otherwise in each rendering, like generated passwords."""

    @property
    def namespace(self) -> str:
        """Its namespace: that of the release where it says none; empty for an object of the whole cluster."""
        if self.kind in CLUSTER_SCOPED:
            return ""
        return str(self.manifest["metadata"].get("namespace") or self.release.namespace)

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.release.name}: {super().title}"

    @property
    def hook(self) -> bool:
        """Whether Helm makes it only at certain times, like a Job before an upgrade."""
        return HOOK in (self.manifest["metadata"].get("annotations") or {})


@dataclass(frozen=True)
class Rendering:
    """What came out of rendering a plan's releases."""

    objects: tuple[Rendered, ...] = ()
    """By release, in the order in which Helm gives them to the cluster."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why a release was not rendered, by its name."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """What Helm said against a release, by its name."""
    reason: str = ""
    """Why nothing was rendered."""

    @cached_property
    def note(self) -> str:
        """What is left out, in one line; empty when every release was rendered."""
        if self.reason or not self.missing:
            return self.reason
        first = next(iter(self.missing.values()))
        more = f" (and {len(self.missing) - 1} more)" if len(self.missing) > 1 else ""
        return f"{', '.join(self.missing)} not rendered: {first}{more}"


class UnreadableError(Exception):
    """What a chart renders to is no list of objects; the message is one line."""


def read(release: Release, output: str, cache: Path | None = None) -> Iterator[Rendered]:
    """The objects in what Helm printed; ``cache`` is a directory where large ones are kept in a faster form."""
    for text in _SEPARATOR.split(output):
        source = match[1] if (match := _SOURCE.match(text)) else ""
        try:
            data = _load(text, cache)
        except yaml.YAMLError as error:
            raise UnreadableError(f"{source} renders to no YAML: {' '.join(str(error).split())}") from None
        if data is None:
            continue
        items = data.get("items") if isinstance(data, dict) and str(data.get("kind", "")).endswith("List") else None
        for item in [data] if items is None else items:
            if not _is_object(item):
                raise UnreadableError(f"{source} renders to something without apiVersion, kind or metadata.name")
            yield Rendered(release.resource, item, release, source, text if items is None else "")


def _is_object(data: Any) -> bool:
    metadata = data.get("metadata") if isinstance(data, dict) else None
    return isinstance(metadata, dict) and all((data.get("apiVersion"), data.get("kind"), metadata.get("name")))


def _load(text: str, cache: Path | None) -> Any:
    if cache is None or len(text) < _LARGE:
        return parse_trusted(text)
    path = cache / f"{sha256(text.encode()).hexdigest()}.json"
    with suppress(OSError, ValueError):
        return json.loads(path.read_bytes())
    data = parse_trusted(text)
    # What JSON cannot hold, like a date, is read anew each time.
    with suppress(OSError, TypeError):
        content = json.dumps(data)
        cache.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(path)
    return data


def served(objects: Iterable[Rendered]) -> set[str]:
    """What CustomResourceDefinitions serve: each group and version, alone and with the kind."""
    found = set()
    for item in objects:
        if item.kind == "CustomResourceDefinition":
            spec = item.manifest["spec"]
            for version in spec.get("versions") or ():
                if version.get("served"):
                    api = f"{spec['group']}/{version['name']}"
                    found |= {api, f"{api}/{spec['names']['kind']}"}
    return found
