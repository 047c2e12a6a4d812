"""How Helm releases are made."""

# ruff: noqa: ARG001 - all checks have one signature

from components.charts import CHARTS
from preview.checks import Context
from preview.hints import hint
from preview.plan import Plan


def check_charts_pinned(plan: Plan, context: Context) -> list[str]:
    """Every release has a chart and a version of the pins in components/charts.py."""
    pins = {chart.name: chart.version for chart in CHARTS}
    reasons = []
    for release in plan.releases:
        pin = pins.get(release.chart)
        if pin is None:
            reasons.append(
                f"{release.name}: chart {release.chart} has no pin in components/charts.py{hint(release.chart, pins)}"
            )
        elif release.version != pin:
            reasons.append(
                f"{release.name}: version {release.version or 'missing'} of chart {release.chart}; the pin is {pin}"
            )
    return reasons


def check_release_options(plan: Plan, context: Context) -> list[str]:
    """Every release is atomic, has a timeout, and an explicit name."""
    reasons = []
    for release in plan.releases:
        if release.inputs.get("atomic") is not True:
            reasons.append(f"{release.name}: a failed upgrade would stay half done; set atomic to true")
        if not release.inputs.get("timeout"):
            reasons.append(f"{release.name}: it would wait for the provider's default time; set timeout in seconds")
        if not release.inputs.get("name"):
            reasons.append(f"{release.name}: it would get a random suffix and so unknown DNS names; set name")
    return reasons
