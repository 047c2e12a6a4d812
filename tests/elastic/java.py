"""Java of the version that Elasticsearch and its libraries need."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

LEAST = 21


def need_java() -> Path:
    """Home of a JDK that is new enough; the test is skipped without one, and fails in CI."""
    if home := find_java():
        return home
    reason = f"needs a JDK of version {LEAST} or newer: install one and set ES_JAVA_HOME to its directory"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def find_java() -> Path | None:
    """From ES_JAVA_HOME, JAVA_HOME and the like, from PATH, or from where Linux systems have them."""
    return next((home for home in _homes() if (version(home) or 0) >= LEAST), None)


def _homes() -> Iterator[Path]:
    # CI machines have several, as JAVA_HOME_21_X64 and the like.
    for variable in ("ES_JAVA_HOME", *sorted(name for name in os.environ if name.startswith("JAVA_HOME"))):
        if value := os.environ.get(variable):
            yield Path(value)
    if program := shutil.which("java"):
        yield Path(program).resolve().parents[1]
    yield from sorted(Path("/usr/lib/jvm").glob("*"))


def version(home: Path) -> int | None:
    """Its major version; None where no JDK is."""
    release = home / "release"
    if not release.is_file() or not (home / "bin" / "javac").exists():
        return None
    match = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"), re.MULTILINE)
    return int(match[1]) if match else None
