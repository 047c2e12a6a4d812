"""Switch the demo's scenarios, as somebody in its pod would: ``alarm_switch.py 10.246.0.5=errors ...``."""

import http.client
import sys

PORT = 8080


def main() -> None:
    for wanted in sys.argv[1:]:
        address, _, scenario = wanted.partition("=")
        # The demo listens to callers on its own machine only.
        connection = http.client.HTTPConnection(address, PORT, timeout=20, source_address=("127.0.0.1", 0))
        connection.request("POST", f"/demo/scenario/{scenario}")
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{wanted}: {answer.status} {answer.read().decode()}")
        connection.close()


if __name__ == "__main__":
    main()
