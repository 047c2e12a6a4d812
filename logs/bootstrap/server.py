"""A client of Elasticsearch or Kibana that waits while the server is not ready."""

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
from typing import Any

from .errors import BootstrapError, InputError

URL = re.compile(r"(https?)://([^\s/:@\[\]]+|\[[0-9a-f:]+\]):(\d{1,5})/?")
OK, NOT_FOUND = 200, 404
NOT_READY = (408, 429, 502, 503, 504)
PAUSE_SECONDS, REQUEST_SECONDS = 5.0, 30.0


def say(text: str, stream: Any = None) -> None:
    """Print one line, and never the password, whatever the text repeats."""
    secret = os.environ.get("ELASTICSEARCH_PASSWORD")
    text = text.replace(secret, "***") if secret else text
    print(" ".join(text.split()), file=stream or sys.stdout, flush=True)


class Server:
    """The server, with one limit of waiting for the whole run."""

    def __init__(self, url: str, user: str, password: str, ca: str, wait: int) -> None:
        """Check the address and the authority; nothing is sent yet."""
        match = URL.fullmatch(url)
        if not match:
            raise InputError("SERVER_URL is no address like https://host:9200 (without user, password and path)")
        host, port, timeout = match[2], int(match[3]), REQUEST_SECONDS
        self._connect: Any = partial(http.client.HTTPConnection, host, port, timeout=timeout)
        if match[1] == "https":
            self._connect = partial(http.client.HTTPSConnection, host, port, timeout=timeout, context=_trust(ca))
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/json",
            # Kibana refuses changes without it; Elasticsearch does not know it.
            "kbn-xsrf": "bootstrap",
        }
        self._wait, self._end = wait, time.monotonic() + wait

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer of a request; it is repeated while the server cannot take it."""
        while True:
            try:
                status, answer = self._send(method, path, body)
                if status not in NOT_READY:
                    return status, answer
                trouble = f"HTTP {status}: {reason(answer)}"
            except ssl.SSLCertVerificationError as error:
                raise BootstrapError(f"the server's certificate is not trusted: {error.verify_message}") from None
            except (OSError, http.client.HTTPException) as error:
                trouble = f"{type(error).__name__}: {error}"
            left = self._end - time.monotonic()
            if left <= 0:
                raise BootstrapError(f"the server was not ready within {self._wait} seconds; last: {trouble}")
            say(f"waiting for the server, up to {left:.0f} more seconds: {trouble}")
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
        raise InputError(f"SERVER_CA {ca} cannot be used: {error}") from None
    # Python 3.13 and later refuse authorities here that all other clients of the cluster take.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def reason(answer: Any) -> str:
    """Why the server refused, with the causes, from any form of the answers of Elasticsearch and Kibana."""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if isinstance(answer, dict) and isinstance(error, str) and answer.get("message"):
        error = f"{error}: {answer['message']}"
    found = []
    while isinstance(error, dict) and error:
        found.append(str(error.get("reason") or error.get("status") or error))
        error = error.get("caused_by")
    return ("; cause: ".join(found) or str(error) or "empty answer")[:600]
