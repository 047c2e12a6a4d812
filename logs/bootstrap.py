"""Applies lifecycle policies and templates to Elasticsearch, each only when it is missing or differs.

Run as `python3 bootstrap.py <directory>` of files `{"method": "PUT", "path": ..., "body": ...}`, in the order of their
names. The environment gives ELASTICSEARCH_URL, ELASTICSEARCH_USER, ELASTICSEARCH_PASSWORD, WAIT_SECONDS (or 300) and,
for an own authority, its file in ELASTICSEARCH_CA. A Job runs it: Python 3.9 or later, no packages.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import ssl
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

URL = re.compile(r"(https?)://([^\s/:@\[\]]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?/?")
PATH = re.compile(r"/(_ilm/policy|_component_template|_index_template)/([a-z0-9][a-z0-9_.-]*)")
OK, NOT_FOUND = 200, 404
NOT_READY = (408, 429, 502, 503, 504)
PAUSE_SECONDS, REQUEST_SECONDS = 5.0, 30.0
# What Elasticsearch adds to its answers: a key with this value means the same as no key.
ADDED = {"min_age": "0ms", "delete_searchable_snapshot": "true", "hidden": "false", "allow_custom_routing": "false"}
ADDED_TIME = re.compile(r"(created|modified)_date(_millis|_string)?")


class BootstrapError(Exception):
    """Ends the run; the text is the reason, for a person."""


def say(text: str, stream: Any = None) -> None:
    """Print one line, and never the password, whatever the text repeats."""
    secret = os.environ.get("ELASTICSEARCH_PASSWORD")
    text = text.replace(secret, "***") if secret else text
    print(" ".join(text.split()), file=stream or sys.stdout, flush=True)


class Elasticsearch:
    """A client that waits while the server is not ready, up to one limit for the whole run."""

    def __init__(self, url: str, user: str, password: str, ca: str, wait: int) -> None:
        """Check the address and the authority; nothing is sent yet."""
        match = URL.fullmatch(url)
        if not match:
            raise BootstrapError(
                "ELASTICSEARCH_URL is no address like https://host:9200 (without user, password and path)"
            )
        host, port, timeout = match[2], int(match[3] or 9200), REQUEST_SECONDS
        self._connect: Any = partial(http.client.HTTPConnection, host, port, timeout=timeout)
        if match[1] == "https":
            self._connect = partial(http.client.HTTPSConnection, host, port, timeout=timeout, context=_trust(ca))
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._wait, self._end = wait, time.monotonic() + wait

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer of a request; it is repeated while the server cannot take it."""
        while True:
            try:
                status, answer = self._send(method, path, body)
                if status not in NOT_READY:
                    return status, answer
                trouble = f"HTTP {status}: {reason(answer)}"
            except (OSError, http.client.HTTPException) as error:
                trouble = f"{type(error).__name__}: {error}"
            left = self._end - time.monotonic()
            if left <= 0:
                raise BootstrapError(f"Elasticsearch was not ready within {self._wait} seconds; last: {trouble}")
            say(f"waiting for Elasticsearch, up to {left:.0f} more seconds: {trouble}")
            time.sleep(min(PAUSE_SECONDS, left))

    def _send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        # Not urllib.request: that follows redirects and proxies, and takes the password along.
        with contextlib.closing(self._connect()) as connection:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), self._headers)
            response = connection.getresponse()
            answer: Any = response.read().decode("utf-8", "replace")
        with contextlib.suppress(ValueError):
            answer = json.loads(answer)
        return response.status, answer


def _trust(ca: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise BootstrapError(f"ELASTICSEARCH_CA {ca} cannot be used: {error}") from None
    # Python 3.13 and later refuse authorities here that all other clients of the cluster take.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def reason(answer: Any) -> str:
    """Why the server refused, with the causes, from any form of its answers."""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    found = []
    while isinstance(error, dict) and error:
        found.append(str(error.get("reason") or error.get("status") or error))
        error = error.get("caused_by")
    return ("; cause: ".join(found) or str(error) or "empty answer")[:600]


def read_payloads(directory: str) -> list[tuple[str, str, Any]]:
    """File, path and body of all payloads in order. One bad file stops the run before anything is changed."""
    payloads = []
    for file in sorted(Path(directory).glob("*.json")):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BootstrapError(f"{file.name} is no readable JSON: {error}") from None
        if not isinstance(content, dict) or set(content) != {"method", "path", "body"}:
            raise BootstrapError(f"{file.name} must have exactly the keys method, path and body")
        method, path, body = content["method"], str(content["path"]), content["body"]
        if method != "PUT" or not PATH.fullmatch(path) or not isinstance(body, dict):
            raise BootstrapError(
                f"{file.name} must PUT an object as lifecycle policy, component template or index template"
            )
        payloads.append((file.name, path, body))
    if not payloads:
        raise BootstrapError(f"no payload files in {directory}")
    return payloads


def stored(path: str, answer: Any) -> Any:
    """What the server has under this path, in the form of a payload's body."""
    kind, name = path[1:].rsplit("/", 1)
    try:
        if kind == "_ilm/policy":
            return {"policy": answer[name]["policy"]}
        (found,) = (item[kind[1:]] for item in answer[f"{kind[1:]}s"] if item["name"] == name)
        return {key: value for key, value in found.items() if not ADDED_TIME.fullmatch(key)}
    except (KeyError, TypeError, ValueError):
        raise BootstrapError(f"unknown answer for GET {path}: {reason(answer)}") from None


def normal(value: Any) -> Any:
    """One form for what is sent and what comes back: the server makes settings strings, and adds defaults."""
    if isinstance(value, dict):
        items = {key: normal(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if ADDED.get(key) != item}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def apply(server: Elasticsearch, path: str, body: Any) -> str:
    """Bring one object to its state; says what was done."""
    status, answer = server.call("GET", path)
    if status == OK and normal(stored(path, answer)) == normal(body):
        return "unchanged"
    if status not in (OK, NOT_FOUND):
        raise BootstrapError(f"HTTP {status} for GET {path}: {reason(answer)}")
    done = "changed" if status == OK else "created"
    status, answer = server.call("PUT", path, body)
    if status != OK or not (isinstance(answer, dict) and answer.get("acknowledged")):
        raise BootstrapError(f"HTTP {status} for PUT {path}: {reason(answer)}")
    return done


def run(arguments: list[str]) -> None:
    """The whole work."""
    if len(arguments) != 1:
        raise BootstrapError("usage: python3 bootstrap.py <directory with payload files>")
    needed = ("ELASTICSEARCH_URL", "ELASTICSEARCH_USER", "ELASTICSEARCH_PASSWORD")
    if missing := [name for name in needed if not os.environ.get(name)]:
        raise BootstrapError(f"not set in the environment: {', '.join(missing)}")
    wait = os.environ.get("WAIT_SECONDS", "300")
    if not wait.isdecimal():
        raise BootstrapError(f"WAIT_SECONDS is {wait!r}, not a whole number of seconds")
    payloads = read_payloads(arguments[0])
    url, user, password = (os.environ[name] for name in needed)
    server = Elasticsearch(url, user, password, os.environ.get("ELASTICSEARCH_CA", ""), int(wait))
    status, answer = server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
    if status != OK:
        raise BootstrapError(f"user {user} was answered with HTTP {status}: {reason(answer)}")
    for file, path, body in payloads:
        say(f"{file}: {apply(server, path, body)}")


def main(arguments: list[str]) -> int:
    """Exit code 0, or 1 with the reason in one line."""
    try:
        run(arguments)
    except BootstrapError as error:
        say(f"failed: {error}", sys.stderr)
    except Exception as error:  # noqa: BLE001 - one line tells the reader of a Job's log more than a traceback
        say(f"failed: {type(error).__name__}: {error}", sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
