"""Runs the project's program in the test process for the engine, as the language plugin would in its own."""

import contextlib
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from preview import run as offline

CRASH = "python inline source runtime error"
REFUSAL = "program exited with non-zero exit code: 1"
"""All that the language plugin says itself when a program refuses to run; of a crash it says nothing more at all."""


class Host(LanguageServer):
    """Runs the project's program for the engine, with its modules imported anew."""

    def __init__(self, root: Path) -> None:
        super().__init__(lambda: offline._execute(root))
        self._root = root

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol calls it so
        # Half of the time goes into seven debug messages a resource, each a call of its own, and into collections.
        gc.disable()
        try:
            with offline.modules_of(self._root), patch.object(pulumi.log, "debug", new=lambda *_, **__: None):
                answer = super().Run(request, context)  # type: ignore[no-untyped-call]
        finally:
            gc.enable()
        if answer.error.startswith(CRASH):
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=REFUSAL if answer.error else "")


@contextlib.contextmanager
def hosting(project: Path) -> Iterator[str]:
    """Serve a project's program to the engine, and give the address."""
    threads = ThreadPoolExecutor(4)
    server = grpc.server(threads)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(project), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0)
        # The engine may have ended before the program, whose rest must not run into the next one.
        threads.shutdown()
