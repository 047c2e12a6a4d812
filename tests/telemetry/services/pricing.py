"""A service behind a login that answers every GET: `python pricing.py PORT USER:PASSWORD`."""

import base64
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, LOGIN = int(sys.argv[1]), sys.argv[2]
EXPECTED = "Basic " + base64.b64encode(LOGIN.encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """Answers 200 with the login, 401 without."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.headers.get("Authorization") == EXPECTED else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
