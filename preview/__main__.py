"""Command line: ``python -m preview [stack]``."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the preview; 0 when every check holds, 1 when one does not, 2 when the stack cannot be planned."""
    options = _parser().parse_args(arguments)
    # Imported here, so that --help and a mistyped option answer at once.
    from preview.yamlfile import InputError

    try:
        return _preview(options.stack, options.output, options.json, options.verify == "cluster")
    except InputError as error:
        return _refuse(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m preview",
        description="Plan a stack without engine, cluster or account: show it, write it as files, and check it.",
        epilog="Exit status: 0 every check holds; 1 a check fails, or was not made while CI=true; 2 bad settings or "
        "usage. CHART_VALUES names a directory of unpacked charts (<chart>/values.yaml) to check Helm values against.",
    )
    parser.add_argument("stack", nargs="?", default="dev", help="stack to plan: Pulumi.<stack>.yaml (default: dev)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where the files go (default: build/<stack>)")
    parser.add_argument(
        "--verify",
        choices=["cluster"],
        help="ask the cluster in KUBECONFIG too whether it accepts every object (dry run)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the report")
    return parser


def _preview(stack: str, output: Path | None, as_json: bool, ask_cluster: bool) -> int:
    from preview.stackfile import find_root, load

    root = find_root(Path.cwd())
    load(root, stack)  # A mistake in a stack file is told before the SDK is imported.
    target = output or root / "build" / stack
    from preview.run import ProgramError, run

    try:
        recording = run(root, stack)
    except ProgramError as error:
        return _refuse(str(error))
    except Exception as error:  # noqa: BLE001 - whatever the program raises is shown
        return _explain(error, root / "__main__.py")
    from preview import plan as plans
    from preview.checks import Context
    from preview.checks.cluster import check_accepted
    from preview.checks.registry import CHECKS, evaluate
    from preview.needs import needs
    from preview.totals import totals
    from preview.write import write

    plan = plans.build(recording)
    charts = os.environ.get("CHART_VALUES")
    checks = (*CHECKS, check_accepted) if ask_cluster else CHECKS
    results = evaluate(plan, Context(recording, Path(charts) if charts else None), checks)
    in_ci = os.environ.get("CI") == "true"
    failed = any(result.status == "fails" or (in_ci and result.status == "not run") for result in results)
    write(plan, target)
    from preview.report import as_json as to_json
    from preview.report import show

    where = os.path.relpath(target)
    if as_json:
        import json

        print(json.dumps(to_json(plan, needs(plan), totals(plan), results, failed, where), ensure_ascii=False))
    else:
        show(plan, needs(plan), totals(plan), results, failed, where)
    return int(failed)


def _explain(error: Exception, program: Path) -> int:
    """Show a mistake in the program from where it begins: the frames of the SDK above it say nothing."""
    import traceback

    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename != str(program):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame or error.__traceback__)
    return 2


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    # A run is over before a collection would pay, and taking the SDK's modules down takes longer than all checks.
    gc.disable()
    code = main()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(code)
