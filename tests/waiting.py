"""Waiting for what comes by itself."""

import contextlib
import time
from collections.abc import Callable
from typing import Any


def wait(what: str, condition: Callable[[], Any], seconds: float = 30, pause: float = 0.05) -> Any:
    """Wait until a condition holds and return what it gave; the error says what it gave last."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s (last: {found!r})")
        time.sleep(pause)


def settled(what: str, complaints: Callable[[], list[str]], seconds: float = 30, pause: float = 0.05) -> list[str]:
    """The complaints that are still there after some time; none as soon as there are none."""
    with contextlib.suppress(TimeoutError):
        wait(what, lambda: not complaints(), seconds, pause)
    return complaints()
