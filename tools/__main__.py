"""Command line: ``python -m tools [tool or family ...]``."""

# ruff: noqa: T201 - a command prints

import argparse
import sys
from collections.abc import Sequence

from . import HERE, archive, build
from .model import Archive, GoTool, Places, Tool
from .progress import Progress
from .running import CommandError
from .state import describe, find_made, find_on_path
from .table import TOOLS, UnknownToolError, select


def main(arguments: Sequence[str] | None = None, places: Places = HERE) -> int:
    """Make the tools; 0 all are there, 1 one could not be made, 2 unknown name or something must be installed first."""
    options = _parser().parse_args(arguments)
    try:
        chosen = select(tuple(options.names))
    except UnknownToolError as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        _list(chosen if options.names else TOOLS, places)
        return 0
    try:
        return _make(chosen, places)
    except KeyboardInterrupt:
        print("\ninterrupted: the tools that were finished stay", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools",
        description="Make the pinned tools that tests and local runs use, in .tools/bin. What is up to date, or on "
        "PATH in exactly the pinned version, is left alone.",
        epilog="Exit status: 0 all are there; 1 one could not be made; 2 unknown name, or Go or Maven is missing. "
        "A first build of all takes about 25 minutes on two cores, later ones a few minutes.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="tool or family; all but elasticsearch when none is named, all for everything",
    )
    parser.add_argument("--list", action="store_true", help="show name, family, version and state, and make nothing")
    return parser


def _list(tools: Sequence[Tool], places: Places) -> None:
    names = max(len(tool.name) for tool in TOOLS)
    families = max(len(tool.family) for tool in TOOLS)
    for tool in tools:
        state = describe(tool, places)
        print(f"{tool.name:{names}}  {tool.family:{families}}  {tool.version:8}  {state}")


def _make(chosen: Sequence[Tool], places: Places) -> int:
    there = {tool.name: why for tool in chosen if (why := _there(tool, places))}
    if problem := _obstacle([tool for tool in chosen if tool.name not in there], places):
        print(problem, file=sys.stderr)
        return 2
    progress = Progress(len(chosen), sys.stdout)
    failed = []
    for tool in chosen:
        what = f"{tool.name} {tool.version}"
        if tool.name in there:
            progress.skip(what, there[tool.name])
        else:
            progress.start(what)
            try:
                if isinstance(tool, Archive):
                    archive.unpack(tool, places, progress.tick)
                else:
                    build.build(tool, places, progress.tick)
            except CommandError as error:
                progress.finish("failed")
                print(error, file=sys.stderr)
                failed.append(tool.name)
            else:
                progress.finish()
    if failed:
        print(f"{len(failed)} of {len(chosen)} could not be made: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _there(tool: Tool, places: Places) -> str | None:
    if find_made(tool, places):
        return "up to date"
    if found := find_on_path(tool, places):
        # An old copy would hide the right one from whoever puts .tools/bin first on PATH.
        places.program(tool).unlink(missing_ok=True)
        return f"on PATH: {found}"
    return None


def _obstacle(tools: Sequence[Tool], places: Places) -> str | None:
    for tool in tools:
        if isinstance(tool, Archive) and (problem := archive.obstacle(tool)):
            return problem
    built = [tool for tool in tools if isinstance(tool, GoTool)]
    return build.obstacle(built, places) if built else None


if __name__ == "__main__":
    sys.exit(main())
