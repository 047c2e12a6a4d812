"""What the log lines of the ERP cost: bytes of a line, and of its document in the real Elasticsearch.

The demo runs for some seconds; its lines go through the pipeline, and their documents, many times over with trace ids
of their own, into an Elasticsearch with our templates, without replicas. Prints the costs beside the values that
`python -m preview capacity` uses; 1 when one costs more than it says there, 2 without the tools. Needs Elasticsearch
(`make tools TOOLS=elasticsearch`), a JDK, and Ruby.
"""

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from preview.capacity import costs  # noqa: E402
from tests.elastic.java import find_java  # noqa: E402
from tests.elastic.server import ADMIN, Server  # noqa: E402
from tests.elastic.stack import CONTENT, bulk, put_templates  # noqa: E402
from tests.logs.engines import Engines  # noqa: E402
from tests.logs.sample_lines import pipeline, received  # noqa: E402
from tools import find  # noqa: E402

SECONDS, RATE, PORT = 20, 100, 18763
DOCUMENTS, AT_ONCE = 50_000, 1_000
CREATED = 201
STREAM = "valeo-neuroerp-app-dev"
REQUESTS = re.compile(
    r'^http_request_duration_seconds_count\{endpoint="(?!/health|/metrics|unmatched)[^}]*\} (\S+)', re.MULTILINE
)
say = print


def demo(folder: Path) -> tuple[list[bytes], float]:
    """Lines of the demo, and how many requests it had answered shortly before its end."""
    log, seen = folder / "demo.log", [0.0]

    def watch() -> None:
        while seen[0] >= 0:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=5) as answer:
                    seen.append(sum(map(float, REQUESTS.findall(answer.read().decode()))))
            except OSError:
                pass
            time.sleep(0.5)

    threading.Thread(target=watch, daemon=True).start()
    options = ["--port", str(PORT), "--rate", str(RATE), "--seconds", str(SECONDS), "--log-file", str(log)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": "telemetry/src:telemetry/demo"}
    command = [sys.executable, "-m", "neuroerp_demo", *options]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    seen[0] = -1
    return log.read_bytes().splitlines(), max(seen)


def documents(lines: list[bytes]) -> list[dict[str, Any]]:
    """What the pipeline makes of the lines."""
    engines = Engines()
    try:
        written = pipeline("main", engines).run(received(lines))
    finally:
        engines.stop()
    if {document.index for document in written} != {STREAM}:
        raise RuntimeError("a line of the demo was not read")
    return [document.document for document in written]


def varied(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Many documents: those that were found, again and again, with times and ids of their own."""
    for number in range(DOCUMENTS):
        document = deepcopy(found[number % len(found)])
        document["@timestamp"] = 1_795_486_648_000 + number * 7 + random.randrange(7)  # noqa: S311 - no secret
        document["log"]["offset"] = number * 250
        for name, digits in (("trace_id", 32), ("span_id", 16)):
            if name in document:
                document[name] = f"{random.getrandbits(4 * digits):0{digits}x}"
        yield document


def stored(server: Server, found: Iterator[dict[str, Any]]) -> tuple[float, float]:
    """Bytes of a document on disk, and documents written in a second by one client."""
    begin = time.perf_counter()
    with server.client("logstash") as client:
        while batch := [document for _, document in zip(range(AT_ONCE), found, strict=False)]:
            if any(answer["status"] != CREATED for answer in bulk(client, "/_bulk", STREAM, batch)):
                raise RuntimeError("Elasticsearch refused a document")
    rate = DOCUMENTS / (time.perf_counter() - begin)
    with server.client(ADMIN) as client:
        client.post(f"/{STREAM}/_forcemerge?max_num_segments=1&flush=true", timeout=600).raise_for_status()
        total = client.get(f"/{STREAM}/_stats/store,docs").raise_for_status().json()["_all"]["primaries"]
    return total["store"]["size_in_bytes"] / total["docs"]["count"], rate


def main() -> int:
    """Measure and print."""
    program, java = find("elasticsearch"), find_java()
    if not program or not java or not shutil.which("ruby"):
        say("Elasticsearch (make tools TOOLS=elasticsearch), a JDK of version 21 or newer, or ruby is not there")
        return 2
    with tempfile.TemporaryDirectory(prefix="logs-") as name:
        folder = Path(name)
        lines, requests = demo(folder)
        found = documents(lines)
        home = folder / "elasticsearch"
        home.mkdir()
        folder.chmod(0o755)  # The server runs as another user.
        server = Server(program, java, home)
        try:
            server.start(CONTENT.roles, CONTENT.user_roles)
            put_templates(server)
            size, rate = stored(server, varied(found))
        finally:
            server.stop()
    line = sum(map(len, lines)) / len(lines) + 1
    source = sum(len(json.dumps(document)) for document in found) / len(found)
    say(f"{len(lines)} lines for {requests:.0f} requests; {DOCUMENTS} documents, {rate:,.0f} a second")
    say(f"bytes: line {line:.0f}, document as sent {source:.0f}, document on disk {size:.0f}")
    measured = {"logBytesPerRequest": line * len(lines) / requests, "elasticsearchBytesPerLogByte": size / line}
    said = costs()
    for what, value in measured.items():
        say(f"{what:30} measured {value:8,.2f}   used {said[what]:8,.2f}")
    return int(any(value > said[what] for what, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
