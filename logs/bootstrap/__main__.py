"""The program: reads all, judges all, then changes what differs, or only reports it."""

from __future__ import annotations

import os
import sys

from . import payloads
from .changes import Change, apply, compare, overruled, refusals
from .errors import BootstrapError, InputError
from .server import OK, Server, reason, say

USAGE = "usage: python3 -m bootstrap [--check] <folder with payload files>"


def run(arguments: list[str]) -> None:
    """The whole work; raises `BootstrapError`."""
    check = arguments[:1] == ["--check"]
    folders = arguments[1:] if check else arguments
    if len(folders) != 1 or folders[0].startswith("-"):
        raise InputError(USAGE)
    wanted = payloads.read(folders[0])
    server = _connected(wanted[0].kind.ready)
    changes = [compare(server, payload) for payload in wanted]
    if check:
        _report(server, changes)
    else:
        _repair(server, changes)


def _connected(ready: str) -> Server:
    needed = ("SERVER_URL", "ELASTICSEARCH_USER", "ELASTICSEARCH_PASSWORD")
    if missing := [name for name in needed if not os.environ.get(name)]:
        raise InputError(f"not set in the environment: {', '.join(missing)}")
    wait = os.environ.get("WAIT_SECONDS") or "300"
    if not wait.isdecimal():
        raise InputError(f"WAIT_SECONDS is {wait!r}, not a whole number of seconds")
    url, user, password = (os.environ[name] for name in needed)
    server = Server(url, user, password, os.environ.get("SERVER_CA", ""), int(wait))
    status, answer = server.call("GET", ready)
    if status != OK:
        raise BootstrapError(f"user {user} was answered with HTTP {status}: {reason(answer)}")
    return server


def _repair(server: Server, changes: list[Change]) -> None:
    drop_fields = [name.strip() for name in os.environ.get("DROP_FIELDS", "").split(",")]
    if refused := [line for change in changes if change.needed for line in refusals(change, drop_fields)]:
        raise BootstrapError("nothing was changed: " + "; ".join(refused))
    for change in changes:
        say(f"{change.payload.file}: {apply(server, change)}")
    lines = [line for change in changes for line in overruled(server, change.payload)]
    if lines:
        raise BootstrapError("; ".join(lines))


def _report(server: Server, changes: list[Change]) -> None:
    lines = [
        f"{change.payload.file}: {difference}"
        for change in changes
        if change.needed
        for difference in (change.differences or ("is missing",))
    ]
    lines += [line for change in changes if not change.needed for line in overruled(server, change.payload)]
    for line in lines:
        say(f"drift: {line}")
    if lines:
        raise BootstrapError(f"{len(lines)} differences from the payloads; run the bootstrap Job again to repair them")
    say(f"no drift in {len(changes)} objects")


def main(arguments: list[str]) -> int:
    """The exit code; when it is not 0, the last line is the reason."""
    try:
        run(arguments)
    except BootstrapError as error:
        say(f"failed: {error}", sys.stderr)
        return error.code
    except Exception as error:  # noqa: BLE001 - one line tells the reader of a Job's log more than a traceback
        say(f"failed: {type(error).__name__}: {error}", sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
