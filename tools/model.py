"""What a pinned tool is, and where tools are kept."""

import re
from dataclasses import dataclass
from pathlib import Path

# A pre-release belongs to the version, build metadata (+...) does not.
_NUMBER = r"v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)"


@dataclass(frozen=True, kw_only=True)
class GoTool:
    """A program that is built from a Go module, at the version that the go.mod of its family names."""

    name: str
    # The directory beside this file with go.mod, go.sum and tools.go, or main.go where the program is ours.
    family: str
    version: str
    module: str
    # The package of the program inside the module; empty for its root.
    command: str = ""
    # String variables that the linker sets; {version}, {major} and {minor} are filled in.
    sets: tuple[str, ...]
    # Arguments that ask for the version, and what stands before it at the start of a line of the answer.
    asks: tuple[str, ...] = ("--version",)
    answer: str
    # Where the module counts otherwise than the program.
    module_version: str = ""
    # The module embeds a web interface that it does not hold.
    lacks_web_interface: bool = False
    # The module is a library: what makes a program of it is the family's main.go.
    library: bool = False

    @property
    def package(self) -> str:
        """The import path of the program."""
        if self.library:
            return f"neuroerp-observability/tools/{self.family}"
        return f"{self.module}/{self.command}" if self.command else self.module

    @property
    def sources(self) -> tuple[str, ...]:
        """The files of the family that decide how the program comes out."""
        return ("go.mod", "go.sum", *(["main.go"] if self.library else []))

    @property
    def recipe(self) -> tuple[str, ...]:
        """The arguments of ``go build`` but for the output file; nothing in them depends on the machine."""
        major, minor, _ = self.version.split(".", 2)
        values = {"version": self.version, "major": major, "minor": minor}
        flags = " ".join(["-s -w", *(f"-X {variable.format(**values)}" for variable in self.sets)])
        return ("-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags, self.package)

    def version_in(self, answer: str) -> str | None:
        """The version that the tool tells."""
        found = re.search(rf"^{re.escape(self.answer)}{_NUMBER}", answer, re.MULTILINE)
        return found[1] if found else None


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A zip that Maven fetches: unpacked, not built, and only when it is asked for."""

    name: str
    family: str
    version: str
    group: str
    sha256: str
    # The program below the one directory that the zip holds.
    program: str

    @property
    def recipe(self) -> tuple[str, ...]:
        """The coordinate by which Maven knows the zip, and what must come."""
        return (f"{self.group}:{self.name}:{self.version}:zip", self.sha256)


Tool = GoTool | Archive


@dataclass(frozen=True)
class Places:
    """Where the modules of the families and the finished tools are, below the directory of the repository."""

    root: Path

    def module(self, tool: Tool) -> Path:
        """The Go module of the tool's family."""
        return self.root / "tools" / tool.family

    @property
    def made(self) -> Path:
        """All that is made; git ignores it."""
        return self.root / ".tools"

    def program(self, tool: Tool) -> Path:
        """The finished program."""
        if isinstance(tool, Archive):
            return self.made / tool.name / tool.program
        return self.made / "bin" / tool.name

    def stamp(self, tool: Tool) -> Path:
        """What the finished program was made from."""
        return self.made / "stamps" / tool.name
