"""What removes old traces every night: the real cleaner, as its CronJob runs it, on the real Elasticsearch."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from components.jaeger_config import CA_FOLDER
from tests.elastic.server import ADMIN, PASSWORD
from tests.needs import need
from tests.traces.front import Front
from tests.traces.jaeger import values
from tests.traces.storage import Storage

OURS, OLDEST = "neuroerp-jaeger", 9
CLEANER = values("dev")["esIndexCleaner"]
AGES = (0, CLEANER["numberOfDays"] - 1, CLEANER["numberOfDays"], OLDEST)
KINDS = ("span", "service", "dependencies", "sampling")


def day(age: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=age):%Y-%m-%d}"


OTHERS = (
    f"jaeger-span-{day(OLDEST)}",
    f"other-jaeger-span-{day(OLDEST)}",
    f"neuroerp-erp-{day(OLDEST)}",
    f"{OURS}-span-archive",
)


@contextmanager
def aged(front: Front) -> Iterator[None]:
    """Each index is as old as its name says, since Elasticsearch lets nobody date an index back."""
    own: Any = front._http.RequestHandlerClass

    class Aged(own):  # type: ignore[misc]
        def _behind(self, method: str, path: str, body: bytes, *_: Any) -> Any:
            status, headers, answer = super()._behind(method, path, body, {"Accept-Encoding": "identity"})
            if method == "GET" and path.startswith(f"/{OURS}-*?") and status == httpx.codes.OK:
                found = json.loads(answer)
                for name, index in found.items():
                    if match := re.search(r"\d{4}-\d{2}-\d{2}$", name):
                        first = datetime.fromisoformat(f"{match[0]}T00:00:01+00:00").timestamp()
                        index["settings"]["index.creation_date"] = str(int(first * 1000))
                answer = json.dumps(found).encode()
            return status, headers, answer

    front._http.RequestHandlerClass = Aged
    yield
    front._http.RequestHandlerClass = own


@pytest.fixture
def old(front: Front) -> Iterator[Front]:
    with aged(front):
        yield front


def arguments(url: str, days: int = CLEANER["numberOfDays"]) -> list[str]:
    """As the chart makes them: the days, and where Elasticsearch is."""
    return [str(days), url]


def environment(url: str, ca: Path, **changed: str) -> dict[str, str]:
    """What the container has; the first two are the chart's own, what comes from Secrets is given."""
    given = {"ES_USERNAME": "jaeger-cleaner", "ES_PASSWORD": PASSWORD}
    own = {item["name"]: item.get("value") or given[item["name"]] for item in CLEANER["extraEnv"]}
    assert own["ES_TLS_CA"] == f"{CA_FOLDER}/ca.crt"
    return {"ES_SERVER_URLS": url, "ES_NODES": url, **own, "ES_TLS_CA": str(ca), **changed}


def clean(
    front: Front,
    changed: Mapping[str, str] = MappingProxyType({}),
    *,
    days: int = CLEANER["numberOfDays"],
    ca: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """A run of the cleaner, to its end."""
    command = [str(need("es-index-cleaner")["es-index-cleaner"]), *arguments(front.url, days)]
    variables = environment(front.url, ca or front.ca, **changed)
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)


def indices(storage: Storage) -> set[str]:
    with storage.client(ADMIN) as client:
        answer = client.get("/_cat/indices", params={"format": "json", "expand_wildcards": "all"})
        return {item["index"] for item in answer.raise_for_status().json()}


@pytest.fixture(scope="module")
def before(storage: Storage) -> Iterator[set[str]]:
    """What was there first, and is there at the end."""
    found = indices(storage)
    yield found
    with storage.client(ADMIN) as client:
        for index in sorted(index for index in indices(storage) - found if not index.startswith(".")):
            client.delete(f"/{index}").raise_for_status()


@pytest.fixture
def ours(storage: Storage, before: set[str]) -> set[str]:
    """Indices of Jaeger of several days, beside those of others and a stream of logs."""
    made = {f"{OURS}-{kind}-{day(age)}" for kind in KINDS for age in AGES}
    with storage.client(ADMIN) as client:
        for index in sorted({*made, *OTHERS} - before - indices(storage)):
            client.put(f"/{index}").raise_for_status()
        line = {"@timestamp": "2020-01-01T00:00:00Z", "message": "old"}
        client.put("/valeo-neuroerp-app-dev/_create/old", json=line)
    return made


def test_only_our_indices_that_are_over_their_days_go(storage: Storage, old: Front, ours: set[str]) -> None:
    there = indices(storage)
    done = clean(old)
    assert done.returncode == 0, done.stderr
    kept = {f"{OURS}-{kind}-{day(age)}" for kind in KINDS for age in AGES[:2]}
    gone = there - indices(storage)
    assert gone == ours - kept
    assert set(OTHERS) <= indices(storage)
    assert any(index.startswith(".ds-valeo-neuroerp-app-dev-") for index in indices(storage))


def test_a_second_run_finds_nothing(storage: Storage, old: Front, ours: set[str]) -> None:
    assert clean(old).returncode == 0
    left = indices(storage)
    done = clean(old)
    assert (done.returncode, indices(storage)) == (0, left)
    assert "No indices to delete" in done.stderr
    assert ours & left


def test_what_counts_is_when_an_index_was_made(storage: Storage, front: Front, ours: set[str]) -> None:
    """Not its name: what was restored from a snapshot keeps its age, what was copied begins anew."""
    there = indices(storage)
    assert clean(front).returncode == 0
    assert indices(storage) == there >= ours


def test_more_days_keep_more(storage: Storage, old: Front, ours: set[str]) -> None:
    """The number is what decides: production keeps more than dev."""
    prod = values("prod")["esIndexCleaner"]["numberOfDays"]
    assert prod > OLDEST > CLEANER["numberOfDays"]
    there = indices(storage)
    assert clean(old, days=prod).returncode == 0
    assert indices(storage) == there >= ours


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ES_USERNAME": "jaeger"}, "403"),
        ({"ES_PASSWORD": "wrong"}, "401"),
        ({"ES_TLS_ENABLED": "false"}, "tls"),
        ({"INDEX_PREFIX": "valeo-neuroerp"}, ""),
    ],
)
def test_what_differs_from_the_cronjob_removes_nothing(
    storage: Storage, old: Front, ours: set[str], changed: dict[str, str], reason: str
) -> None:
    there = indices(storage)
    done = clean(old, changed)
    assert indices(storage) == there >= ours
    assert reason in (done.stdout + done.stderr).lower()
    if reason:
        assert done.returncode != 0


def test_it_trusts_no_other_authority(front: Front, tmp_path: Path) -> None:
    other = Front(front.server, tmp_path)
    try:
        done = clean(front, ca=other.ca)
        assert done.returncode != 0
        assert "certificate" in done.stderr
    finally:
        other.stop()
