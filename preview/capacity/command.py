"""What ``python -m preview capacity [stack]`` does: hold the sizes of a stack against its declared load."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from preview.stack_command import recorded
from preview.stackfile import find_root

if TYPE_CHECKING:
    from preview.capacity import Capacity

UNDECLARED = "platform.load: is missing; declare the load of the stack in Pulumi.{stack}.yaml, see docs/settings.md"


def capacity(options: argparse.Namespace) -> int:
    """Print what the load needs and what there is; the exit status is 1 when something is too small."""
    root = find_root(Path.cwd())
    recording = recorded(root, options.stack)
    if recording is None:
        return 2
    from preview.capacity import COSTS, of
    from preview.yamlfile import read

    found = of(recording.stack)
    if found is None:
        print(UNDECLARED.format(stack=options.stack), file=sys.stderr)
        return 2
    sources = read(COSTS)
    if options.json:
        import json

        needs = [{**vars(need), "met": need.met} for need in found.needs]
        print(json.dumps({"stack": options.stack, "needs": needs, "constants": sources}))
    else:
        _show(found)
        print("\nWhat a unit of load costs (preview/capacity/costs.yaml):")
        for name, entry in sources.items():
            print(f"  {name} = {entry['value']:,} {entry['unit']}: {entry['source']}")
    return int(not all(need.met for need in found.needs))


def _show(found: "Capacity") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "quantity", "needs", "has", "setting", box=None, pad_edge=False)
    for need in found.needs:
        style = None if need.met else "red"
        row = (need.title, need.shown(need.needs), need.shown(need.has), need.setting)
        table.add_row(need.system, *row, style=style)
    console = Console(highlight=False, width=120)
    console.print(table)
    console.print("\nHow it is worked out:", markup=False)
    for need in found.needs:
        console.print(f"  {need.system}, {need.title}: {need.formula}", markup=False, soft_wrap=True)
