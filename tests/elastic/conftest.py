"""One Elasticsearch for all tests, with the templates of dev."""

from collections.abc import Iterator

import pytest

from tests.elastic.server import Server
from tests.elastic.stack import running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running(Server) as made:
        yield made
