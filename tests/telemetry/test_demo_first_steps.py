"""The first steps of the package's README, as a new user takes them."""

import ast
import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import httpx
import pytest

from tests.loopback import free_port
from tests.telemetry.demo_process import ROOT, environment
from tests.waiting import wait

README = (ROOT / "telemetry/README.md").read_text()
SECTION = README.split("## Five lines")[1].split("\n## ")[0]
PROGRAM, CALLS = (block.split("\n", 1)[1] for block in re.findall(r"```(.*?)```", SECTION, re.DOTALL))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the README's service, started as the README says."""
    folder = tmp_path_factory.mktemp("first-steps")
    (folder / "service.py").write_text(PROGRAM)
    (command,) = re.findall(r"^\$ (uvicorn .*) --port 8080$", CALLS, re.MULTILINE)
    port = free_port()
    env = environment(PYTHONPATH=os.pathsep.join((str(ROOT / "telemetry/src"), str(folder))))
    started = [sys.executable, "-m", *command.split(), "--port", str(port)]
    process = subprocess.Popen(started, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"

    def there() -> bool:
        assert process.poll() is None, process.communicate()
        try:
            return httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait("the service", there, 15)
        yield url
    finally:
        process.kill()
        process.communicate()


def test_five_lines_are_five_lines() -> None:
    assert len([line for line in PROGRAM.splitlines() if line]) == 5


def test_requests_are_counted(service: str) -> None:
    assert f"curl -s localhost:8080/metrics | grep {(wanted := 'http_requests_total')}" in CALLS
    text = httpx.get(f"{service}/metrics", trust_env=False).text
    assert re.search(rf'^{wanted}{{endpoint="/health/live",method="GET",status="200"}} [1-9]', text, re.MULTILINE)


def test_readiness_is_answered_as_the_readme_shows(service: str) -> None:
    (shown,) = re.findall(r"^\$ curl -s localhost:8080/health/ready\n(.*)$", CALLS, re.MULTILINE)
    answer = httpx.get(f"{service}/health/ready", trust_env=False)
    assert (answer.status_code, answer.text) == (200, shown)


def test_the_package_declares_what_it_imports_and_that_it_is_typed() -> None:
    project = tomllib.loads((ROOT / "telemetry/pyproject.toml").read_text())["project"]
    extras = itertools.chain(*project["optional-dependencies"].values())
    declared = {re.split(r"[\[<>=]", line)[0] for line in (*project["dependencies"], *extras)}
    modules = sorted((ROOT / "telemetry/src").rglob("*.py"))
    trees = [ast.walk(ast.parse(path.read_text())) for path in modules]
    names = {name for node in itertools.chain(*trees) for name in imported(node)} - sys.stdlib_module_names
    owners = packages_distributions()
    assert names >= {"prometheus_client", "opentelemetry", "httpx"}
    assert [name for name in names if not declared & {normal(owner) for owner in owners[name]}] == []
    assert (ROOT / "telemetry/src/neuroerp_telemetry/py.typed").is_file()


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def imported(node: ast.AST) -> Iterator[str]:
    """The foreign packages that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield str(node.module).partition(".")[0]
