"""Runs the project's own program against the SDK's recording monitor: no engine, no cluster, no network."""

import asyncio
import contextlib
import contextvars
import logging
import runpy
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

from preview import wire
from preview.stackfile import STAND_IN, Stack, load

PROJECT_PACKAGES = frozenset({"components", "dashboards", "alerts", "logs"})
"""Packages of a project that are imported anew in every run, so that two runs in one process share no state."""
_GENERATED = {"RandomPassword": ("result", "bcryptHash"), "RandomBytes": ("base64", "hex")}
_LEVELS = {logging.INFO: "info", logging.WARNING: "warning", logging.ERROR: "error"}


@dataclass(frozen=True)
class Recording:
    """Everything that the program asked the engine for, and said."""

    stack: Stack
    requests: list[Any] = field(default_factory=list)
    """RegisterResourceRequest messages as they were on the wire, without the stack's own."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Outputs as they were registered (protobuf Struct), by URN; the stack's exports under ``""``."""
    log: list[tuple[str, str]] = field(default_factory=list)
    """Lines that the program logged: level and text."""


class ProgramError(Exception):
    """The program refuses its settings; the message has one line per problem."""


class _Mocks(mocks.Mocks):
    """Answers for functions and for resources that are only read."""

    def call(self, args: mocks.MockCallArgs) -> Any:  # noqa: ARG002 - the SDK passes it
        """Every function answers nothing."""
        return {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """A resource that is read echoes what it was asked for."""
        return args.resource_id or f"{args.name}-id", args.inputs


class _Monitor(mocks.MockMonitor):
    """Records each request and echoes it as it was on the wire, so that secrets stay in their envelopes."""

    def __init__(self, recording: Recording, known: bool) -> None:
        super().__init__(_Mocks())
        self._recording, self._known = recording, known
        self._root = ""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol calls it so
        """Record a resource."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            self._root = urn
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self._recording.requests.append(request)
        # An engine knows no id before the resource exists; a real preview sees it as unknown too.
        identity = f"{request.name}-id" if self._known and request.custom else ""
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.object)
        _complete(request, answer)
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, identity, {})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=answer)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - likewise
        """Record the outputs of a component or of the stack."""
        self._recording.outputs["" if request.urn == self._root else request.urn] = request.outputs
        return empty_pb2.Empty()


def _complete(request: Any, answer: Any) -> None:
    """Add what a provider would: a name where none was given, and generated secrets."""
    if request.type.startswith("kubernetes:") and request.custom:
        metadata = answer.fields["metadata"].struct_value
        if "name" not in metadata.fields and wire.SIGNATURE not in metadata.fields:
            metadata.fields["name"].string_value = request.name
    for output in _GENERATED.get(request.type.rpartition(":")[2], ()):
        envelope = answer.fields[output].struct_value
        envelope.fields[wire.SIGNATURE].string_value = wire.ENVELOPE
        envelope.fields["value"].string_value = f"{STAND_IN}{request.name}"


class _LogHandler(logging.Handler):
    """Keeps what the program logs."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self._lines.append((_LEVELS.get(record.levelno, "error"), record.getMessage()))


def run(
    root: Path,
    stack: str,
    *,
    known: bool = False,
    config: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Recording:
    """Run the program for a stack and return what it asked for.

    A preview leaves unknown what only a real run would know; ``known=True`` runs it as `pulumi up` would. ``config``
    and ``secrets`` are settings on top of the stack file's, by key without the project. Raises ``InputError`` for a
    bad stack file and ``ProgramError`` when the program refuses its settings.
    """
    loaded = load(root, stack)
    extra = {f"{loaded.project}:{key}": value for key, value in {**(config or {}), **(secrets or {})}.items()}
    secret_keys = {*loaded.secret_keys, *(f"{loaded.project}:{key}" for key in secrets or {})}
    recording = Recording(replace(loaded, config=loaded.config | extra, secret_keys=tuple(sorted(secret_keys))))
    # A context of its own: whatever the SDK keeps in context variables ends with the run. And a thread of its own:
    # `asyncio.run` takes the event loop away from the thread that it is called in.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(contextvars.copy_context().run, _record, recording, known).result()
    return recording


def _record(recording: Recording, known: bool) -> None:
    """Run the program, with its refusals as ``ProgramError``."""
    # The program's own prints must not mix with the report, which may be JSON.
    with modules_of(recording.stack.root), contextlib.redirect_stdout(sys.stderr):
        try:
            asyncio.run(_program(recording, known))
        except pulumi.RunError as error:
            raise ProgramError(str(error)) from error


@contextlib.contextmanager
def modules_of(root: Path) -> Iterator[None]:
    """Import the packages of a project anew from its directory; those that were there before are there again after."""
    own = {name for name in PROJECT_PACKAGES if (root / name).is_dir()}
    before, path = _take(own), list(sys.path)
    sys.path.insert(0, str(root))
    try:
        with contextlib.chdir(root):
            yield
    finally:
        sys.path[:] = path
        _take(own)
        sys.modules.update(before)


def _take(packages: set[str]) -> dict[str, ModuleType]:
    """Take the modules of some packages away."""
    names = [name for name in sys.modules if name.partition(".")[0] in packages]
    return {name: sys.modules.pop(name) for name in names}


async def _program(recording: Recording, known: bool) -> None:
    stack, monitor = recording.stack, _Monitor(recording, known)
    logger = logging.getLogger("preview.program")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_LogHandler(recording.log)]
    pulumi.runtime.set_all_config(stack.config, list(stack.secret_keys))
    mocks.set_mocks(monitor.mocks, stack.project, stack.name, not known, logger, monitor, "preview")
    # `set_mocks` makes a stack resource, but `run_in_stack` makes the one whose outputs are the exports.
    settings.ROOT.set(None)
    settings.SETTINGS.outputs.clear()
    await run_in_stack(lambda: _execute(stack.root))


def _execute(root: Path) -> None:
    """Run ``__main__.py`` as the language host would."""
    runpy.run_path(str(root / "__main__.py"), run_name="__main__")
