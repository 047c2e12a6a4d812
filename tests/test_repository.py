"""Rules that hold for the repository as a whole."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 200
LONGEST_PROGRAM = 80


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_modules_stay_small() -> None:
    modules = [path for path in tracked("*.py") if "tests" not in path.parts and "benchmarks" not in path.parts]
    assert [f"{path.name}: {lines(path)}" for path in modules if lines(path) > LONGEST_MODULE] == []


def test_the_program_reads_like_a_drawing() -> None:
    assert lines(ROOT / "__main__.py") <= LONGEST_PROGRAM
    assert not re.search(r"^\s*(if|for|while|try|def) ?", (ROOT / "__main__.py").read_text(), re.MULTILINE)


def test_components_know_nothing_of_the_erp() -> None:
    """The project's own name, in type tokens, is no knowledge of the application."""
    named = {
        path.name
        for path in tracked("components/*.py")
        if re.search(r"valeo|neuroerp(?!-observability)", path.read_text(), re.IGNORECASE)
    }
    assert named == set()


def test_components_import_relatively_so_that_they_can_be_installed() -> None:
    absolute = r"^(?:from|import) (?:components|alerts|dashboards|logs|preview)\b"
    assert [p.name for p in tracked("components/*.py") if re.search(absolute, p.read_text(), re.MULTILINE)] == []


def test_lock_files_have_hashes_and_no_addresses() -> None:
    for lock in tracked("requirements*.txt"):
        text = lock.read_text()
        assert "://" not in text
        packages = re.findall(r"^[A-Za-z0-9_.-]+==", text, re.MULTILINE)
        assert len(packages) > 10
        assert text.count(" \\\n    --hash") >= len(packages)
