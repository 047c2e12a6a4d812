"""The contract as a table, as JSON and as OpenMetrics metadata."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from .model import Label, Metric


def vocabulary(label: Label) -> str:
    """What values a label takes, in words."""
    parts = list(label.values)
    if label.setting:
        parts.append(f"<{label.setting}>")
    if label.limit:
        parts.append(f"up to {label.limit} more" + (f" like {label.pattern}" if label.pattern else ""))
    return f"{label.name} ({', '.join(parts)})" if parts else label.name


def table(sections: dict[str, Sequence[Sequence[str]]]) -> str:
    """Each section with its rows in columns; the first row is the heading."""
    texts = []
    for title, rows in sections.items():
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        texts.append("\n".join([title, "=" * len(title), *lines]))
    return "\n\n".join(texts) + "\n"


def metric_rows(metrics: Iterable[Metric]) -> list[tuple[str, ...]]:
    """A row for each metric."""
    rows: list[tuple[str, ...]] = [("name", "type", "unit", "owner", "labels", "buckets", "help")]
    for metric in metrics:
        labels = "; ".join(map(vocabulary, metric.labels)) or "-"
        buckets = " ".join(f"{bound:g}" for bound in metric.buckets) or "-"
        rows.append((metric.name, metric.type, metric.unit, metric.owner, labels, buckets, metric.help))
    return rows


def as_json(parts: dict[str, Any]) -> str:
    """The parts as JSON: declarations become objects, everything else stays."""
    plain = {name: [asdict(item) for item in part] if isinstance(part, tuple) else part for name, part in parts.items()}
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def openmetrics(metrics: Iterable[Metric]) -> str:
    """Type, unit and help of each metric family, without samples."""
    lines = []
    for metric in metrics:
        lines.append(f"# TYPE {metric.family} {metric.type}")
        if metric.name_unit:
            lines.append(f"# UNIT {metric.family} {metric.name_unit}")
        lines.append(f"# HELP {metric.family} {metric.help}")
    return "\n".join([*lines, "# EOF"]) + "\n"
