"""The plan of a stack, shown, written and checked: what ``python -m preview [stack]`` does."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from preview.stackfile import find_root, load

if TYPE_CHECKING:
    from preview.checks import Check
    from preview.run import Recording


def preview(options: argparse.Namespace) -> int:
    """Plan a stack, render its charts, check all of it, and show it; the exit status."""
    root = find_root(Path.cwd())
    recording = recorded(root, options.stack)
    if recording is None:
        return 2
    from preview import plan as plans
    from preview.render import render_stack

    plan = plans.build(recording)
    required: bool = options.require_manifests
    with ThreadPoolExecutor(1) as pool:
        rendered = pool.submit(render_stack, plan, root, network=options.manifests or required)
        # Helm runs in processes of its own meanwhile.
        from preview.checks import Context
        from preview.checks.cluster import check_accepted
        from preview.checks.registry import CHECKS, MANIFEST_CHECKS, evaluate, evaluate_together
        from preview.report import Report
        from preview.write import write

        charts = os.environ.get("CHART_VALUES")
        context = Context(recording, Path(charts) if charts else None)
        own, own_of_charts = _own_checks(root)
        results = evaluate(plan, context, (*CHECKS, *own))
        rendering = rendered.result()
    of_charts = (*MANIFEST_CHECKS, *own_of_charts)
    results += evaluate_together(plan, replace(context, rendering=rendering), of_charts)
    if options.verify == "cluster":
        results += evaluate(plan, context, [check_accepted])
    optional = set() if required else {check.__name__ for check in of_charts}
    in_ci = os.environ.get("CI") == "true"
    failed = (required and bool(rendering.missing)) or any(
        result.status == "fails" or (in_ci and result.status == "not run" and result.name not in optional)
        for result in results
    )
    target = options.output or root / "build" / options.stack
    write(plan, target, rendering)
    report = Report(plan, results, failed, os.path.relpath(target), rendering)
    if options.json:
        import json

        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        from preview.report_text import show

        show(report)
    if required and rendering.missing:
        print(f"--require-manifests: {rendering.note}", file=sys.stderr)
    return int(failed)


def _own_checks(root: Path) -> "tuple[list[Check], list[Check]]":
    """The checks of a plan and of its rendered charts that only a project with our settings or policy can hold."""
    of_plan: list[Check] = []
    of_charts: list[Check] = []
    if (root / "components" / "load.py").is_file():
        from preview.checks.capacity import check_capacity

        of_plan.append(check_capacity)
    if (root / "policy").is_dir():
        # Not in the registry of checks: the policy is made of what the preview gives it.
        from policy.preview_check import check_policy, check_rendered_policy

        of_plan.append(check_policy)
        of_charts.append(check_rendered_policy)
    return of_plan, of_charts


def recorded(root: Path, stack: str) -> "Recording | None":
    """What the program of a stack asks for; None after it was said why it cannot be planned."""
    load(root, stack)  # A mistake in a stack file is told before the SDK is imported.
    from preview.run import ProgramError, run

    try:
        return run(root, stack)
    except ProgramError as error:
        print(error, file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - whatever the program raises is shown
        _explain(error, root / "__main__.py")
    return None


def _explain(error: Exception, program: Path) -> None:
    """Show a mistake in the program from where it begins: the frames of the SDK above it say nothing."""
    import traceback

    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename != str(program):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame or error.__traceback__)
