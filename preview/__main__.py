"""Command line: ``python -m preview [stack]``, and the commands ``charts`` and ``images``."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_COMMANDS = ("charts", "images")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when a check fails or something is missing, 2 for what cannot be used."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = given.pop(0) if given[:1] and given[0] in _COMMANDS else ""
    options = (_charts_parser() if command == "charts" else _parser(command)).parse_args(given)
    # Imported here, so that --help and a mistyped option answer at once.
    from preview.yamlfile import InputError

    try:
        return _run(command, options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


def _run(command: str, options: argparse.Namespace) -> int:
    if command == "charts":
        from preview.charts_command import charts

        return charts(options.directory, record=options.record)
    if command == "images":
        from preview.images_command import images

        return images(options)
    from preview.stack_command import preview

    return preview(options)


def _parser(command: str) -> argparse.ArgumentParser:
    if command == "images":
        parser = argparse.ArgumentParser(
            prog="python -m preview images",
            description="List every image that a stack runs, out of its own objects and its rendered charts.",
        )
        forms = parser.add_mutually_exclusive_group()
        forms.add_argument("--json", action="store_true", help="print JSON: image, digest, and who runs it")
        forms.add_argument("--skopeo", action="store_true", help="print a file for: skopeo sync --src yaml")
    else:
        parser = argparse.ArgumentParser(
            prog="python -m preview",
            description="Plan a stack without engine, cluster or account: show it, write it as files, and check it.",
            epilog="Commands beside this: charts (download the pinned charts), images (list what a stack runs); each "
            "has --help. Exit status: 0 every check holds; 1 a check fails, or was not made while CI=true; 2 bad "
            "settings or usage. CHART_VALUES names a directory of unpacked charts (<chart>/values.yaml) to check Helm "
            "values against. CHARTS_MIRROR names a directory of charts to render, in place of where they come from. "
            "PREVIEW_KEY is the key of the hashes that stand for secret values in rendered objects.",
        )
        parser.add_argument("--output", type=Path, metavar="DIR", help="where the files go (default: build/<stack>)")
        parser.add_argument(
            "--verify",
            choices=["cluster"],
            help="ask the cluster in KUBECONFIG too whether it accepts every object (dry run)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the report")
    parser.add_argument("stack", nargs="?", default="dev", help="stack to plan: Pulumi.<stack>.yaml (default: dev)")
    parser.add_argument(
        "--manifests", action="store_true", help="render the charts that are not at hand too: pull them first"
    )
    parser.add_argument(
        "--require-manifests", action="store_true", help="likewise, and fail when one cannot be rendered"
    )
    return parser


def _charts_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m preview charts",
        description="Download every pinned chart into a directory that can be the setting charts.mirror.",
    )
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="where to (default: the preview's own)")
    parser.add_argument("--record", action="store_true", help="write the digests of the charts to the lock file")
    return parser


if __name__ == "__main__":
    # A run is over before a collection would pay, and taking the SDK's modules down takes longer than all checks.
    gc.disable()
    code = 1
    with contextlib.suppress(BrokenPipeError):
        code = main()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(code)
