"""Making a tool from a zip that Maven fetches."""

import os
import shutil
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from .model import Archive, Places
from .running import CommandError, run
from .state import record


def obstacle(tool: Archive) -> str | None:
    """What to install before it can be fetched, in one line."""
    return None if shutil.which("mvn") else f"Maven (mvn) is not on PATH: install it, {tool.name} comes through it"


def unpack(tool: Archive, places: Places, tick: Callable[[], None]) -> None:
    """Fetch the zip through the user's Maven, compare its digest, and unpack it in place of an older one."""
    coordinate, digest = tool.recipe
    places.made.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="work-", dir=places.made) as name:
        work = Path(name)
        options = ["-q", "-B", "-Dstyle.color=never", f"-Dartifact={coordinate}", f"-DoutputDirectory={work}"]
        run(["mvn", "dependency:copy", *options], work, tick, os.environ)
        fetched = work / f"{tool.name}-{tool.version}.zip"
        with fetched.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
        if found != digest:
            raise CommandError(f"{fetched.name} has the SHA-256 digest {found}\nbut must have                 {digest}")
        inside = _extract(fetched, work / "unpacked")
        target = places.made / tool.name
        shutil.rmtree(target, ignore_errors=True)
        inside.replace(target)
    record(tool, places)


def _extract(file: Path, target: Path) -> Path:
    """The one directory of the zip, with the permissions of its files (``extractall`` drops them)."""
    with ZipFile(file) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, target))
            if mode := member.external_attr >> 16 & 0o777:
                path.chmod(mode)
    (inside,) = target.iterdir()
    return inside
