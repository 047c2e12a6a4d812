"""The templates of a chart as they are, chart by subchart, to see what they ask for."""

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_MEMBER = re.compile(r"(?P<folder>(?:charts/[^/]+/)*)(?:Chart\.yaml|templates/.+|charts/[^/]+\.tgz)")
_SOURCE = re.compile(r"[^/]+/((?:charts/[^/]+/)*)")
_LIBRARY = re.compile(r"^type:\s*[\"']?library", re.MULTILINE)
_ALIAS = re.compile(r"^\s+(?:- )?alias:", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A chart, or one of its subcharts."""

    folder: str
    """Where it lies in the whole: ``charts/<subchart>/``, or nothing for the chart itself."""
    meta: str
    """Its Chart.yaml."""
    texts: Iterable[str]
    """Its templates, which may be read only when they are asked for."""


def used(chart: Path, sources: Iterable[str]) -> Iterator[str]:
    """The templates of those parts of a chart that had a say in what was rendered from some sources.

    A subchart of which nothing came out is switched off; one that is a library has a say wherever it is.
    """
    folders = {match[1] for source in sources if (match := _SOURCE.match(source))}
    parts = list(read(chart))
    # Below an alias, a subchart's sources are called otherwise than its folder.
    aliased = any(_ALIAS.search(part.meta) for part in parts)
    for part in parts:
        if aliased or part.folder in folders or _LIBRARY.search(part.meta):
            yield from part.texts


def read(chart: Path, folder: str = "") -> Iterator[Part]:
    """The parts of a chart, packaged or unpacked."""
    if chart.is_file():
        with chart.open("rb") as stream:
            yield from _packaged(stream, folder)
        return
    meta = chart / "Chart.yaml"
    text = meta.read_text(encoding="utf-8", errors="replace") if meta.is_file() else ""
    yield Part(folder, text, _below(chart / "templates"))
    for path in sorted((chart / "charts").glob("*")):
        if path.is_dir():
            yield from read(path, f"{folder}charts/{path.name}/")
        elif path.suffix == ".tgz":
            with path.open("rb") as stream:
                yield from _packaged(stream, f"{folder}charts/*/")


def _below(directory: Path) -> Iterator[str]:
    """The texts of a directory."""
    for path in directory.rglob("*"):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def _packaged(stream: IO[bytes], folder: str) -> Iterator[Part]:
    """The parts of a packaged chart; one that is packaged as part of another is called by its own name."""
    metas: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    nested: list[Part] = []
    with tarfile.open(fileobj=stream, mode="r:gz") as archive:
        for member in archive:
            top, _, rest = member.name.partition("/")
            match = _MEMBER.fullmatch(rest)
            if match is None or not member.isfile() or (content := archive.extractfile(member)) is None:
                continue
            below = folder.replace("*", top) + match["folder"]
            if rest.endswith(".tgz"):
                nested += _packaged(content, f"{below}charts/*/")
            elif rest.endswith("Chart.yaml"):
                metas[below] = content.read().decode(errors="replace")
            else:
                texts.setdefault(below, []).append(content.read().decode(errors="replace"))
    for name in sorted({*metas, *texts}):
        yield Part(name, metas.get(name, ""), texts.get(name, ()))
    yield from nested
