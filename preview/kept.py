"""What Helm printed, kept for as long as all that it follows from stays as it is."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


def kept(path: Path, parts: Iterable[str], make: Callable[[], bytes]) -> bytes:
    """The content of a file if it was made from the same parts; otherwise it is made, and put there."""
    digest = sha256("\0".join(parts).encode()).hexdigest().encode()
    with suppress(OSError):
        first, _, content = path.read_bytes().partition(b"\n")
        if first == digest:
            return content
    content = make()
    # Without a place to keep it, it is made anew each time.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(digest + b"\n" + content)
        fresh.replace(path)
    return content


def fingerprint(path: Path) -> str:
    """What changes whenever a file, or any file below a directory, does."""
    digest = sha256()
    for found, stat in sorted(_files(str(path), path.stat())):
        digest.update(f"{found}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\0".encode())
    return digest.hexdigest()


def _files(path: str, stat: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
    yield path, stat
    if os.path.isdir(path):  # noqa: PTH112 - a chart has hundreds of files
        with os.scandir(path) as entries:
            for entry in entries:
                yield from _files(entry.path, entry.stat())
