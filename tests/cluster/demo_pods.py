"""The demo in the place of several pods: ``demo_pods.py PORT 10.246.0.5=3 ...``, each with its requests a second.

It is read once and forked for each pod, for that costs more than a minute of visitors. They end with the process group.
"""

import importlib
import os
import signal
import sys


def main() -> None:
    port, *pods = sys.argv[1:]
    demo = importlib.import_module("neuroerp_demo.__main__").main
    for address, _, rate in (pod.partition("=") for pod in pods):
        if not os.fork():
            sys.exit(demo(["--host", address, "--port", port, "--rate", rate]))
    signal.signal(signal.SIGTERM, lambda *_: None)  # It ends when all of them have.
    for _ in pods:
        os.wait()


if __name__ == "__main__":
    main()
