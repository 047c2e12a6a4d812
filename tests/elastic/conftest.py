"""One Elasticsearch for all tests, with the templates of dev."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.elastic.java import need_java
from tests.elastic.server import Server
from tests.elastic.stack import CONTENT, put_templates
from tests.needs import need


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    program, java = need("elasticsearch")["elasticsearch"], need_java()
    # Not pytest's own folder: the server runs as another user, who cannot look into that.
    folder = Path(tempfile.mkdtemp(prefix="elastic-"))
    made = Server(program, java, folder)
    try:
        made.start(CONTENT.roles, CONTENT.user_roles)
        put_templates(made)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
