"""What ``python -m preview diff`` does: render a base and the working tree, and say what changes between them."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from preview.diff.environment import NOT_RENDERED, Environment, compare
from preview.diff.markdown import as_markdown
from preview.diff.report import Difference, as_json, as_text
from preview.diff.revision import checked_out, commit_of, python_for
from preview.diff.risk import Risk
from preview.diff.runs import Side, run
from preview.diff.tree import load
from preview.stackfile import find_root, stack_names
from preview.yamlfile import InputError

_REPORT = "build/diff"
_INTERRUPTED = 130


def diff(options: argparse.Namespace) -> int:
    """Compare, and show it; 1 when the risk is that of ``--fail-on`` or higher, or a required chart is missing."""
    root = find_root(Path.cwd())
    output: Path | None = options.output
    if output and (output.is_dir() or not output.absolute().parent.is_dir()):
        raise InputError(f"--output: {output} is no file in a directory that exists; name one")
    try:
        with _terminable():
            difference = _difference(root, options)
    except KeyboardInterrupt:
        print("interrupted; nothing is left behind", file=sys.stderr)  # noqa: T201 - a command tells
        return _INTERRUPTED
    shown = _write(root, difference, options.format)
    if output:
        output.write_text(shown, encoding="utf-8")
    else:
        print(shown, end="")  # noqa: T201 - likewise
    missing = [f"{env.stack}: {note}" for env in difference.environments for note in env.notes if NOT_RENDERED in note]
    if options.require_manifests and missing:
        print(f"--require-manifests: {missing[0]}", file=sys.stderr)  # noqa: T201 - likewise
        return 1
    return int(bool(options.fail_on) and difference.risk >= Risk[options.fail_on.upper()])


@contextmanager
def _terminable() -> Iterator[None]:
    """Clean up after a termination as after an interruption, and after that where a shell lets its jobs ignore it."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _difference(root: Path, options: argparse.Namespace) -> Difference:
    flags = [f"--{name}" for name in ("manifests", "require-manifests") if getattr(options, name.replace("-", "_"))]
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="preview-diff-"))).resolve()
        ours = Side("the working tree", root, Path(sys.executable), temporary / "after")
        earlier = _earlier(options.base)
        if earlier:
            commit, known, theirs = "", {path.parent.name for path in earlier.glob("*/plan.json")}, None
        else:
            commit = commit_of(root, options.base)
            base = stack.enter_context(checked_out(root, commit))
            if not (base / "Pulumi.yaml").is_file():
                raise InputError(f"{options.base} has no Pulumi.yaml here; name a revision that has this project")
            python = python_for(root, base, options.base)
            known, theirs = set(stack_names(base)), Side(options.base, base, python, temporary / "before")
        present = set(stack_names(root))
        stacks = list(dict.fromkeys(options.stack or sorted(known | present)))
        for name in stacks:
            if name not in known | present:
                raise InputError(
                    f"--stack {name}: neither side has it; there are: {', '.join(sorted(known | present))}"
                )
        jobs = [(ours, name) for name in stacks if name in present]
        jobs += [(theirs, name) for name in stacks if name in known] if theirs else []
        print(f"Planning {', '.join(stacks)} at {options.base} and here ...", file=sys.stderr, flush=True)  # noqa: T201
        run(jobs, flags, root)
        before = earlier or temporary / "before"
        environments = [
            _compared(
                name,
                before / name if name in known else None,
                temporary / "after" / name if name in present else None,
            )
            for name in stacks
        ]
    return Difference(options.base, commit, environments)


def _earlier(base: str) -> Path | None:
    """The directory of an earlier build output that the base is; None for a revision."""
    directory = Path(base)
    return directory if any(directory.glob("*/plan.json")) else None


def _compared(stack: str, before: Path | None, after: Path | None) -> Environment:
    return compare(stack, load(before) if before else None, load(after) if after else None)


def _write(root: Path, difference: Difference, form: str) -> str:
    """Write the whole report, and return what is shown."""
    report = root / f"{_REPORT}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(as_json(difference), ensure_ascii=False, indent=1, default=str) + "\n"
    report.write_text(data, encoding="utf-8")
    (root / f"{_REPORT}.md").write_text(as_markdown(difference, None), encoding="utf-8")
    if form == "json":
        return data
    return as_markdown(difference, full=f"{_REPORT}.md") if form == "markdown" else as_text(difference)
