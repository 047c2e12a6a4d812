"""A real Logstash with the settings and pipelines of the release, on the loopback."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.components.test_stacks import plan
from tests.components.test_variants import release
from tests.elastic.server import PASSWORD
from tests.loopback import HOST, NOBODY_TRUSTED, free_port
from tests.waiting import wait

HOME = Path(os.environ.get("LOGSTASH_HOME", ""))
SECONDS = 300
BY_OPERATOR = {"config.reload.automatic": True}
"""Of what the operator adds to `logstash.yml`, that without which Logstash refuses the rest."""


@dataclass
class Logstash:
    """One that runs."""

    beats: int
    """Port of its input."""
    api: httpx.Client
    client: Path
    """Certificates of Filebeat."""
    log: Path


def write_settings(folder: Path, beats: int, api: int) -> None:
    """`logstash.yml` and `pipelines.yml` of the release, with other folders and ports."""
    values = release(plan("prod"), "logstash").values
    pipelines = json.dumps(values["pipelines"]).replace("port => 5044", f"port => {beats}")
    extra = {"path.data": str(folder / "data"), "api.http.port": api, "allow_superuser": True, **BY_OPERATOR}
    for name, text in (("logstash.yml", json.dumps({**values["config"], **extra})), ("pipelines.yml", pipelines)):
        changed = text.replace("/usr/share/logstash/data", str(folder / "data"))
        (folder / name).write_text(
            changed.replace("/usr/share/logstash/certs", str(folder / "logstash")), encoding="utf-8"
        )


@contextmanager
def started(folder: Path, url: str, authority_of_server: Path) -> Iterator[Logstash]:
    """Logstash runs and both pipelines do; what it said is told when they do not."""
    beats, api = free_port(), free_port()
    write_settings(folder, beats, api)
    variables = {
        "NEUROERP_ENV": "dev",
        "LOGSTASH_ES_USER": "logstash",
        "LOGSTASH_ES_PASSWORD": PASSWORD,
        "ECK_ES_HOSTS": url,
        "ECK_ES_SSL_CERTIFICATE_AUTHORITY": str(authority_of_server),
    }
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [HOME / "bin" / "logstash", "--path.settings", folder, "--path.logs", folder / "logs"],
            env={**os.environ, **variables},
            stdout=output,
            stderr=output,
        )
    client = httpx.Client(base_url=f"http://{HOST}:{api}", trust_env=False, verify=NOBODY_TRUSTED)
    made = Logstash(beats, client, folder / "filebeat", log)
    try:
        wait("both pipelines", lambda: failed(process, log) or ready(made), SECONDS)
        assert not failed(process, log), log.read_text()[-5000:]
        yield made
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{log.read_text()[-5000:]}") from None
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def failed(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Whether it ended or, since it tries again for ever, could not make a pipeline."""
    return process.poll() is not None or "Failed to execute action" in log.read_text()


def ready(logstash: Logstash) -> bool:
    """Whether both pipelines run and the input listens."""
    with socket.socket() as client:
        return set(events_in(logstash)) == {"main", "dead_letter"} and not client.connect_ex((HOST, logstash.beats))


def events_in(logstash: Logstash) -> dict[str, int]:
    """Pipeline -> how many events it took."""
    try:
        pipelines = logstash.api.get("/_node/stats/pipelines").json()["pipelines"]
    except httpx.TransportError:
        return {}
    return {name: state["events"]["in"] for name, state in pipelines.items() if state.get("events")}
