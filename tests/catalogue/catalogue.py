"""Catalogues: the series that real exporters have, one file for each exporter.

A file begins with lines `# key: value` (KEYS), then has one line for each series that a query can name:

    name | counter, gauge or untyped | labels, each with its values where rules select them: mode=idle,user | help

The parts of a histogram or summary are series of their own.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
TYPES = ("counter", "gauge", "untyped")
KEYS = ("exporter", "version", "recorded", "how")
"""What, its version, the day of the recording (or `no`), and how it was set up (or the source, if not recorded)."""
# Every program that is written in Go has them.
RUNTIME = ("go_", "process_", "promhttp_")
SEPARATOR = " | "
WRITABLE = re.compile(r"[^\s,|=]*")
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+[^\s}]+(?:\s+\d+)?\s*$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
PART = re.compile(r"_(bucket|count|sum)$")


@dataclass(frozen=True)
class Series:
    """A name that queries use, with the labels of the exporter."""

    name: str
    type: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of each label; none where they do not matter."""
    help: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The series of an exporter."""

    exporter: str
    version: str
    recorded: str
    how: str
    series: tuple[Series, ...]


def recorded_series(expositions: Iterable[str], valued: Collection[str] = ()) -> tuple[Series, ...]:
    """The series of these expositions in the classic text format, by name, with the values of some labels.

    Raises ValueError for another text, and for one without series. Not by the client library's parser: that adds
    `_total` to counters without it.
    """
    types: dict[str, str] = {}
    helps: dict[str, str] = {}
    labels: dict[str, dict[str, set[str]]] = {}
    for line in (line for text in expositions for line in text.splitlines() if line.strip()):
        if line.startswith("#"):
            _, keyword, name, *rest = [*line.split(maxsplit=3), "", ""]
            {"TYPE": types, "HELP": helps}.get(keyword, {})[name] = rest[0]
        elif match := SAMPLE.match(line):
            if not match["name"].startswith(RUNTIME):
                known = labels.setdefault(match["name"], {})
                for label, value in LABEL.findall(match["labels"] or ""):
                    known.setdefault(label, set()).update({value} if label in valued else ())
        else:
            raise ValueError(f"no metrics: {line[:80]!r}")
    if not labels:
        raise ValueError("it has no series")
    return tuple(
        Series(
            name,
            _type(types, name),
            {label: tuple(sorted(values)) for label, values in sorted(found.items())},
            " ".join((helps.get(name) or helps.get(PART.sub("", name), "")).split()),
        )
        for name, found in sorted(labels.items())
    )


def _type(types: Mapping[str, str], name: str) -> str:
    """A summary's quantiles are gauges, the parts of it and of a histogram counters."""
    own = {"counter": "counter", "gauge": "gauge", "summary": "gauge", "untyped": "untyped"}.get(types.get(name, ""))
    return own or ("counter" if types.get(PART.sub("", name)) in ("histogram", "summary") else "untyped")


def as_text(catalogue: Catalogue) -> str:
    """The file. Raises ValueError for a value of a label that it cannot hold."""
    lines = [f"# {key}: {getattr(catalogue, key)}" for key in KEYS]
    for series in catalogue.series:
        for label, values in series.labels.items():
            if wrong := [value for value in values if not WRITABLE.fullmatch(value)]:
                raise ValueError(f"{series.name}: a catalogue cannot hold {label}={wrong[0]!r}: leave its values out")
        labels = (f"{label}={','.join(values)}" if values else label for label, values in series.labels.items())
        parts = [series.name, series.type, " ".join(labels) or "-", series.help]
        lines.append(SEPARATOR.join(part for part in parts if part))
    return "\n".join(lines) + "\n"


def parse(text: str, name: str) -> Catalogue:
    """The catalogue in a file; raises ValueError, which names the file and the line."""
    lines = text.splitlines()
    header = dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    if missing := [key for key in KEYS if not header.get(key)]:
        raise ValueError(f"{name}: begin it with # {missing[0]}: ...")
    series = tuple(_series(f"{name}:{n}", line) for n, line in enumerate(lines, 1) if line and not line.startswith("#"))
    return Catalogue(**{key: header[key] for key in KEYS}, series=series)


def _series(where: str, line: str) -> Series:
    name, kind, labels, text = [*(part.strip() for part in line.split(SEPARATOR, 3)), "", "", ""][:4]
    if kind not in TYPES or not labels:
        raise ValueError(f"{where}: write name | {', '.join(TYPES)} | labels | help")
    pairs = (word.partition("=") for word in labels.split() if word != "-")
    return Series(name, kind, {label: tuple(values.split(",")) if values else () for label, _, values in pairs}, text)


def read_all(folder: Path = FOLDER) -> list[Catalogue]:
    """All catalogues, by file name. Raises ValueError."""
    return [parse(path.read_text(), path.name) for path in sorted(folder.glob("*.txt"))]
