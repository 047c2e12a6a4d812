"""Whether a tool is there: up to date below .tools, or of the right version on PATH."""

import os
import shutil
import subprocess
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from .model import Archive, GoTool, Places, Tool


def find_made(tool: Tool, places: Places) -> Path | None:
    """The program below .tools, if it is up to date; no process is started for this."""
    program = places.program(tool)
    try:
        return program if places.stamp(tool).read_text() == _stamp(tool, places) else None
    except FileNotFoundError:
        return None


def find_on_path(tool: Tool, places: Places) -> Path | None:
    """The program on PATH, if it says that it has exactly the pinned version."""
    if isinstance(tool, Archive):  # A whole Elasticsearch behaves otherwise than the one for tests.
        return None
    own = places.program(tool).parent.resolve()
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    others = [part for part in parts if part and Path(part).resolve() != own]
    found = shutil.which(tool.name, path=os.pathsep.join(others))
    return Path(found) if found and _version(tool, found) == tool.version else None


def record(tool: Tool, places: Places) -> None:
    """Note that the program was made from what lies there now."""
    stamp = places.stamp(tool)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_stamp(tool, places))


def describe(tool: Tool, places: Places) -> str:
    """The state in words, for a list."""
    if find_made(tool, places):
        return "up to date"
    if found := find_on_path(tool, places):
        return f"on PATH: {found}"
    return "out of date" if places.program(tool).exists() else "missing"


def _stamp(tool: Tool, places: Places) -> str:
    """A digest of all that decides how the program comes out, and its size: a file put there by hand has none."""
    digest = sha256("\0".join(tool.recipe).encode())
    if isinstance(tool, GoTool):
        for name in tool.sources:
            digest.update(places.module(tool).joinpath(name).read_bytes())
    return f"{digest.hexdigest()} {places.program(tool).stat().st_size}\n"


@lru_cache
def _version(tool: GoTool, program: str) -> str | None:
    # Otherwise Pulumi asks the network whether there is a newer one.
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(  # noqa: S603 - the program was found on PATH by its name
            [program, *tool.asks],
            capture_output=True,
            check=False,
            env=environment,
            errors="replace",
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tool.version_in(answer.stdout + "\n" + answer.stderr)
