"""The program of this repository on the real Pulumi engine, with stand-ins for its providers: no cluster or network."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from preview import run as offline
from tests.components.platform_settings import changed
from tests.engine.outcome import Run
from tests.engine.program import hosting
from tests.engine.providers import serving
from tests.engine.world import World

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "neuroerp-observability"
PASSPHRASE = "passphrase of the tests"
LIMIT = 120
PROVIDERS = """
import pulumi, pulumi_kubernetes as k8s, pulumi_random as random
cluster = k8s.Provider("cluster", enable_config_map_mutable=True)
explicit = pulumi.ResourceOptions(providers=[cluster, random.Provider("random")])
"""
Process = subprocess.Popen[bytes]
During = Callable[[Process], None]


@dataclass
class Stack:
    """A stack of a copy of this project, in a directory of its own."""

    home: Path
    name: str
    pulumi: str
    world: World = field(default_factory=World)
    checkpoints: bool = False
    """Whether each step is written into the state as it is done, and not at the end alone: half of the time."""

    @property
    def project(self) -> Path:
        """The copy of the project."""
        return self.home / "project"

    def copy(self, home: Path) -> "Stack":
        """The same stack once more, with all that it has made."""
        shutil.copytree(self.home, home)
        return Stack(home, self.name, self.pulumi, self.world.copy())

    def setting(self, path: str, value: Any) -> "Stack":
        """Change the stack file: a configuration key, and the way to a value in it."""
        file = self.project / f"Pulumi.{self.name}.yaml"
        content = yaml.safe_load(file.read_text())
        content["config"] = changed(content["config"], f"{PROJECT}:{path}", value)
        file.write_text(yaml.safe_dump(content, sort_keys=False))
        return self

    def rewritten(self, old: str, new: str, file: str = "__main__.py") -> "Stack":
        """Change the program: a text that is there exactly once."""
        path = self.project / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))
        return self

    def replaced(self, program: str) -> "Stack":
        """Give the stack another program, which has both providers at hand."""
        (self.project / "__main__.py").write_text(PROVIDERS + program)
        return self

    def checkpoint(self) -> dict[str, Any]:
        """The state as the backend keeps it."""
        text = (self.home / f"state/.pulumi/stacks/{PROJECT}/{self.name}.json").read_text()
        return dict(json.loads(text)["checkpoint"]["latest"] or {})

    def command(self, *words: str, during: During = lambda _: None, **more: str) -> Run:
        """Run a command of the command line; ``during`` is called while it runs. All that it prints is kept."""
        number = len(list(self.home.glob("*.txt")))
        output, log = self.home / f"{number:02}-{words[0]}.txt", self.home / f"{number:02}-{words[0]}.json"
        command = [self.pulumi, *words, "--stack", self.name, "--non-interactive", "--color", "never"]
        environment = {
            "HOME": str(self.home),
            "PATH": os.defpath,
            "GOGC": os.environ.get("GOGC", "100"),
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": str(not self.checkpoints).lower(),
        }
        if "PULUMI_DEBUG_PROVIDERS" in more:
            command.append(f"--event-log={log}")
        begin = time.perf_counter()
        with (
            output.open("wb") as file,
            subprocess.Popen(
                command, cwd=self.project, env=environment | more, stdout=file, stderr=subprocess.STDOUT
            ) as process,
        ):
            try:
                during(process)
                code = process.wait(LIMIT)
            finally:
                process.kill()
        seconds = time.perf_counter() - begin
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return Run(code, output.read_text(), events, seconds)

    def preview(self, *options: str) -> Run:
        return self._operation("preview", *options)

    def up(self, *options: str, during: During = lambda _: None) -> Run:
        return self._operation("up", "--yes", "--skip-preview", *options, during=during)

    def refresh(self, *options: str) -> Run:
        return self._operation("refresh", *options)

    def destroy(self, *options: str) -> Run:
        return self._operation("destroy", "--yes", *options)

    def _operation(self, *words: str, during: During = lambda _: None) -> Run:
        with serving(self.world) as providers, hosting(self.project) as address:
            return self.command(*words, f"--client={address}", during=during, PULUMI_DEBUG_PROVIDERS=providers)


def make(home: Path, name: str, command: str, given: Mapping[str, str]) -> Stack:
    """A new stack, of which nothing is there yet, with its secrets."""
    stack = Stack(home, name, command)
    (home / "state").mkdir(parents=True)
    for package in sorted(offline.PROJECT_PACKAGES):
        shutil.copytree(ROOT / package, stack.project / package)
    for file in (ROOT / "__main__.py", *ROOT.glob("Pulumi*.yaml")):
        shutil.copy2(file, stack.project)
    secrets = [part for key, value in given.items() for part in ("--secret", f"{key}={value}")]
    for words in (("stack", "init"), ("config", "set-all", *secrets)):
        made = stack.command(*words)
        assert made.code == 0, made.text
    return stack
