"""`python -m neuroerp_demo`: the ERP, and visitors that use it."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from neuroerp_telemetry import Telemetry, TelemetryConfig, TelemetryConfigError

from .app import make_app
from .erp import LABELS, Erp
from .faults import Faults
from .load import Driver
from .page import page
from .scenarios import SCENARIOS
from .stores import StoreError, open_stores

_GRACE = 5
"""Seconds for requests that are under way at the end."""
_OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the demo, which ends its visitors first."""
        yield


def _number(text: str) -> float:
    with suppress(ValueError):
        if 0 <= (found := float(text)) < float("inf"):
            return found
    raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m neuroerp_demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--scenario", choices=SCENARIOS, default="normal", help="what happens first (%(default)s)")
    parser.add_argument("--seconds", type=_number, help="end after so long; otherwise run until interrupted")
    parser.add_argument("--rate", type=_number, default=20.0, help="requests a second, 0 for none (%(default)s)")
    parser.add_argument("--log-file", type=Path, help="write the log there, and lines for people to standard output")
    return parser.parse_args(arguments)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()  # the first visitors wait until the server is there
    return listener


def _url(listener: socket.socket) -> str:
    """Where this machine reaches the demo."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not what is listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(options: argparse.Namespace, listener: socket.socket, telemetry: Telemetry) -> None:
    """Serve until a signal comes or the time is over; raises StoreError."""
    faults = Faults(SCENARIOS[options.scenario])
    erp = Erp(telemetry, *await open_stores(faults, os.environ), faults)
    settings = uvicorn.Config(
        make_app(erp),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server, end, url = _Server(settings), asyncio.Event(), _url(listener)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    tasks = [asyncio.create_task(server.serve([listener]))]
    if options.log_file:
        _print(page(url, telemetry.config.service_name, faults.scenario))
    if options.rate:
        driver = Driver(url, faults, options.rate, _print if options.log_file else None)
        tasks.append(asyncio.create_task(driver.run()))
    ended = asyncio.create_task(end.wait())
    await asyncio.wait([ended, *tasks], timeout=options.seconds, return_when=asyncio.FIRST_COMPLETED)
    telemetry.health.drain()
    for task in (ended, *tasks[1:]):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    server.should_exit = True
    await tasks[0]


def _print(text: str) -> None:
    with suppress(OSError):  # nobody reads any more
        print(text, flush=True)  # noqa: T201 - for people


def _config() -> TelemetryConfig:
    if not any(os.environ.get(name) for name in _OTLP):
        os.environ["OTEL_TRACES_EXPORTER"] = "none"  # otherwise spans would be sent to a port of this machine
    name = os.environ.get("OTEL_SERVICE_NAME") or "neuroerp-api"
    return TelemetryConfig.from_env(service_name=name, **LABELS)


def _take(options: argparse.Namespace, taken: ExitStack) -> tuple[socket.socket, dict[str, Any]]:
    """The port and the log file; raises OSError, or OverflowError for a number that is no port."""
    parts = {"log_stream": taken.enter_context(options.log_file.open("ab"))} if options.log_file else {}
    return taken.enter_context(_listen(options.host, options.port)), parts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo: 0 when it was ended or its time was over, 2 when it cannot start."""
    options = _arguments(arguments)
    with ExitStack() as taken:
        try:
            listener, parts = _take(options, taken)
        except (OSError, OverflowError) as error:
            where = getattr(error, "filename", None) or f"{options.host}:{options.port}"
            reason = getattr(error, "strerror", None) or "no such port"
            sys.stderr.write(f"cannot use {where}: {reason}; choose another one with --port, --host or --log-file\n")
            return 2
        try:
            telemetry = Telemetry.setup(_config(), **parts)
            logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request of the visitors
            asyncio.run(_run(options, listener, telemetry))
        except (TelemetryConfigError, StoreError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
        telemetry.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
