"""What spans cost: bytes in the real Elasticsearch, processor time and memory of Jaeger and the Collector.

Traces like those of the ERP (a request, four statements, a cache, a publication) are sent to a Jaeger with the
configuration of dev, then to it through a Collector with that of production, which keeps all, and at last to a
Collector that can send them nowhere. Prints the costs beside the values that `python -m preview capacity` uses; 1 when
one costs more than it says there, 2 without the tools. Needs Jaeger, Collector and Elasticsearch
(`make tools TOOLS="jaeger otelcol elasticsearch"`), a JDK and openssl.
"""

import random
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402

from preview.capacity import costs  # noqa: E402
from tests.elastic.java import find_java  # noqa: E402
from tests.elastic.server import ADMIN  # noqa: E402
from tests.elastic.stack import CONTENT  # noqa: E402
from tests.traces.collector import collector  # noqa: E402
from tests.traces.collector import deployed as deployed_collector  # noqa: E402
from tests.traces.front import Front  # noqa: E402
from tests.traces.jaeger import deployed, jaeger  # noqa: E402
from tests.traces.otel import Otel  # noqa: E402
from tests.traces.spans import post, request  # noqa: E402
from tests.traces.storage import SPANS, Storage  # noqa: E402
from tools import find  # noqa: E402

TRACES, SPANS_EACH, AT_ONCE = 2_500, 8, 25
OK = 200
CPU = "otelcol_process_cpu_seconds_total"
MEMORY = "otelcol_process_memory_rss_bytes"
say = print


def trace() -> ExportTraceServiceRequest:
    """Spans with twenty attributes each, as instrumentation and a cluster make them."""
    order = random.randrange(10**6)  # noqa: S311 - no secret
    attributes = {
        "http.request.method": "POST",
        "http.route": "/api/v1/orders/{number}",
        "url.path": f"/api/v1/orders/{order}",
        "url.scheme": "http",
        "http.response.status_code": "201",
        "db.system.name": "postgresql",
        "db.namespace": "erp",
        "db.query.text": "SELECT number, state FROM orders WHERE number = $1",
        "server.address": "postgres.neuroerp.svc",
        "network.peer.address": f"10.0.{order % 250}.{order % 199}",
        "code.function.name": "neuroerp.orders.create",
        # What a resource has in a cluster.
        "service.namespace": "valeo-neuroerp",
        "service.version": "1.4.2",
        "deployment.environment.name": "prod",
        "k8s.namespace.name": "neuroerp-production",
        "k8s.pod.name": f"neuroerp-api-7c9f8d6b5-{order % 3}x2kq",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.2",
        "host.name": f"neuroerp-api-7c9f8d6b5-{order % 3}x2kq",
    }
    return request("neuroerp-api", SPANS_EACH, **attributes)


def send(server: Otel) -> int:
    """Send all; how many bytes they were."""
    size = 0
    for _ in range(TRACES // AT_ONCE):
        together = ExportTraceServiceRequest()
        for _ in range(AT_ONCE):
            together.MergeFrom(trace())
        size += together.ByteSize()
        if post(server, together) != OK:
            raise RuntimeError("spans were refused")
    return size


def held(folder: Path) -> dict[str, float]:
    """Bytes of memory of a Collector, and for each span that it holds; garbage that Go has not collected yet counts."""
    with collector(folder, deployed_collector("1s", 100), jaeger=1) as gate:
        empty = gate.metrics()[MEMORY]
        send(gate)
        full = gate.metrics()[MEMORY]
    return {"collectorBase": empty, "collectorBytesPerSpan": (full - empty) / (TRACES * SPANS_EACH)}


def main() -> int:
    """Measure and print."""
    program, java = find("elasticsearch"), find_java()
    if not program or not java or not find("jaeger") or not find("otelcol") or not shutil.which("openssl"):
        say('A tool (make tools TOOLS="jaeger otelcol elasticsearch"), a JDK or openssl is not there')
        return 2
    spans = TRACES * SPANS_EACH
    with tempfile.TemporaryDirectory(prefix="traces-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # The server runs as another user.
        home = folder / "elasticsearch"
        home.mkdir()
        storage = Storage(program, java, home)
        try:
            storage.start(CONTENT.roles, CONTENT.user_roles)
            front = Front(storage, folder)
            with jaeger(folder / "jaeger", deployed(), front.url, front.ca) as server:
                before = server.metrics()[CPU]
                sent = send(server)
                if storage.settled("neuroerp-api", spans, 120) != (spans, 0):
                    raise RuntimeError("spans were lost or doubled")
                cpu = server.metrics()[CPU] - before
                with collector(folder / "collector", deployed_collector("1s", 100), server.ports[4317]) as gate:
                    send(gate)
                    if storage.settled("neuroerp-api", 2 * spans, 120) != (2 * spans, 0):
                        raise RuntimeError("spans were lost or doubled")
                    passed = gate.metrics()[CPU]
            with storage.client(ADMIN) as client:
                client.post(f"/{SPANS}/_forcemerge?max_num_segments=1&flush=true", timeout=600).raise_for_status()
                stored = client.get(f"/{SPANS}/_stats/store").raise_for_status().json()["_all"]["primaries"]
            front.stop()
        finally:
            storage.stop()
        waiting = held(folder / "held")
    say(f"{spans} spans, {sent / spans:.0f} bytes each as sent")
    measured = {
        "elasticsearchBytesPerSpan": stored["store"]["size_in_bytes"] / (2 * spans),
        "jaegerCpuPerSpan": cpu / spans,
        "collectorCpuPerSpan": passed / spans,
        **waiting,
    }
    said = costs()
    for what, value in measured.items():
        say(f"{what:30} measured {value:10.6g}   used {said[what]:10.6g}")
    return int(any(value > said[what] for what, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
