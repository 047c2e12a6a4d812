"""What a command of the Pulumi command line came to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One command of the command line."""

    code: int
    text: str
    """What it printed."""
    events: list[dict[str, Any]]
    """What the engine reported, in its order."""
    seconds: float

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return [event[kind] for event in self.events if kind in event]

    @property
    def counts(self) -> dict[str, int]:
        """How many resources there were of each kind of step, the stack's own among them."""
        return {op: number for found in self._all("summaryEvent") for op, number in found["resourceChanges"].items()}

    @property
    def steps(self) -> list[str]:
        """What is done to which resource, like `update Release::grafana`; nothing for those that stay the same."""
        found = [event["metadata"] for kind in ("resourcePreEvent", "resOutputsEvent") for event in self._all(kind)]
        idle = ("same", "refresh")  # A refresh says before it looks that it does, and after it what it found.
        return sorted({f"{step['op']} {short(step['urn'])}" for step in found if step["op"] not in idle})

    @property
    def changes(self) -> dict[str, list[str]]:
        """The paths that differ in each resource, by kind and name."""
        found = [event["metadata"] for event in self._all("resourcePreEvent")]
        return {short(step["urn"]): sorted(step["detailedDiff"]) for step in found if step.get("detailedDiff")}

    def said(self, severity: str) -> list[str]:
        """The messages of one severity."""
        return [found["message"].strip() for found in self._all("diagnosticEvent") if found["severity"] == severity]


def short(urn: str) -> str:
    """Kind and name out of a URN."""
    kind, _, name = urn.split("::", 2)[2].partition("::")
    return f"{kind.rpartition(':')[2]}::{name}"
