"""A revision checked out beside the working tree, with the Python that its own lock file asks for."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from preview.yamlfile import InputError

LOCK = "requirements-dev.txt"
CACHE = "build/.diff"
_OF_HOOKS = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"})


def commit_of(root: Path, revision: str) -> str:
    """The commit that a revision names; raises ``InputError`` where there is no repository or no such revision."""
    if shutil.which("git") is None:
        raise InputError("git is not on PATH: install it, it checks the base out")
    inside = _git(root, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        raise InputError(f"{root}: {_complaint(inside, 'is in no git repository')}; run the command in a clone")
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        name = revision.encode(errors="replace").decode()
        raise InputError(f"{name!r} is no revision here; fetch it first (git fetch), or see git log")
    return found.stdout.strip()


@contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path]:
    """The project's directory in a worktree of a commit, which is removed at the end whatever happens."""
    prefix = _git(root, "rev-parse", "--show-prefix").stdout.strip()
    with tempfile.TemporaryDirectory(prefix="preview-diff-") as directory:
        tree = Path(directory).resolve() / "base"
        try:
            # A hook of the user's must not run for it.
            added = _git(root, "-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", str(tree), commit)
            if added.returncode:
                raise InputError(f"git worktree add: {_complaint(added, 'fails')}")
            yield tree / prefix
        finally:
            _git(root, "worktree", "remove", "--force", "--force", str(tree))


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # In a hook, these name the repository and the index of the commit that is being made.
    variables = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return subprocess.run(  # noqa: S603 - arguments are no shell's
        ["git", "-C", str(root), *arguments],  # noqa: S607 - git is the user's own
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=variables,
    )


def _complaint(done: subprocess.CompletedProcess[str], otherwise: str) -> str:
    """What a program complains of: its last line."""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else otherwise


def python_for(root: Path, base: Path, name: str) -> Path:
    """The Python of the base: this one where both lock files are the same, else one made once from the base's."""
    if not (base / "preview" / "__main__.py").is_file():
        raise InputError(f"{name} has no preview yet; name a later revision")
    lock = base / LOCK
    if not lock.is_file():
        raise InputError(
            f"{name} has no {LOCK}: it cannot be rendered with its own dependencies; name a later revision"
        )
    content = lock.read_bytes()
    if (root / LOCK).is_file() and (root / LOCK).read_bytes() == content:
        return Path(sys.executable)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = root / CACHE / f"python{version}-{sha256(content).hexdigest()[:16]}"
    python = place / "bin" / "python"
    if not (place / "installed").is_file():
        print(f"Installing the dependencies of {name}, once (about 20 s) ...", file=sys.stderr, flush=True)  # noqa: T201 - a command tells
        shutil.rmtree(place, ignore_errors=True)
        _make(place, python, lock, name)
        (place / "installed").touch()
    return python


def _make(place: Path, python: Path, lock: Path, name: str) -> None:
    """Make a virtual environment with what a lock file lists."""
    # With the pip that is here: to put another one into the environment takes longer than all else of it.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(place)],
        [*pip, "install", "--require-hashes", "-r", str(lock)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
        if done.returncode:
            raise InputError(f"{name}: its {LOCK} cannot be installed: {_complaint(done, 'pip fails')}")
