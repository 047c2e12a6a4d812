"""The previews of both sides, all at the same time, each in a process of its own with its own code."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from preview.chart_store import CACHE
from preview.render import find_helm
from preview.yamlfile import InputError

# What would make Python import something else than the side's own code.
_NOT_PASSED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")


@dataclass(frozen=True)
class Side:
    """One side of the comparison."""

    name: str
    """How messages call it."""
    directory: Path
    python: Path
    output: Path
    """Directory that gets the build output of each stack."""


def run(sides: Sequence[tuple[Side, str]], options: Sequence[str], root: Path) -> None:
    """Plan stacks on their sides; raises ``InputError`` with one line when one cannot be planned."""
    environment = _environment()
    for side, _ in sides:
        if side.directory != root:
            _share_charts(root, side.directory)
    with _processes() as started:
        for side, stack in sides:
            target = side.output / stack
            target.parent.mkdir(parents=True, exist_ok=True)
            log: IO[str] = (side.output / f"{stack}.log").open("w+", encoding="utf-8")
            command = [str(side.python), "-m", "preview", stack, "--output", str(target), *options]
            process = subprocess.Popen(  # noqa: S603 - the project's own preview
                command, cwd=side.directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            started.append((side, stack, process, log))
        for side, stack, process, log in started:
            process.wait()
            # A check that fails is no reason against the comparison: the plan is there.
            if not (side.output / stack / "plan.json").is_file():
                log.seek(0)
                raise InputError(f"{side.name}: {stack} cannot be planned: {_complaint(log.read())}")


Started = tuple[Side, str, "subprocess.Popen[bytes]", IO[str]]


@contextmanager
def _processes() -> Iterator[list[Started]]:
    """A list of processes, of which none is left at the end."""
    started: list[Started] = []
    try:
        yield started
    finally:
        for _, _, process, log in started:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
                process.wait()
            log.close()


def _environment() -> dict[str, str]:
    """The variables of the previews: the same charts, the same Helm and the same key for all."""
    variables = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED}
    for name in ("CHARTS_MIRROR", "CHART_VALUES"):
        if variables.get(name):
            variables[name] = str(Path(variables[name]).absolute())
    helm = find_helm()
    if helm:
        variables["PATH"] = os.pathsep.join([variables.get("PATH", os.defpath), str(helm.parent)])
    return variables


def _share_charts(root: Path, base: Path) -> None:
    """Let a base find the charts that are at hand here; its own cache stays its own."""
    packages = list((root / CACHE).glob("*.tgz"))
    if packages:
        (base / CACHE).mkdir(parents=True, exist_ok=True)
    for package in packages:
        with suppress(FileExistsError):
            (base / CACHE / package.name).symlink_to(package)


def _complaint(text: str) -> str:
    """What a preview says last; of a Python that does not find it, that it has none."""
    if "No module named preview" in text:
        return "it has no preview yet; name a later revision"
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "the preview says nothing"
