"""A stand-in for Elasticsearch and a folder of payloads for the bootstrap program, and the engines of the pipelines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs.bootstrap_run import PAYLOADS, write
from tests.logs.elasticsearch_stub import Stub, running
from tests.logs.engines import Engines


@pytest.fixture
def server() -> Iterator[Stub]:
    """A stub without any policy or template."""
    with running(Stub()) as stub:
        yield stub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The payloads of production, as the Job mounts them."""
    return write(tmp_path, PAYLOADS)


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The programs that run parts of the pipelines."""
    made = Engines()
    yield made
    made.stop()
