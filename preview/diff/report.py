"""The difference of all environments, as text for a terminal and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from preview.diff.environment import Environment, Judged
from preview.diff.fields import MISSING, Field
from preview.diff.risk import Risk
from preview.diff.shown import diff_lines, sides

_FIELDS = 20
_LINES = 6


@dataclass(frozen=True)
class Difference:
    """What changes from one revision to another."""

    base: str
    """The revision as it was given."""
    commit: str
    """Its commit; empty for a directory."""
    environments: Sequence[Environment]

    @property
    def risk(self) -> Risk:
        """The highest risk of all environments."""
        return max((environment.risk for environment in self.environments), default=Risk.NONE)

    @property
    def name(self) -> str:
        """How messages call the base."""
        return f"{self.base} ({self.commit[:10]})" if self.commit and self.commit != self.base else self.base


def summary(environment: Environment) -> str:
    """One line: how many objects change, and how risky that is."""
    counts = environment.counts
    if not environment.changes:
        return "No change"
    told = ", ".join(f"{counts[verb]} {verb}" for verb in ("added", "changed", "removed"))
    return f"{told}; highest risk: {environment.risk.label}"


def as_text(difference: Difference) -> str:
    """Sentences first, then the fields of each object, long ones cut."""
    lines = [f"From {difference.name} to the working tree"]
    for environment in difference.environments:
        lines += [
            "",
            f"{environment.stack}: {summary(environment)}",
            *(f"  note: {note}" for note in environment.notes),
        ]
        lines += [f"  [{finding.risk.label}] {finding.sentence}" for finding, _ in environment.findings]
        for judged in environment.changes:
            lines += ["", f"  {judged.change.verb} {judged.change.item.title} ({judged.risk.label})"]
            lines += [f"    {line}" for line in _cut_fields(judged.change.fields)]
    return "\n".join(lines) + "\n"


def _cut_fields(fields: Sequence[Field]) -> Iterator[str]:
    for field in fields[:_FIELDS]:
        lines = list(diff_lines(field))
        yield from lines[: _LINES + 1]
        if len(lines) > _LINES + 1:
            yield f"  ... {len(lines) - _LINES - 1} more lines"
    if len(fields) > _FIELDS:
        yield f"  ... {len(fields) - _FIELDS} more fields"


def as_json(difference: Difference) -> dict[str, Any]:
    """Everything, as plain data."""
    return {
        "base": difference.base,
        "commit": difference.commit,
        "risk": difference.risk.label,
        "environments": [
            {
                "stack": environment.stack,
                "risk": environment.risk.label,
                **{verb: environment.counts[verb] for verb in ("added", "changed", "removed")},
                "notes": list(environment.notes),
                "findings": [
                    {
                        "risk": finding.risk.label,
                        "sentence": finding.sentence,
                        "object": change.item.title,
                        "fields": [field.place for field in finding.fields],
                    }
                    for finding, change in environment.findings
                ],
                "objects": [_object(judged) for judged in environment.changes],
            }
            for environment in difference.environments
        ],
    }


def _object(judged: Judged) -> dict[str, Any]:
    item = judged.change.item
    return {
        "kind": item.kind,
        "namespace": item.namespace,
        "name": item.name,
        "release": item.owner,
        "change": judged.change.verb,
        "risk": judged.risk.label,
        "fields": [_field(field) for field in judged.change.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    """A field; a side on which it is not there is left out."""
    before, after = sides(field)
    values = {"before": before, "after": after}
    return {"path": field.place, **{side: value for side, value in values.items() if value is not MISSING}}
