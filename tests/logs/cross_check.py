"""Compares the samples' expected documents with what a real Logstash makes of the same events.

Run as `LOGSTASH_HOME=/usr/share/logstash python -m tests.logs.cross_check` where one is installed; no test needs it.
The filters run as they are, between lines of JSON. Exit status: 0 all equal, 1 some differ, 2 Logstash did not run.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.logs.evaluator import Written
from tests.logs.sample_lines import CONTENT, NAMES, VARIABLES, essence, expected, sample

SECONDS = 600
LONGEST = 1000
_INPUT = """input { stdin { id => "events" codec => json_lines { ecs_compatibility => "disabled" } } }
"""
# The stream is metadata, which no output shows; the input adds this machine's name.
_OUTPUT = """
filter {
  mutate { id => "shown" add_field => { "stream_of_sample" => "%%{[@metadata][target]}" } }
  mutate { id => "own_host" remove_field => ["[host][hostname]"] }
}
output { file { id => "documents" path => "%s" codec => json_lines { ecs_compatibility => "disabled" } } }
"""


def configuration(documents: Path) -> str:
    """The filters of the main pipeline between an input of lines of JSON and an output of such."""
    text = CONTENT.pipelines["main"]
    return _INPUT + text[text.index("\nfilter {") : text.rindex("\n# Data streams take")] + _OUTPUT % documents


def run(program: Path, folder: Path) -> list[dict[str, Any]]:
    """Let Logstash work on all samples; raises CalledProcessError when it fails."""
    documents, config = folder / "documents.json", folder / "pipeline.conf"
    config.write_text(configuration(documents), encoding="utf-8")
    (folder / "logstash.yml").write_text(
        "pipeline.ecs_compatibility: v8\npipeline.ordered: true\nallow_superuser: true\n", encoding="utf-8"
    )
    events = "".join(f"{json.dumps(event)}\n" for name in NAMES for event in sample(name))
    places: list[str | Path] = [
        "--path.settings",
        folder,
        "--path.data",
        folder / "data",
        "--path.logs",
        folder / "logs",
    ]
    subprocess.run(
        [program, "-f", config, *places, "--pipeline.workers", "1", "--log.level", "warn"],
        input=events.encode(),
        env={**os.environ, **VARIABLES},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=True,
    )
    return [json.loads(line) for line in documents.read_text(encoding="utf-8").splitlines()]


def differences(found: list[dict[str, Any]]) -> list[str]:
    """Where documents of Logstash, in the order of the samples, are not those that are expected."""
    wanted = [(name, item) for name in NAMES for item in expected(name)]
    if len(found) != len(wanted):
        return [f"{len(found)} documents instead of {len(wanted)}"]
    wrong = []
    for (name, item), document in zip(wanted, found, strict=True):
        stream = document.pop("stream_of_sample")
        made = essence(Written("", f"valeo-neuroerp-{stream}-dev", "", document))
        if made != {"stream": item["stream"], "document": item["document"]}:
            wrong.append(f"{name}: {json.dumps(made, ensure_ascii=False)[:500]}")
    return wrong


def main() -> int:
    """Print each difference, and how many documents were compared."""
    program = Path(os.environ.get("LOGSTASH_HOME", "")) / "bin" / "logstash"
    if not os.environ.get("LOGSTASH_HOME") or not program.is_file():
        sys.stderr.write("LOGSTASH_HOME must be the directory of a Logstash, with bin/logstash in it\n")
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = run(program, Path(folder))
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = None if isinstance(error, OSError) else error.output
        lines = (said or b"").decode(errors="replace").splitlines()
        faults = [line[:LONGEST] for line in lines if line.startswith(("[ERROR", "[FATAL"))]
        sys.stderr.write("\n".join([f"Logstash did not do its work: {error}", *faults[:3], ""]))
        return 2
    wrong = differences(found)
    sys.stdout.write("".join(f"{line}\n" for line in wrong) + f"{len(found)} documents, {len(wrong)} differ\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
