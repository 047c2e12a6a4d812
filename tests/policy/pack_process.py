"""The policy pack in a process of its own, with a Python that has the policy SDK; the project's own cannot have it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "policy"
PROJECT = "neuroerp-observability"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_REASON = "needs pulumi-policy, which the project's environment cannot have: make policy"


@cache
def _python() -> str | None:
    """A Python that has the policy SDK: the pack's own environment, the one in POLICY_PYTHON, or this one."""
    for candidate in (os.environ.get("POLICY_PYTHON"), str(PACK / ".venv/bin/python"), sys.executable):
        if candidate and Path(candidate).is_file():
            asked = [candidate, "-c", "import pulumi_policy"]
            if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
                return candidate
    return None


def need_python() -> str:
    """That Python; without one the test is skipped, and fails where CI=true."""
    found = _python()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_REASON)
    return found


class Client:
    """Asks the pack what the engine would."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def info(self) -> Any:
        """What the pack says of itself."""
        return self._stub.GetAnalyzerInfo(empty_pb2.Empty())

    def analyze(self, stack: str, type_: str, name: str, properties: Any) -> list[Any]:
        """The diagnostics of one resource."""
        urn = f"urn:pulumi:{stack}::{PROJECT}::{type_}::{name}"
        request = analyzer_pb2.AnalyzeRequest(urn=urn, type=type_, name=name, properties=properties)
        return list(self._stub.Analyze(request).diagnostics)

    def ask(self, stack: str, type_: str, inputs: Mapping[str, Any]) -> list[Any]:
        """The same, of plain data."""
        properties = struct_pb2.Struct()
        properties.update(inputs)
        return self.analyze(stack, type_, "example", properties)


@contextlib.contextmanager
def serving() -> Iterator[Client]:
    """Start the pack as the engine does, which hands it its own address, and end it."""
    command = [need_python(), "-u", str(PACK), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Client(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()
