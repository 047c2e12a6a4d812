"""A copy of the chart in tests/fixtures/charts that a test may change, and a plan with one release of it."""

import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from preview.chart_store import CACHE, Store
from preview.checks import Check, Context
from preview.parts import RELEASE, Resource
from preview.plan import Plan
from preview.render import GATEWAY, render
from preview.rendered import Rendering
from preview.run import Recording
from preview.stackfile import Stack
from preview.write import files
from tests.needs import need

FIXTURE = Path(__file__).parents[1] / "fixtures" / "charts" / "shop"
NAME, VERSION = "shop", "1.2.3"
Inputs = Mapping[str, Any]


def resource(type_: str, name: str, inputs: Inputs) -> Resource:
    """A resource of a plan."""
    return Resource(type_, name, "", "", (), dict(inputs), component=False)


@dataclass
class Shop:
    """The project with the chart."""

    root: Path
    inputs: dict[str, Any] = field(default_factory=dict)
    """Of the release, on top of what it needs."""
    objects: list[Resource] = field(default_factory=list)
    mirror: Path | None = None
    network: bool = False
    provided: str = ""

    @property
    def chart(self) -> Path:
        """The unpacked chart."""
        return self.root / "charts" / NAME

    def change(self, file: str, old: str, new: str) -> "Shop":
        """Replace a text of a file of the chart that is there exactly once."""
        path = self.chart / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))
        return self

    def add(self, file: str, text: str) -> "Shop":
        """Add a file to the chart."""
        (self.chart / file).write_text(text)
        return self

    def with_values(self, **values: Any) -> "Shop":
        """Set values of the release."""
        self.inputs["values"] = values
        return self

    @property
    def plan(self) -> Plan:
        """The plan: one release, and objects of our own."""
        inputs = {"name": "web", "namespace": "site", "chart": f"charts/{NAME}", "version": VERSION, **self.inputs}
        resources = (*self.objects, resource(RELEASE, "web", inputs))
        return Plan("small", "dev", resources, {}, ())

    def render(self, *, compare: bool = True) -> Rendering:
        """Render the plan."""
        helm = need("helm")["helm"]
        return render(self.plan, Store(self.root, helm, self.mirror, self.network), compare=compare)

    def files(self) -> dict[str, str]:
        """The files of the rendered objects, by name."""
        rendering = self.render()
        assert not rendering.note
        assert not rendering.failed
        begin = "manifests/web/"
        return {
            path.removeprefix(begin): content for path, content in files(self.plan, rendering) if path.startswith(begin)
        }

    def reasons(self, check: Check) -> list[str]:
        """What a check says."""
        return check(self.plan, self.context())

    def context(self) -> Context:
        """The context of the checks."""
        # As in every run but the first: otherwise Helm runs a second time for them.
        apis = self.root / CACHE / "apis-dev.json"
        apis.parent.mkdir(parents=True, exist_ok=True)
        apis.write_text(json.dumps([*GATEWAY, "example.com/v1", "example.com/v1/Widget"]))
        (self.root / "provided.yaml").write_text(self.provided)
        return Context(
            Recording(Stack(self.root, "small", "dev", {}, ())), lists=self.root, rendering=self.render(compare=False)
        )

    def package(self, directory: Path) -> Path:
        """The chart, packed into a directory as helm does it."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{NAME}-{VERSION}.tgz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(self.chart, NAME)
        return path


def make(root: Path) -> Shop:
    """Copy the chart: every check holds on it."""
    shutil.copytree(FIXTURE, root / "charts" / NAME)
    return Shop(root)
