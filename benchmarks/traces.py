"""What spans cost: bytes of one in the real Elasticsearch, and the processor time that Jaeger takes for it.

Traces like those of the ERP (a request, four statements, a cache, a publication) are sent to a Jaeger with the
configuration of dev. Prints the costs beside the values that `python -m preview capacity` uses; 1 when one costs more
than it says there, 2 without the tools. Needs Jaeger and Elasticsearch (`make tools TOOLS="jaeger elasticsearch"`), a
JDK and openssl.
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
from tests.traces.front import Front  # noqa: E402
from tests.traces.jaeger import Jaeger, deployed, jaeger  # noqa: E402
from tests.traces.spans import post, request  # noqa: E402
from tests.traces.storage import SPANS, Storage  # noqa: E402
from tools import find  # noqa: E402

TRACES, SPANS_EACH, AT_ONCE = 2_500, 8, 25
OK = 200
CPU = "otelcol_process_cpu_seconds_total"
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


def send(server: Jaeger) -> int:
    """Send all; how many bytes they were."""
    size = 0
    for _ in range(TRACES // AT_ONCE):
        together = ExportTraceServiceRequest()
        for _ in range(AT_ONCE):
            together.MergeFrom(trace())
        size += together.ByteSize()
        if post(server, together) != OK:
            raise RuntimeError("Jaeger refused spans")
    return size


def main() -> int:
    """Measure and print."""
    program, java = find("elasticsearch"), find_java()
    if not program or not java or not find("jaeger") or not shutil.which("openssl"):
        say('Jaeger or Elasticsearch (make tools TOOLS="jaeger elasticsearch"), a JDK or openssl is not there')
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
            with storage.client(ADMIN) as client:
                client.post(f"/{SPANS}/_forcemerge?max_num_segments=1&flush=true", timeout=600).raise_for_status()
                stored = client.get(f"/{SPANS}/_stats/store").raise_for_status().json()["_all"]["primaries"]
            front.stop()
        finally:
            storage.stop()
    say(f"{spans} spans, {sent / spans:.0f} bytes each as sent")
    measured = {"elasticsearchBytesPerSpan": stored["store"]["size_in_bytes"] / spans, "jaegerCpuPerSpan": cpu / spans}
    said = costs()
    for what, value in measured.items():
        say(f"{what:30} measured {value:10.6g}   used {said[what]:10.6g}")
    return int(any(value > said[what] for what, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
