"""Making a program with ``go build``."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from .model import GoTool, Places
from .running import run
from .state import record


def environment() -> dict[str, str]:
    """The caller's environment without what would make the program come out otherwise."""
    # For this machine, whatever the caller builds for; and no other Go is fetched behind the user's back.
    kept = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH"}}
    return {**kept, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def obstacle(tools: Iterable[GoTool], places: Places) -> str | None:
    """What to install before these can be built, in one line."""
    needed = max(_numbers(_directive(places.module(tool) / "go.mod")) for tool in tools)
    wanted = ".".join(map(str, needed[:2]))
    go = shutil.which("go")
    if go is None:
        return f"Go is not on PATH: install Go {wanted} or newer (a distribution's package may be older)"
    answer = subprocess.run(  # noqa: S603 - the user's Go
        [go, "env", "GOVERSION"], capture_output=True, check=False, cwd=places.root, env=environment(), text=True
    )
    found = answer.stdout.strip().removeprefix("go")
    if _numbers(found) < needed:
        return f"Go {found or '(unknown)'} on PATH is too old: install Go {wanted} or newer"
    return None


def build(tool: GoTool, places: Places, tick: Callable[[], None]) -> None:
    """Build the program and put it in its place at once, so that a broken build leaves the old one."""
    places.made.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="work-", dir=places.made) as name:
        work = Path(name)
        module = places.module(tool)
        if tool.lacks_web_interface:
            module = _with_empty_web_interface(tool, module, work, tick)
        new = work / "program"
        run(["go", "build", "-o", str(new), *tool.recipe], module, tick, environment())
        program = places.program(tool)
        program.parent.mkdir(exist_ok=True)
        new.replace(program)
    record(tool, places)


def _with_empty_web_interface(tool: GoTool, module: Path, work: Path, tick: Callable[[], None]) -> Path:
    """A module that builds from a copy of the tool's module with an empty page where its web interface belongs."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(module / name, work)
    run(["go", "mod", "download", tool.module], work, tick, environment())
    source = run(["go", "list", "-m", "-f", "{{.Dir}}", tool.module], work, tick, environment()).strip()
    copy = work / "copy"
    shutil.copytree(source, copy)
    for directory, _, _ in os.walk(copy):
        Path(directory).chmod(0o755)  # The cache of modules is read-only.
    page = copy / "ui" / "app" / "dist" / "index.html"
    page.parent.mkdir()
    page.touch()
    # A relative path: the program would show where it was built otherwise.
    run(["go", "mod", "edit", f"-replace={tool.module}=./copy"], work, tick, environment())
    return work


def _directive(file: Path) -> str:
    found = re.search(r"^go (\S+)$", file.read_text(), re.MULTILINE)
    return found[1] if found else ""


def _numbers(version: str) -> tuple[int, ...]:
    """1.26 is 1.26.0 and 1.27rc1 is 1.27.0: a candidate may build."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(number or 0) for number in found.groups()) if found else (0, 0, 0)
