# ruff: noqa: N802, ARG002 - the protocol names the methods, and passes each a request and a context
"""Stand-ins for the two providers of the project, served inside the test process."""

import contextlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.engine.diffs import SIGNATURE, UNKNOWN, changes, other_cluster, replacing
from tests.engine.world import World, values

ENVELOPE = "1b47061264138c4ac30d75fd1eb44270"
PACKAGES = ("kubernetes", "random")
RANDOM = "random:index/randomPassword:RandomPassword"
_numbers = itertools.count(1)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """What the engine asks of a provider, answered from memory."""

    def __init__(self, package: str, world: World) -> None:
        self._package, self._world = package, world
        self._config: dict[str, Any] = {}

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self._package}"))

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        old, new = values(request.old_inputs), values(request.news)
        return _difference(changes(old, new), other_cluster(old, new))

    def Configure(self, request: Any, context: Any) -> Any:
        self._config = values(request.args)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        old, new = values(request.old_inputs), values(request.news)
        found = changes(old, new)
        same = _identity(request.type, old) == _identity(request.type, new) != ""
        return _difference(found, replacing(request.type, found, self._config), same)

    def Create(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.CreateResponse(properties=_state(request, request.properties))
        call = self._world.begin("create", request, request.properties, context)
        identity = _identity(request.type, call.inputs) or f"{request.name}-{next(_numbers)}"
        if identity in self._world.objects:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{identity} already exists")
        state = _state(request, request.properties, identity)
        self._world.objects[identity] = (request.properties, state)
        self._world.end(call)
        return provider_pb2.CreateResponse(id=identity, properties=state)

    def Update(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_state(request, request.news, request.id))
        call = self._world.begin("update", request, request.news, context)
        state = _state(request, request.news, request.id)
        self._world.objects[request.id] = (request.news, state)
        self._world.end(call)
        return provider_pb2.UpdateResponse(properties=state)

    def Read(self, request: Any, context: Any) -> Any:
        self._world.end(self._world.begin("read", request, request.properties, context))
        if request.id not in self._world.objects:
            return provider_pb2.ReadResponse()
        inputs, state = self._world.objects[request.id]
        return provider_pb2.ReadResponse(id=request.id, inputs=inputs, properties=state)

    def Delete(self, request: Any, context: Any) -> Any:
        call = self._world.begin("delete", request, request.properties, context)
        self._world.objects.pop(request.id, None)
        self._world.end(call)
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        self._world.cancel()
        return empty_pb2.Empty()


def _identity(kind: str, inputs: dict[str, Any]) -> str:
    """Where an object stands in the cluster, where no two can stand; nothing for what is no object of a cluster."""
    placed = inputs if kind.endswith(":Release") else inputs.get("metadata", {})
    name = placed.get("name", "")
    return f"{kind}/{placed.get('namespace', '')}/{name}" if name else ""


def _state(request: Any, inputs: Any, identity: str = "") -> Any:
    """What an object is once it is there; without an identity it is not there yet, and what it will get is unknown."""
    state = struct_pb2.Struct()
    state.CopyFrom(inputs)
    if request.type != RANDOM:
        state.fields["status"].struct_value["phase"] = "there" if identity else UNKNOWN
        return state
    for output in ("result", "bcryptHash"):
        text = f"{output}-of-{identity}" if identity else UNKNOWN
        state.fields[output].struct_value.update({SIGNATURE: ENVELOPE, "value": text})
    return state


def _difference(found: list[str], forcing: list[str], same_place: bool = False) -> Any:
    kinds = provider_pb2.PropertyDiff
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=found,
        replaces=forcing,
        detailedDiff={p: kinds(kind=kinds.UPDATE_REPLACE if p in forcing else kinds.UPDATE) for p in found},
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(forcing) and same_place,
    )


@contextlib.contextmanager
def serving(world: World) -> Iterator[str]:
    """Serve both, and give what the engine wants to read in PULUMI_DEBUG_PROVIDERS."""
    ports, servers = [], []
    for package in PACKAGES:
        server = grpc.server(ThreadPoolExecutor(32))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(package, world), server)
        ports.append(f"{package}:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        servers.append(server)
    try:
        yield ",".join(ports)
    finally:
        for server in servers:
            server.stop(0)
