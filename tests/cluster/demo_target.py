"""The application that is watched, as far as its metrics go: one counter of requests, with failures on demand."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PER_SECOND = 20.0
BROKEN_SHARE = 0.5


class Counter:
    """Requests so far; half of them fail while a file is there."""

    def __init__(self, fault: Path) -> None:
        self._fault, self._last = fault, time.monotonic()
        self.good, self.bad = 100.0, 0.0

    def text(self) -> str:
        now = time.monotonic()
        made = (now - self._last) * PER_SECOND
        self._last = now
        share = BROKEN_SHARE if self._fault.exists() else 0.0
        self.bad += made * share
        self.good += made * (1 - share)
        labels = 'method="GET",endpoint="/api/v1/orders/{oid}"'
        return (
            "# TYPE http_requests_total counter\n"
            f'http_requests_total{{{labels},status="200"}} {self.good}\n'
            f'http_requests_total{{{labels},status="500"}} {self.bad}\n'
        )


def main() -> None:
    address, port, fault = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    counter = Counter(fault)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = counter.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer((address, port), Handler).serve_forever()


if __name__ == "__main__":
    main()
