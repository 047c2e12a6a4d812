"""One Elasticsearch behind TLS for all tests of traces, and one Jaeger on it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.elastic.java import need_java
from tests.elastic.stack import CONTENT, put_templates
from tests.needs import need
from tests.traces.front import Front
from tests.traces.jaeger import Jaeger, deployed, jaeger
from tests.traces.storage import Storage


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    program, java = need("elasticsearch")["elasticsearch"], need_java()
    need("jaeger")
    # Not pytest's own folder: the server runs as another user, who cannot look into that.
    folder = Path(tempfile.mkdtemp(prefix="traces-"))
    made = Storage(program, java, folder)
    try:
        made.start(CONTENT.roles, CONTENT.user_roles)
        put_templates(made)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


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
