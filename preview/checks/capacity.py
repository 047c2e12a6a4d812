"""Whether the sizes of a stack hold its declared load."""

from preview import capacity
from preview.checks import Context, TolerableError
from preview.plan import Plan


def check_capacity(plan: Plan, context: Context) -> list[str]:
    """The sizes hold the declared load, where a stack declares one."""
    found = capacity.of(context.recording.stack)
    if found is None:
        return []
    reasons = [
        f"{need.system}, {need.title}: needs {need.shown(need.needs)}, has {need.shown(need.has)}; "
        f"enlarge {need.setting} (python -m preview capacity {plan.stack})"
        for need in found.needs
        if not need.met
    ]
    if reasons and found.settings.tier != "production":
        raise TolerableError(*reasons)
    return reasons
