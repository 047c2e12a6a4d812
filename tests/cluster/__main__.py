"""A cluster to try things on: ``python -m tests.cluster``, until it is interrupted."""

import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster import crds
from tests.cluster.control_plane import BINARIES, ControlPlane
from tests.cluster.network import forward
from tools import find


def main() -> int:
    """Start it, print the line that leads kubectl to it, and stay."""
    found = {name: find(name) for name in BINARIES}
    tools = {name: path for name, path in found.items() if path}
    if missing := sorted(set(found) - set(tools)):
        sys.stderr.write(f'missing: make tools TOOLS="{" ".join(missing)}"\n')
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        plane = ControlPlane(Path(folder), tools)
        try:
            for family in crds.SOURCES:
                crds.install(plane.api, family)
            port = forward(plane.namespace, "10.96.0.1", 443)
            path = plane.kubeconfig("admin", f"https://127.0.0.1:{port}")
            sys.stdout.write(f"export KUBECONFIG={path}\n")
            sys.stdout.flush()
            sys.stderr.write("Ctrl-C ends it.\n")
            signal.pause()
        except KeyboardInterrupt:
            return 0
        finally:
            plane.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
