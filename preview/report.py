"""What a preview tells of a stack: the plan, what it needs, its totals and the results of the checks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from preview.checks import Result
from preview.needs import Needs, needs
from preview.plan import Plan
from preview.rendered import Rendering
from preview.totals import Totals, totals


@dataclass(frozen=True)
class Report:
    """All that is told of a plan; ``report_text`` shows it to people."""

    plan: Plan
    results: Sequence[Result]
    failed: bool
    where: str
    """The directory of the written files, as people read it."""
    rendering: Rendering = field(default_factory=Rendering)

    @property
    def needs(self) -> Needs:
        """What must be there before the stack comes up."""
        return needs(self.plan)

    @property
    def totals(self) -> Totals:
        """Counts and requested quantities."""
        return totals(self.plan)

    def to_json(self) -> dict[str, Any]:
        """Everything of the report, and the plan itself, for programs."""
        needed, releases = self.needs, ("name", "namespace", "chart", "version", "repository", "values")
        return {
            **self.plan.to_json(),
            "failed": self.failed,
            "output": self.where,
            "releases": [{key: getattr(release, key) for key in releases} for release in self.plan.releases],
            "objects": [item.manifest for item in self.plan.objects],
            "manifests": _manifests(self.rendering),
            "needs": asdict(needed) | {"secrets": [{"purpose": p, "command": line} for p, line in needed.secrets]},
            "totals": asdict(self.totals),
            "log": [{"level": level, "text": text} for level, text in self.plan.log],
            "checks": [asdict(result) for result in self.results],
        }


def _manifests(rendering: Rendering) -> dict[str, Any]:
    """How many objects each release renders to, and why others are not rendered; the objects are among the files."""
    counts = Counter(item.release.name for item in rendering.objects)
    return {
        "objects": dict(sorted(counts.items())),
        "missing": dict(rendering.missing),
        "failed": dict(rendering.failed),
    }
