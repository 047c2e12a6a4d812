"""Command line: ``python -m preview [stack]``, and the commands beside it (``--help`` lists them)."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Sequence

from preview.commands import COMMANDS, PLAN, parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when a check fails or something is missing, 2 for what cannot be used."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    name = given.pop(0) if given[:1] and given[0] in COMMANDS else PLAN
    options = parser(name).parse_args(given)
    # Imported here, so that --help and a mistyped option answer at once.
    from preview.yamlfile import InputError

    try:
        return _run(name, options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


def _run(name: str, options: argparse.Namespace) -> int:
    if name == "capacity":
        from preview.capacity.command import capacity

        return capacity(options)
    if name == "charts":
        from preview.charts_command import charts

        return charts(options.directory, record=options.record)
    if name == "diff":
        from preview.diff_command import diff

        return diff(options)
    if name == "drift":
        from preview.drift.command import drift

        return drift(options)
    if name == "images":
        from preview.images_command import images

        return images(options)
    from preview.stack_command import preview

    return preview(options)


if __name__ == "__main__":
    # A run is over before a collection would pay, and taking the SDK's modules down takes longer than all checks.
    gc.disable()
    code = 1
    with contextlib.suppress(BrokenPipeError):
        code = main()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(code)
