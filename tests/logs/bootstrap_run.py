"""Runs the bootstrap program as its Job does, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from logs import bootstrap, content
from tests.logs.elasticsearch_stub import PASSWORD, USER

PROGRAM = Path(bootstrap.__file__).parent
CONTENT = content("prod", index_replicas=1, retention_days=30, rollover_age="1d", rollover_size="30Gi")
PAYLOADS = CONTENT.payloads
PATHS = [json.loads(text)["path"] for text in PAYLOADS.values()]
POLICY, COMPONENT, INDEX = PATHS


def run(folder: Path, url: str, *options: str, **variables: str) -> tuple[int, list[str]]:
    """Exit code and all lines of output; none of them may show the password or a traceback."""
    environment = {
        "SERVER_URL": url,
        "ELASTICSEARCH_USER": USER,
        "ELASTICSEARCH_PASSWORD": PASSWORD,
        "WAIT_SECONDS": "5",
        **variables,
    }
    done = subprocess.run(
        # As in the Job: its own folder, and nothing of this project beside it. -I would hide the package.
        [sys.executable, "-S", "-m", PROGRAM.name, *options, str(folder)],
        cwd=PROGRAM.parent,
        env={name: value for name, value in environment.items() if value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert PASSWORD not in done.stdout
    assert "Traceback" not in done.stdout
    if environment["ELASTICSEARCH_PASSWORD"]:
        assert environment["ELASTICSEARCH_PASSWORD"] not in done.stdout
    return done.returncode, done.stdout.splitlines()


def write(folder: Path, payloads: Mapping[str, str]) -> Path:
    """The payloads as files, as the Job mounts them."""
    for name, text in payloads.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def words(state: str) -> list[str]:
    """The lines of a run in which the same happened to all payloads."""
    return [f"{name}: {state}" for name in PAYLOADS]
