"""A repository of its own with a few families and fake programs, so that no test builds or fetches anything."""

import shutil
from pathlib import Path

import pytest

from tools import HERE
from tools.model import Places

FAMILIES = ("kwok", "metrics", "helm", "otelcol")
# It notes its arguments and surroundings, and "builds" a program that holds the path of its package.
GO = """
echo "$PWD: CGO_ENABLED=$CGO_ENABLED GOOS=$GOOS $*" >> {log}
case "$1 $2" in
  "env GOVERSION") echo go{version} ;;
  "list -m") echo {source} ;;
  "mod download" | "mod edit") ;;
  build*)
    case "$*" in *{broken}) echo "first line"; echo "undefined: nothing" >&2; exit 1 ;; esac
    for last; do :; done
    echo "$last" > "$3"
    if [ -d copy ]; then echo copy/ui/app/dist/* >> {log}; fi ;;
esac
"""


class Project:
    """The repository, and what its fake programs were asked to do."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root.resolve()
        self.places = Places(self.root)
        self.on_path = self.root / "on-path"
        self.on_path.mkdir()
        self.log = self.root / "log"
        for family in FAMILIES:
            target = self.root / "tools" / family
            target.mkdir(parents=True)
            for name in ("go.mod", "go.sum", *(["main.go"] if family == "otelcol" else [])):
                shutil.copy(HERE.root / "tools" / family / name, target)
        # Nothing that this machine has installed is found.
        monkeypatch.setenv("PATH", str(self.on_path))

    def program(self, name: str, script: str) -> Path:
        """Put an executable on PATH."""
        path = self.on_path / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return path

    def go(self, version: str = "1.99.0", broken: str = "nothing-is-broken", source: Path | None = None) -> None:
        """Put a Go on PATH that fails for packages that end with ``broken``."""
        self.program("go", GO.format(log=self.log, version=version, broken=broken, source=source))

    def commands(self, word: str) -> list[str]:
        """The commands that Go was given and that hold the word."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if word in line]
