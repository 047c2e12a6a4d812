"""What a person sees while tools are made."""

import time
from collections.abc import Callable
from typing import TextIO

# Below this a count of seconds is only flicker.
QUIET_SECONDS = 2


class Progress:
    """One line per tool: with running seconds on a terminal, else a plain line at the start and one at the end."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._count = 0
        self._head = ""
        self._began = 0.0

    def skip(self, what: str, why: str) -> None:
        """A tool with which nothing is to do."""
        self._next(what)
        self._write(f"{self._head}  {why}\n")

    def start(self, what: str) -> None:
        """A tool that is now made."""
        self._next(what)
        self._began = self._clock()
        self._write(f"{self._head} ..." + ("" if self._terminal else "\n"))

    def tick(self) -> None:
        """Show the seconds, where they can be written over."""
        seconds = self._clock() - self._began
        if self._terminal and seconds >= QUIET_SECONDS:
            self._write(f"\r{self._head} ...  {seconds:.0f} s")

    def finish(self, result: str = "") -> None:
        """The tool is made, or the result says what else became of it."""
        seconds = f"{self._clock() - self._began:.0f} s"
        start = "\r" if self._terminal else ""
        self._write(f"{start}{self._head} ...  {f'{result} after {seconds}' if result else seconds}\n")

    def _next(self, what: str) -> None:
        self._count += 1
        self._head = f"[{self._count:>{len(str(self._total))}}/{self._total}] {what}"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
