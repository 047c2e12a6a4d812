"""What there is outside the engine: the objects that providers made, the calls that reached them, and faults."""

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import json_format  # type: ignore[import-untyped]

from tests.engine.diffs import opened

UNREACHABLE = "configured Kubernetes cluster is unreachable: connection refused"
REFUSED = "the API server says no"


class FaultError(Exception):
    """What a call fails with."""


@dataclass
class Gate:
    """A fault that holds a call; it fails once the engine asks the providers to stop, if it heeds that."""

    heeds: bool = True
    reached: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    dropped: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.reached.set()
        self.dropped.wait(60)
        raise FaultError("context canceled")

    def cancel(self) -> None:
        self.asked.set()
        if self.heeds:
            self.drop()

    def drop(self) -> None:
        self.dropped.set()


def fail() -> None:
    """A fault that makes a call fail."""
    raise FaultError(REFUSED)


@dataclass(frozen=True)
class Call:
    """A call that touches an object: as it begins (`create`), and as it ends well (`create done`)."""

    what: str
    key: str
    """Kind and name, like `Release::grafana`."""
    inputs: dict[str, Any]


@dataclass
class World:
    """What there is outside the engine."""

    objects: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Inputs and state of each object as they were on the wire, by its id."""
    calls: list[Call] = field(default_factory=list)
    faults: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    """What happens in a call (`create`, `update`, `read`, `delete`) for a key before all else."""
    unreachable: bool = False

    def begin(self, what: str, request: Any, inputs: Any, context: Any) -> Call:
        """Note a call, and let it fail or wait where it should."""
        call = Call(what, f"{request.type.rpartition(':')[2]}::{request.name}", values(inputs))
        self.calls.append(call)
        if self.unreachable and request.type.startswith("kubernetes:"):
            context.abort(grpc.StatusCode.UNKNOWN, UNREACHABLE)
        try:
            self.faults.get((what, call.key), lambda: None)()
        except FaultError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return call

    def end(self, call: Call) -> None:
        """Note that a call ended well."""
        self.calls.append(Call(f"{call.what} done", call.key, call.inputs))

    def cancel(self) -> None:
        """What the engine says at an interruption, and at its end."""
        for fault in self.faults.values():
            if isinstance(fault, Gate):
                fault.cancel()

    def made(self, what: str = "create") -> list[str]:
        """The keys of calls that ended well, in their order."""
        return [call.key for call in self.calls if call.what == f"{what} done"]

    def generated(self) -> dict[str, str]:
        """The secret texts that a provider made up, by name."""
        found = {identity: values(state) for identity, (_, state) in self.objects.items()}
        return {
            f"{identity} {output}": state[output]
            for identity, state in found.items()
            for output in ("result", "bcryptHash")
            if output in state
        }

    def copy(self) -> "World":
        """The same objects, without calls and faults."""
        return World(copy.deepcopy(self.objects))


def values(struct: Any) -> dict[str, Any]:
    """A message of the wire as plain data, secrets in clear."""
    found: Mapping[str, Any] = json_format.MessageToDict(struct)
    return dict(opened(found))
