"""A stack on a real cluster: the real program, the real provider, real charts, and what the cluster says of them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ("__main__.py", "Pulumi.yaml", "components", "dashboards", "alerts", "logs")
GIVEN = {
    "smtpPassword": "acceptance-smtp",
    "heartbeatUrl": "https://heartbeat.invalid/acceptance",
    "redisPassword": "acceptance-redis",
}
OBJECT = "neuroerp-observability:platform"
CHANGES = re.compile(r"^\s+[+~\-±]+\s*(\d+) (created|updated|deleted|replaced|to create|to update)", re.MULTILINE)


def kubectl(*arguments: str) -> str:
    """What kubectl answers; its own words when it fails."""
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout + done.stderr


def listed(*arguments: str) -> list[dict[str, Any]]:
    """The objects that kubectl lists."""
    return list(json.loads(kubectl("get", *arguments, "-o", "json"))["items"])


class Stack:
    """A copy of the project with one stack, on the cluster of the current context."""

    def __init__(self, name: str, folder: Path, mirror: str | None) -> None:
        """Copy the project and initialise the stack; its chart source and context are those of this run."""
        self.name, self.folder = name, folder
        for part in CONTENT:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", folder)
        (folder / "state").mkdir()
        self.environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "acceptance",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.change("cluster.context", kubectl("config", "current-context").strip())
        if mirror:
            self.change("charts.mirror", mirror)
        if "certificates.cert-manager.io" not in kubectl("get", "crd", "-o", "name"):
            self.change("logs.clusterIssuer", None)
            self.change("logs.plainText", True)
        self.pulumi("stack", "init", name)
        for key, value in GIVEN.items():
            self.pulumi("config", "set", "--secret", key, value)

    def change(self, path: str, value: Any) -> None:
        """Set a setting by its dotted path in the stack file."""
        file = self.folder / f"Pulumi.{self.name}.yaml"
        content = yaml.safe_load(file.read_text())
        *sections, key = path.split(".")
        section = content["config"][OBJECT]
        for part in sections:
            section = section.setdefault(part, {})
        section[key] = value
        file.write_text(yaml.safe_dump(content))

    def command(self, *arguments: str) -> list[str]:
        """The command line of the CLI for this stack."""
        return ["pulumi", "--non-interactive", "--color=never", *arguments, "--stack", self.name]

    def pulumi(self, *arguments: str, code: int | None = 0) -> str:
        """What the CLI prints; ``code`` is the exit code that is expected, None for any."""
        arguments = arguments if arguments[:2] == ("stack", "init") else (*arguments, "--stack", self.name)
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        text = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"exit code {done.returncode}\n{text[-4000:]}"
        return text

    def up(self) -> dict[str, int]:
        """Bring the stack up; how many resources were created, updated, deleted, replaced."""
        return counts(self.pulumi("up", "--yes", "--skip-preview"))

    def unchanged(self) -> str:
        """Preview against the live cluster: an empty text when nothing would change."""
        text = self.pulumi("preview", "--refresh", "--expect-no-changes", code=None)
        return "" if "unchanged" in text and not counts(text) else text[-3000:]

    def interrupted(self, signals: Sequence[signal.Signals], when: str, pause: float = 2) -> int:
        """Begin an `up`, send the signals once its output has the text ``when``, and give its exit code."""
        process = subprocess.Popen(
            self.command("up", "--yes", "--skip-preview"), cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if when in line:
                break
        time.sleep(pause)  # Until Helm has begun.
        for sent in signals:
            # Of a process that is killed, its helpers go too: an ended machine takes all with it.
            kill = os.killpg if sent is signal.SIGKILL else os.kill
            kill(process.pid, sent)
            time.sleep(pause)
        process.stdout.read()
        return process.wait()


def counts(text: str) -> dict[str, int]:
    """What a run says it did or would do."""
    return {what: int(number) for number, what in CHANGES.findall(text)}


def labels(name: str) -> Mapping[str, str]:
    """The labels of a namespace."""
    return dict(json.loads(kubectl("get", "namespace", name, "-o", "json"))["metadata"]["labels"])
