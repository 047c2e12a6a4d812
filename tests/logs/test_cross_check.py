"""The comparison with a real Logstash, shown with a program in its place that answers with what is expected."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.logs.cross_check import configuration
from tests.logs.logstash_config import parse
from tests.logs.plugin_checks import option_faults
from tests.logs.sample_lines import CONTENT, NAMES, expected, whole

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!{python}
{first}
import pathlib, re, sys
config = pathlib.Path(sys.argv[sys.argv.index("-f") + 1]).read_text()
assert len(sys.stdin.read().splitlines()) > 100
documents = pathlib.Path(re.search('path => "(.+?)"', config)[1])
documents.write_text(pathlib.Path({answer!r}).read_text())
"""


def answers() -> list[dict[str, object]]:
    return [{**whole(item), "stream_of_sample": item["stream"]} for name in NAMES for item in expected(name)]


def check(folder: Path, documents: list[dict[str, object]], first: str = "") -> tuple[int, str]:
    answer, program = folder / "answer.json", folder / "bin" / "logstash"
    answer.write_text("".join(f"{json.dumps(document)}\n" for document in documents), encoding="utf-8")
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable, first=first, answer=str(answer)), encoding="utf-8")
    program.chmod(0o755)
    return run(str(folder))


def run(home: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.logs.cross_check"]
    environment = {**os.environ, "LOGSTASH_HOME": home, "PYTHONPATH": str(ROOT / "telemetry" / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_equal_documents_pass(tmp_path: Path) -> None:
    code, said = check(tmp_path, answers())
    assert (code, said) == (0, f"{len(answers())} documents, 0 differ\n")


def test_other_documents_are_named(tmp_path: Path) -> None:
    documents = answers()
    documents[-1]["level"] = "OTHER"
    code, said = check(tmp_path, documents)
    assert code == 1
    assert said.startswith(f"{NAMES[-1]}: ")
    assert said.endswith(f"{len(documents)} documents, 1 differ\n")


def test_missing_documents_are_noticed(tmp_path: Path) -> None:
    code, said = check(tmp_path, answers()[1:])
    assert code == 1
    assert f"{len(answers()) - 1} documents instead of {len(answers())}" in said


def test_a_logstash_that_fails_is_told(tmp_path: Path) -> None:
    code, said = check(
        tmp_path, [], "print('[INFO ] starts'); print('[ERROR] no such plugin'); import sys; sys.exit(3)"
    )
    assert code == 2
    assert said.startswith("Logstash did not do its work: ")
    assert "exit status 3" in said
    assert said.splitlines()[1:] == ["[ERROR] no such plugin"]


@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_a_missing_logstash_is_told(home: str) -> None:
    assert run(home) == (2, "LOGSTASH_HOME must be the directory of a Logstash, with bin/logstash in it\n")


def test_the_filters_run_as_they_are() -> None:
    made, main = parse(configuration(Path("/x"))), parse(CONTENT.pipelines["main"])
    assert made["filter"][:-2] == main["filter"]
    assert [plugin.settings["id"] for plugin in made["filter"][-2:]] == ["shown", "own_host"]
    assert option_faults(configuration(Path("/x"))) == ["unknown plugin input/stdin", "unknown plugin output/file"]
