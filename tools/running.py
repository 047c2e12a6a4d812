"""A long command: watched while it runs, and what it said when it fails."""

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LAST_LINES = 15


class CommandError(Exception):
    """A command that did not do its work; the message is the end of its output."""


def run(command: Sequence[str], directory: Path, tick: Callable[[], None], environment: Mapping[str, str]) -> str:
    """The output of the command; ``tick`` is called about once a second until it ends."""
    # A file, not a pipe: a full pipe would stop the command while nobody reads.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(  # noqa: S603 - commands come from this package
            command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            code = _wait(process, tick)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        said = output.read()
    if code:
        ending = f"ended with status {code}" if code > 0 else f"was ended by signal {-code}"
        raise CommandError("\n".join([*said.splitlines()[-LAST_LINES:], f"{Path(command[0]).name} {ending}"]))
    return said


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            tick()
