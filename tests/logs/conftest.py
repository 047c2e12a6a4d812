"""A stand-in for Elasticsearch and a folder of payloads, for the tests of the bootstrap program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs.bootstrap_run import PAYLOADS
from tests.logs.elasticsearch_stub import Stub, running


@pytest.fixture
def server() -> Iterator[Stub]:
    """A stub without any policy or template."""
    with running() as stub:
        yield stub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The payloads of production, as the Job mounts them."""
    for name, text in PAYLOADS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path
