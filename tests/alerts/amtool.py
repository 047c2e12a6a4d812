"""What the real amtool says of a configuration, its routes and its templates."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import alerts
from tests.needs import need

Config = dict[str, Any]


class Amtool:
    """The tool, with a configuration and our templates in a folder of their own."""

    def __init__(self, folder: Path, config: Config | None = None, templates: Mapping[str, str] | None = None) -> None:
        """Write the files; the configuration finds the templates beside it, as it does in a pod."""
        self.folder, self._tool = folder, str(need("amtool")["amtool"])
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (alerts.routes.templates() if templates is None else templates).items():
            (folder / name).write_text(text)
        if config is not None:
            (folder / "alertmanager.yaml").write_text(yaml.safe_dump({**config, "templates": [f"{folder}/*.tmpl"]}))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._tool, "--no-version-check", *arguments], capture_output=True, text=True, check=False
        )

    def complaint(self) -> str:
        """What is wrong with the configuration or its templates; empty when nothing is."""
        done = self._run("check-config", f"{self.folder}/alertmanager.yaml")
        return done.stdout + done.stderr if done.returncode else ""

    def receiver(self, labels: Mapping[str, str]) -> str:
        """The receiver, or receivers, of an alert with these labels."""
        pairs = [f"{name}={value}" for name, value in labels.items()]
        done = self._run("config", "routes", "test", f"--config.file={self.folder}/alertmanager.yaml", *pairs)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def render(self, data: Mapping[str, Any], *names: str) -> str:
        """Templates, one after the other, with data as Alertmanager gives them; as HTML when the name ends so."""
        file = self.folder / "data.json"
        file.write_text(json.dumps(data))
        kind = "html" if names[0].endswith("html") else "text"
        text = "".join(f'{{{{ template "neuroerp.{name}" . }}}}' for name in names)
        flags = (f"--template.glob={self.folder}/*.tmpl", f"--template.data={file}", f"--template.type={kind}")
        done = self._run("template", "render", *flags, f"--template.text={text}")
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout
