"""The plan for programs, as one JSON object."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from preview.checks import Result
from preview.needs import Needs
from preview.plan import Plan
from preview.rendered import Rendering
from preview.totals import Totals


def as_json(
    plan: Plan,
    needs: Needs,
    totals: Totals,
    results: Sequence[Result],
    failed: bool,
    where: str,
    rendering: Rendering | None = None,
) -> dict[str, Any]:
    """Everything of the report, and the plan itself."""
    return {
        **plan.to_json(),
        "failed": failed,
        "output": where,
        "releases": [
            {
                "name": release.name,
                "namespace": release.namespace,
                "chart": release.chart,
                "version": release.version,
                "repository": release.repository,
                "values": release.values,
            }
            for release in plan.releases
        ],
        "objects": [item.manifest for item in plan.objects],
        "manifests": _manifests(rendering or Rendering()),
        "needs": {**asdict(needs), "secrets": [{"purpose": p, "command": command} for p, command in needs.secrets]},
        "totals": asdict(totals),
        "log": [{"level": level, "text": text} for level, text in plan.log],
        "checks": [asdict(result) for result in results],
    }


def _manifests(rendering: Rendering) -> dict[str, Any]:
    """How many objects each release renders to, and why others are not rendered; the objects are among the files."""
    counts = Counter(item.release.name for item in rendering.objects)
    return {
        "objects": dict(sorted(counts.items())),
        "missing": dict(rendering.missing),
        "failed": dict(rendering.failed),
    }
