"""What the tests on the engine share."""

import pytest

from tests.engine.lives import Lives
from tests.needs import need


@pytest.fixture(scope="session")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """The stacks of the test run; they need the Pulumi command line."""
    return Lives(tmp_path_factory.mktemp("engine"), str(need("pulumi")["pulumi"]))
