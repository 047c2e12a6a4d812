"""Stacks that live for the whole test run: made once, and copied for every test that does something with them."""

import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from components.secrets import INVENTORY
from tests.components.platform_settings import REMOVED
from tests.components.test_stacks import ORDER
from tests.engine.harness import Stack, make
from tests.engine.outcome import Run

STACKS = ("dev", "prod")
CANARIES = {spec.config_key: f"Canary0{spec.config_key}0Value" for spec in INVENTORY if spec.config_key}
slow = partial(time.sleep, 0.1)


def dawdle(stack: Stack) -> Stack:
    """Let what others wait for take its time, so that a right order is no accident."""
    for later, earlier in ORDER.items():
        stack.world.faults |= {("create", earlier): slow, ("delete", later.strip()): slow}
    return stack


def without_secrets(stack: Stack) -> Stack:
    """Take its given secrets away again."""
    for key in CANARIES:
        stack.setting(key, REMOVED)
    return stack


@dataclass(frozen=True)
class Life:
    """A stack that was brought up."""

    stack: Stack
    preview: Run
    """Before it was there, and before its secrets were given."""
    up: Run
    again: Run
    """`preview --expect-no-changes` after it."""


class Lives:
    """The stacks of the test run."""

    def __init__(self, folder: Path, pulumi: str) -> None:
        self._folder, self._pulumi, self._numbers = folder, pulumi, count()
        self._made: dict[str, Stack] = {}
        self._lives: dict[str, Life] = {}

    def new(self, name: str) -> Stack:
        """A stack of which nothing is there yet."""
        if name not in self._made:
            self._made[name] = make(self._folder / name, name, self._pulumi, CANARIES)
        return self._copy(self._made[name])

    def life(self, name: str) -> Life:
        """A stack with all of it there; nobody may change it."""
        if name not in self._lives:
            stack, preview = dawdle(self.new(name)), without_secrets(self.new(name)).preview()
            self._lives[name] = Life(stack, preview, stack.up(), stack.preview("--expect-no-changes", "--json"))
        return self._lives[name]

    def there(self, name: str) -> Stack:
        """A copy of it that a test may change."""
        return self._copy(self.life(name).stack)

    def _copy(self, stack: Stack) -> Stack:
        return stack.copy(self._folder / f"{stack.name}-{next(self._numbers)}")
