"""The programs that run parts of a pipeline as they are: Elastic's grok engine, and Ruby."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.elastic.java import need_java
from tests.logs.event import UnsupportedError
from tests.needs import need

_HERE = Path(__file__).parent


class Program:
    """A program that answers each line with a line."""

    def __init__(self, *command: str | Path) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line: bytes) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._process.args!r} ended with exit code {self._process.wait(10)}")
        return answer.rstrip(b"\n")

    def stop(self) -> None:
        """It ends with its input."""
        self._process.communicate(timeout=10)


class Engines:
    """Starts the programs when they are first asked."""

    def __init__(self) -> None:
        self._grok: Program | None = None
        self._ruby: Program | None = None

    def grok(self, definitions: Mapping[str, str], pattern: str, text: str) -> dict[str, Any] | None:
        """Captures by name; None when the text does not match."""
        if not self._grok:
            library = need("elasticsearch")["elasticsearch"].parent.parent / "lib"
            java = need_java() / "bin" / "java"
            self._grok = Program(java, "-Xmx256m", "-cp", f"{library}/*", _HERE / "Grok.java")
        words = [pattern, text, *(word for pair in definitions.items() for word in pair)]
        answer = self._grok.ask(b" ".join(base64.b64encode(word.encode()) for word in words))
        if answer == b"none":
            return None
        if answer == b"failed":
            raise UnsupportedError(f"a number in {text[:200]!r}")
        words = [base64.b64decode(word).decode() for word in answer.split(b" ")[1:]]
        return {
            name: int(value) if sort == "Integer" else value
            for name, sort, value in zip(words[::3], words[1::3], words[2::3], strict=True)
        }

    def ruby(self, code: str, event: dict[str, Any]) -> dict[str, Any]:
        """The event, its metadata included, after the code."""
        if not self._ruby:
            program = shutil.which("ruby")
            if not program:
                reason = "needs ruby: install it (Debian: apt install ruby)"
                if os.environ.get("CI") == "true":
                    pytest.fail(reason, pytrace=False)
                pytest.skip(reason)
            self._ruby = Program(program, "--encoding=utf-8", _HERE / "ruby_filter.rb")
        answer: dict[str, Any] = json.loads(self._ruby.ask(json.dumps({"code": code, "event": event}).encode()))
        return answer

    def stop(self) -> None:
        """End them."""
        for program in (self._grok, self._ruby):
            if program:
                program.stop()
