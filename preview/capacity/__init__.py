"""Whether the sizes of a stack hold the load that it declares."""

import importlib
import json

from preview.capacity.formulas import Capacity
from preview.capacity.model import COSTS, Need, costs
from preview.run import modules_of
from preview.stackfile import Stack

__all__ = ["COSTS", "Capacity", "Need", "costs", "of"]


def of(stack: Stack) -> Capacity | None:
    """The needs of a stack whose settings are right; None when it declares no load, or has no settings of ours."""
    text = stack.config.get(f"{stack.project}:platform")
    if text is None or not (stack.root / "components").is_dir():
        return None
    with modules_of(stack.root):
        settings = importlib.import_module("components.settings").parse(json.loads(text))
    return Capacity(settings, settings.load, costs()) if settings.load else None
