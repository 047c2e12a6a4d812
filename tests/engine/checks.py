"""What must hold of a run on the engine, as functions of what it left: each gives the lines of what is wrong."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.engine.outcome import Run
from tests.engine.world import Call


def leaks(folder: Path, canaries: Mapping[str, str]) -> list[str]:
    """Files below a directory that hold a secret value in clear, byte by byte, also as hex or inside of base64."""
    wanted = {name: _forms(value) for name, value in canaries.items()}
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        leaked = [name for name, forms in wanted.items() if any(form in content for form in forms)]
        found += [f"{file.relative_to(folder)}: {name}" for name in leaked]
    return found


def _forms(value: str) -> list[bytes]:
    """The value as it is, as hex, and what is its own in base64 at each of the three offsets."""
    raw = value.encode()
    inside = []
    for offset, begin in enumerate((0, 2, 3)):
        end = (offset + len(raw)) * 8 // 6  # The last character may hold bits of what follows.
        inside.append(base64.b64encode(b"\0" * offset + raw)[begin:end])
    return [raw, raw.hex().encode(), *inside]


def out_of_order(calls: Iterable[Call], order: Mapping[str, str], what: str = "create") -> list[str]:
    """Pairs (later, earlier) that overlapped or went the other way round; deletions go in the reverse order."""
    at: dict[tuple[str, str], int] = {}
    for number, call in enumerate(calls):
        at.setdefault((call.what, call.key), number)
    wrong = []
    for later, earlier in order.items():
        first, second = (earlier, later.strip()) if what == "create" else (later.strip(), earlier)
        end, begin = at.get((f"{what} done", first)), at.get((what, second))
        if end is None or begin is None:
            wrong.append(f"{what}: {first} or {second} never happened")
        elif end > begin:
            wrong.append(f"{what}: {second} began before {first} was done")
    return wrong


def broken_promises(preview: Run, up: Run) -> list[str]:
    """What a preview announced and `up` did not do, and what `up` did without a word of it in the preview."""
    announced, done = set(preview.steps), set(up.steps)
    silent = [f"done only: {step}" for step in sorted(done - announced)]
    return [f"announced only: {step}" for step in sorted(announced - done)] + silent


def harmful(run: Run) -> list[str]:
    """Steps that take something away, even when something else takes its place."""
    gone = ("delete", "replace", "create-replacement", "delete-replaced")
    return [step for step in run.steps if step.startswith(tuple(f"{op} " for op in gone))]


def moved(run: Run) -> list[str]:
    """Resources that appear or disappear: what a settings change must not do by giving something another name."""
    return [step for step in run.steps if step.startswith(("create ", "delete "))]
