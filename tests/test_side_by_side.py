"""How the tests on real engines are spread over workers: a copy of the settings, with tests that say where they ran."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import APART, TIMED, TOGETHER

TESTS = Path(__file__).parent
RECORDER = """
import json, os, subprocess, sys, time
import pytest
CHILD = "import os; print(os.sched_getscheduler(0))"
@pytest.mark.parametrize("number", range(2))
def test_it(number, request):
    time.sleep(0.2)
    child = int(subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True).stdout)
    said = {"worker": os.environ.get("PYTEST_XDIST_WORKER"), "own": os.sched_getscheduler(0), "child": child}
    with open(os.environ["SAID"], "a") as file:
        file.write(json.dumps([request.node.path.name, said]) + "\\n")
"""
FILES = [f"cluster/{TIMED}", "cluster/test_a.py", "cluster/test_b.py", *(f"engine/{name}" for name in sorted(APART))]
Said = list[tuple[str, Mapping[str, object]]]


def ran(folder: Path, *options: str) -> Said:
    """What each test said, in the order of their ends."""
    for file in FILES:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(RECORDER)
    shutil.copy(TESTS / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", *options]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    given = {**kept, "SAID": str(folder / "said")}
    subprocess.run(command, cwd=folder, env=given, check=True, capture_output=True, timeout=120)
    return [tuple(json.loads(line)) for line in (folder / "said").read_text().splitlines()]


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Said:
    return ran(tmp_path_factory.mktemp("spread"), "-n", "2", "--no-loadscope-reorder")


def test_every_test_ran_once(spread: Said) -> None:
    assert sorted(name for name, _ in spread) == sorted(2 * [Path(file).name for file in FILES])


def test_what_shares_servers_is_of_one_worker(spread: Said) -> None:
    assert len({said["worker"] for name, said in spread if name in ("test_a.py", "test_b.py")}) == 1


def test_what_is_timed_begins_at_once_beside_the_others(spread: Said) -> None:
    timed, others = ([said["worker"] for name, said in spread if (name == TIMED) is wanted] for wanted in (True, False))
    assert {name for name, _ in spread[:2]} == {TIMED, "test_a.py"}
    assert len(set(timed)) == 1
    assert len(set(others)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such policy")
def test_others_and_what_they_start_get_what_is_left(spread: Said) -> None:
    for name, said in spread:
        wanted = os.sched_getscheduler(0) if name == TIMED else os.SCHED_IDLE
        assert (said["own"], said["child"]) == (wanted, wanted), name


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such policy")
@pytest.mark.parametrize("options", [(), ("-n", "2", f"--ignore=cluster/{TIMED}")], ids=["no workers", "nothing timed"])
def test_otherwise_nothing_is_held_back(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert {said["own"] for _, said in ran(tmp_path, *options)} == {os.sched_getscheduler(0)}


def test_the_names_are_those_of_files_and_folders() -> None:
    assert {name for name in {*APART, TIMED} if len(list(TESTS.rglob(name))) != 1} == set()
    (engines,) = re.findall(r"^ENGINES := (.*)$", (TESTS.parent / "Makefile").read_text(), re.MULTILINE)
    assert {Path(folder).name for folder in engines.split()} == TOGETHER
