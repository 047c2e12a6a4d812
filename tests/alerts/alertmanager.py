"""A real Alertmanager on loopback, alone in its mesh, with a configuration of ours."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

import alerts
from tests.needs import need
from tests.waiting import wait

URL = "https://alertmanager.example.com"
"""Where links in messages lead to."""


class Alertmanager:
    """The API of a running one."""

    def __init__(self, address: str, log: Path) -> None:
        self._url, self._log = f"http://{address}/api/v2/alerts", log

    def fire(self, fired: Sequence[Mapping[str, Any]], seconds: float = 300) -> None:
        """Send alerts as Prometheus does: labels, or whole alerts; they are over after some seconds."""
        end = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        whole = [{"endsAt": end, **(alert if "labels" in alert else {"labels": alert})} for alert in fired]
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self._url, json.dumps(whole).encode(), headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - loopback
            answer.read()

    def alerts(self, query: str = "") -> list[dict[str, Any]]:
        """The alerts that it has, with `status.inhibitedBy`, labels and receivers."""
        return self._get(f"?{query}")

    def muted(self) -> dict[str, list[str]]:
        """The time intervals that each alert waits for, by its name."""
        groups = self._get("/groups")
        return {alert["labels"]["alertname"]: alert["status"]["mutedBy"] for made in groups for alert in made["alerts"]}

    def _get(self, path: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self._url}{path}", timeout=30) as answer:  # noqa: S310 - loopback
            return list(json.load(answer))

    def said(self) -> str:
        """What it wrote so far."""
        return self._log.read_text()


@contextmanager
def running(
    folder: Path, config: Mapping[str, Any], secrets: Mapping[str, str] | None = None
) -> Iterator[Alertmanager]:
    """Run it with our templates and with secrets by their path below the mounted folder, until the block ends."""
    program = need("alertmanager")["alertmanager"]
    mounted = folder / "secrets"
    for path, value in (secrets or {}).items():
        (mounted / path).parent.mkdir(parents=True, exist_ok=True)
        (mounted / path).write_text(value)
    for name, text in alerts.routes.templates().items():
        (folder / name).write_text(text)
    text = yaml.safe_dump({**config, "templates": [f"{folder}/*.tmpl"]})
    (folder / "alertmanager.yaml").write_text(text.replace("/etc/alertmanager/secrets", str(mounted)))
    log = folder / "alertmanager.log"
    command = [
        str(program), f"--config.file={folder}/alertmanager.yaml", f"--storage.path={folder}/data",
        "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", f"--web.external-url={URL}",
    ]  # fmt: skip
    # Go trusts the certificates of this file alone.
    trusted = {**os.environ, "SSL_CERT_FILE": str(folder / "mail.crt")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=trusted)
    try:
        yield Alertmanager(wait("Alertmanager", lambda: _address(process, log)), log)
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    if process.poll() is not None:
        raise RuntimeError(log.read_text())
    found = re.search(r'"Listening on" address=(127\.0\.0\.1:\d+)', log.read_text())
    return found[1] if found else ""
