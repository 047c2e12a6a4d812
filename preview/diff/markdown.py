"""The difference as Markdown: short first, details folded, cut to what a comment on GitHub may hold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from preview.diff.context import code
from preview.diff.environment import Environment, Judged
from preview.diff.report import Difference, summary
from preview.diff.risk import Risk
from preview.diff.shown import diff_lines

MARKER = "<!-- neuroerp-preview-diff -->"
"""First line, by which a workflow finds its own comment again."""
LIMIT = 65_536
"""Characters that GitHub takes in a comment. Counted here in bytes of UTF-8, which are never fewer."""
_RESERVE = 400
_FENCE = re.compile(r"`{3,}")
_LONGEST_FIELD = 60
"""Lines of a field in a comment."""
_TITLE = "## What this changes"


@dataclass(frozen=True)
class _Block:
    """A part of the text that stands or is left out as a whole."""

    text: str
    rank: tuple[int, ...]
    """What is kept first: the frame; sentences, with the fields of what is risky; the fields of the rest."""
    kind: str = ""
    """What is counted where it is left out; empty for what always stands."""


def as_markdown(difference: Difference, limit: int | None = LIMIT, full: str = "") -> str:
    """The comment; ``full`` names the file that holds what does not fit in ``limit`` bytes (None: everything fits)."""
    longest = None if limit is None else _LONGEST_FIELD
    blocks = list(_blocks(difference, longest))
    kept = _fitting(blocks, limit)
    left = [block.kind for number, block in enumerate(blocks) if number not in kept]
    text = "".join(block.text for number, block in enumerate(blocks) if number in kept)
    cut = [f"{left.count(kind)} {kind}" for kind in ("sentences", "objects' fields") if kind in left]
    if cut:
        text += f"\nLeft out, since a comment holds no more: {', '.join(cut)}."
    if cut or longest:
        text += f"\nAll of it is in {code(full)}.\n" if full else "\n"
    return text


def _fitting(blocks: Sequence[_Block], limit: int | None) -> set[int]:
    """The numbers of the blocks that fit, by rank."""
    room = float("inf") if limit is None else limit - _RESERVE
    kept = set()
    for number, block in sorted(enumerate(blocks), key=lambda pair: (pair[1].rank, pair[0])):
        size = len(block.text.encode())
        if size <= room:
            kept.add(number)
            room -= size
    return kept


def _blocks(difference: Difference, longest: int | None) -> Iterator[_Block]:
    head = [MARKER, _TITLE, "", f"From {code(difference.name)}, rendered without a cluster.", ""]
    head += [f"- **{_plain(env.stack)}**: {summary(env)}" for env in difference.environments]
    yield _Block("\n".join(head) + "\n", (0, 0))
    for environment in difference.environments:
        if environment.changes or environment.notes:
            yield from _of_environment(environment, longest)


def _of_environment(environment: Environment, longest: int | None) -> Iterator[_Block]:
    notes = "".join(f"\n_{_plain(note)}_\n" for note in environment.notes)
    yield _Block(f"\n### {_plain(environment.stack)}\n{notes}\n", (0, 1))
    for finding, _ in environment.findings:
        text = f"- **{finding.risk.label}**: {finding.sentence}\n"
        yield _Block(text, (1, -finding.risk, 0), "sentences")
    for verb in ("added", "removed"):
        names = [code(judged.change.item.title) for judged in environment.changes if judged.change.verb == verb]
        if names:
            text = f"\n<details><summary>{len(names)} {verb}</summary>\n\n{', '.join(names)}\n\n</details>\n"
            yield _Block(text, (2, -99), "objects' fields")
    for judged in environment.changes:
        if judged.change.verb == "changed":
            rank = (1, -judged.risk, 1) if judged.risk >= Risk.HIGH else (2, -judged.risk)
            yield _Block(_details(judged, longest), rank, "objects' fields")


def _details(judged: Judged, longest: int | None) -> str:
    """The fields of an object, folded."""
    lines: list[str] = []
    for field in judged.change.fields:
        found = list(diff_lines(field))
        lines += found if longest is None else found[:longest]
        if longest is not None and len(found) > longest:
            lines.append(f"  ... {len(found) - longest} more lines")
    body = "\n".join(lines)
    # A fence is closed by the first line with as many marks: more than stand anywhere in the text.
    fence = "`" * max(3, 1 + max(map(len, _FENCE.findall(body)), default=0))
    item, count = judged.change.item, len(judged.change.fields)
    where = f" in release {item.owner}" if item.owner else ""
    title = f"<code>{escape(item.title)}</code>{escape(where)}: {count} field{'' if count == 1 else 's'}"
    return (
        f"\n<details><summary>{title} ({judged.risk.label})</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"
    )


def _plain(text: str) -> str:
    """A text without anything that Markdown, HTML or GitHub would act upon."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escape(text)).replace("@", "&#64;")
