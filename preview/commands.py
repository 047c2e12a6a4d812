"""The commands of ``python -m preview``, and the options of each."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Parser = argparse.ArgumentParser
PLAN = ""
"""The command without a name: show the plan of a stack."""
RISKS = ("low", "medium", "high", "destructive")


@dataclass(frozen=True)
class Command:
    """What a command is for, and how it is called."""

    summary: str
    """A few words for the list of commands."""
    description: str
    options: Callable[[Parser], None]
    status: str
    """What its exit status says."""


def parser(name: str) -> Parser:
    """The parser of a command."""
    command, program = COMMANDS[name], "python -m preview"
    epilog = command.status
    if name == PLAN:
        others = ", ".join(f"{other} ({each.summary})" for other, each in COMMANDS.items() if other != PLAN)
        epilog = f"Commands beside this, each with --help: {others}. {epilog}"
    made = Parser(prog=f"{program} {name}".strip(), description=command.description, epilog=epilog)
    command.options(made)
    return made


def _plan(made: Parser) -> None:
    _stack(made, "plan")
    made.add_argument("--output", type=Path, metavar="DIR", help="where the files go (default: build/<stack>)")
    made.add_argument(
        "--verify",
        choices=["cluster"],
        help="ask the cluster in KUBECONFIG too whether it accepts every object (dry run)",
    )
    made.add_argument("--json", action="store_true", help="print one JSON object instead of the report")
    _manifests(made)


def _capacity(made: Parser) -> None:
    _stack(made, "look at")
    made.add_argument("--json", action="store_true", help="print JSON: every need, and what a unit of load costs")


def _charts(made: Parser) -> None:
    made.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="where to (default: the preview's own)")
    made.add_argument("--record", action="store_true", help="write the digests of the charts to the lock file")


def _diff(made: Parser) -> None:
    made.add_argument("base", metavar="BASE", help="revision, or directory with an earlier run's <stack>/plan.json")
    made.add_argument("--stack", action="append", metavar="STACK", help="may be given again (default: all stacks)")
    made.add_argument("--format", choices=["text", "markdown", "json"], default="text", help="default: text")
    made.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
    made.add_argument("--fail-on", choices=RISKS, metavar="RISK", help=f"exit with 1 from that on: {', '.join(RISKS)}")
    _manifests(made)


def _drift(made: Parser) -> None:
    _stack(made, "compare")
    made.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def _images(made: Parser) -> None:
    _stack(made, "list")
    forms = made.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON: image, digest, and who runs it")
    forms.add_argument("--skopeo", action="store_true", help="print a file for: skopeo sync --src yaml")
    _manifests(made)


def _stack(made: Parser, what: str) -> None:
    made.add_argument("stack", nargs="?", default="dev", help=f"stack to {what}: Pulumi.<stack>.yaml (default: dev)")


def _manifests(made: Parser) -> None:
    made.add_argument("--manifests", action="store_true", help="pull the charts that are not at hand, and render them")
    made.add_argument("--require-manifests", action="store_true", help="likewise, and fail when one cannot be rendered")


COMMANDS = {
    PLAN: Command(
        "show the plan of a stack",
        "Plan a stack without engine, cluster or account: show it, write it as files, and check it.",
        _plan,
        "Exit status: 0 every check holds; 1 a check fails, or was not made while CI=true; 2 bad settings or usage. "
        "CHART_VALUES names a directory of unpacked charts (<chart>/values.yaml) to check Helm values against. "
        "CHARTS_MIRROR names a directory of charts to render, in place of where they come from. PREVIEW_KEY is the key "
        "of the hashes that stand for secret values in rendered objects.",
    ),
    "capacity": Command(
        "hold the sizes against the load",
        "Hold the sizes of a stack against the load that it declares (platform.load): disk, memory, processors and "
        "shards, with every formula and the source of every figure.",
        _capacity,
        "Exit status: 0 the sizes hold the load; 1 one of them is too small; 2 no load, or bad settings.",
    ),
    "charts": Command(
        "download the pinned charts",
        "Download every pinned chart into a directory that can be the setting charts.mirror.",
        _charts,
        "Exit status: 0 all are there; 1 one cannot be had.",
    ),
    "diff": Command(
        "compare two revisions",
        "Render a base revision and the working tree, and say what changes in each environment. The base is checked "
        "out apart, and rendered by its own code with its own lock file.",
        _diff,
        "The whole report is in build/diff.md and build/diff.json. Exit status: 0 compared; 1 the risk is that of "
        "--fail-on or higher, or a required chart is missing; 2 no such revision, or a side cannot be planned.",
    ),
    "drift": Command(
        "compare a stack with its cluster",
        "Compare a stack with its cluster, read only: what the program asks for with what Helm holds and with what is "
        "there, inside the releases too. Fields that nobody set do not count.",
        _drift,
        "Exit status: 0 nothing differs; 1 something does; 2 the cluster cannot be read, or bad settings.",
    ),
    "images": Command(
        "list what a stack runs",
        "List every image that a stack runs, out of its own objects and its rendered charts.",
        _images,
        "Exit status: 0 the list is whole; 1 a chart is missing; 2 bad settings or usage.",
    ),
}
