"""The files of a Helm chart that say which values it takes: its values, its schema, and those of its subcharts."""

import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from preview.parts import Release
from preview.yamlfile import parse_trusted

_WANTED = re.compile(r"(?:charts/[^/]+/)*(?:Chart\.yaml|values\.yaml|values\.schema\.json|charts/[^/]+\.tgz)")


class NotAtHandError(Exception):
    """The files of a chart cannot be read here; the message says what to do."""


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Helm merges them: mappings key by key, everything else replaced, a null removes the key."""
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


@dataclass(frozen=True)
class ChartFiles:
    """A chart, packaged or unpacked."""

    files: Mapping[str, str]
    """Text by path inside the chart."""
    prefix: str = ""
    """Folder of this chart among the files."""
    siblings: Path | None = None
    """Directory where the subcharts of a chart lie that was unpacked without them."""

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Chart.yaml."""
        return parse_trusted(self.files.get(f"{self.prefix}Chart.yaml", "")) or {}

    @cached_property
    def own_values(self) -> dict[str, Any]:
        """values.yaml."""
        return parse_trusted(self.files.get(f"{self.prefix}values.yaml", "")) or {}

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """values.schema.json, if the chart has one."""
        text = self.files.get(f"{self.prefix}values.schema.json")
        return json.loads(text) if text else None

    @cached_property
    def _dependencies(self) -> dict[str, str]:
        """Name of each subchart by the key that its values stand under."""
        declared = self.meta.get("dependencies") or []
        return {entry.get("alias") or entry["name"]: entry["name"] for entry in declared}

    def subchart(self, key: str) -> "ChartFiles | None":
        """The subchart whose values stand under ``key``; None when it is no subchart's key."""
        name = self._dependencies.get(key)
        if name is None:
            return None
        folder = f"{self.prefix}charts/{name}/"
        if f"{folder}Chart.yaml" in self.files:
            return ChartFiles(self.files, folder, self.siblings)
        if self.siblings and (self.siblings / name / "Chart.yaml").is_file():
            return read_directory(self.siblings / name)
        raise NotAtHandError(f"the values of its subchart {name} are not at hand; add charts/{name} to it")

    def values_under(self, key: str) -> Any:
        """What the chart sets by default under a top-level key, a subchart's own values included."""
        own = self.own_values.get(key)
        subchart = self.subchart(key)
        return own if subchart is None else merge(subchart.own_values, own if isinstance(own, Mapping) else {})


def read_directory(path: Path) -> ChartFiles:
    """An unpacked chart."""
    files = {}
    for found in (path, *(path / "charts").glob("**/")):
        for name in ("Chart.yaml", "values.yaml", "values.schema.json"):
            if (found / name).is_file():
                files[(found / name).relative_to(path).as_posix()] = (found / name).read_text(encoding="utf-8")
    for archive in (path / "charts").glob("*.tgz"):
        with archive.open("rb") as stream:
            files |= _nested(stream, "")
    return ChartFiles(files, siblings=path.parent)


def read_archive(path: Path) -> ChartFiles:
    """A packaged chart."""
    with path.open("rb") as stream:
        return ChartFiles(
            {name.partition("/")[2]: text for name, text in _unpack(stream).items()}, siblings=path.parent
        )


def _unpack(stream: IO[bytes]) -> dict[str, str]:
    """The wanted files of an archive by their path in it, which begins with the chart's name."""
    files: dict[str, str] = {}
    with tarfile.open(fileobj=stream, mode="r:gz") as archive:
        for member in archive:
            top, _, rest = member.name.partition("/")
            if not _WANTED.fullmatch(rest) or (content := archive.extractfile(member)) is None:
                continue
            if rest.endswith(".tgz"):
                files |= _nested(content, f"{top}/")
            else:
                files[member.name] = content.read().decode()
    return files


def _nested(stream: IO[bytes], prefix: str) -> dict[str, str]:
    """The files of a packaged subchart, under the path that it would have unpacked."""
    return {f"{prefix}charts/{name}": text for name, text in _unpack(stream).items()}


def named(release: Release, root: Path) -> Path | None:
    """The chart that a release names as a path."""
    path = root / str(release.inputs.get("chart", ""))
    return path if path.is_file() or (path / "Chart.yaml").is_file() else None


def find(release: Release, root: Path, directory: Path | None) -> ChartFiles:
    """The chart of a release: the one that it names as a path, else the one in ``directory``."""
    if path := named(release, root):
        return read_archive(path) if path.is_file() else read_directory(path)
    if directory is None:
        raise NotAtHandError("set CHART_VALUES to a directory of charts, or platform.charts.mirror")
    if not (directory / release.chart / "values.yaml").is_file():
        raise NotAtHandError(f"{directory} has no {release.chart}/values.yaml; put it there")
    return read_directory(directory / release.chart)
