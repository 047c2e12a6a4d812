"""One Elasticsearch behind TLS for all tests of traces, and one Jaeger on it."""

from collections.abc import Iterator

import pytest

from tests.elastic.stack import running
from tests.needs import need
from tests.traces.front import Front
from tests.traces.jaeger import Jaeger, deployed, jaeger
from tests.traces.storage import Storage


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    need("jaeger")
    with running(Storage) as made:
        yield made


@pytest.fixture(scope="session")
def front(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    made = Front(storage, tmp_path_factory.mktemp("front"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    """Jaeger as the stack dev has it."""
    with jaeger(tmp_path_factory.mktemp("jaeger"), deployed(), front.url, front.ca) as made:
        yield made
