"""A git repository with a project that the preview can render: this one, or a small one with the chart of the tests."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.preview.shop_chart import FIXTURE

ROOT = Path(__file__).parents[2]
_IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc")
CODE = ("preview", "components", "tools", "requirements-dev.txt")
PROJECT = (
    "__main__.py",
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "Pulumi.prod.yaml",
    "dashboards",
    "alerts",
    "logs",
    "policy",
)
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

stack = pulumi.get_stack()
k8s.helm.v3.Release(
    "web", name="web", namespace=f"shop-{stack}", chart="charts/shop", version="1.2.3", values={"color": "red"}
)
k8s.core.v1.ConfigMap("page", metadata={"name": "page", "namespace": "site"}, data={"page": "hello"})
"""
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get{{ if hasSuffix "prod" .Release.Namespace }}, list{{ end }}]
"""


@dataclass(frozen=True)
class Repository:
    """The repository in a directory."""

    root: Path

    def change(self, file: str, old: str, new: str) -> "Repository":
        """Replace a text that is there exactly once."""
        path = self.root / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))
        return self

    def git(self, *arguments: str) -> str:
        """What a command of git prints."""
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout

    def commit(self) -> "Repository":
        """Commit all there is."""
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self


def _copy(names: tuple[str, ...], root: Path) -> None:
    for name in names:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=_IGNORED)
        else:
            shutil.copy(source, root / name)


def _initial(root: Path) -> Repository:
    repository = Repository(root)
    repository.git("init", "--quiet", "--initial-branch=main")
    (root / ".git" / "info" / "exclude").write_text("build/\n__pycache__/\n")
    return repository


def project(root: Path) -> Repository:
    """This project as it lies in the working tree."""
    root.mkdir(parents=True)
    _copy((*CODE, *PROJECT), root)
    return _initial(root)


def shop(root: Path) -> Repository:
    """A small project with one release and one object, in two stacks."""
    root.mkdir(parents=True)
    _copy(CODE, root)
    shutil.copytree(FIXTURE, root / "charts" / "shop")
    (root / "charts" / "shop" / "templates" / "role.yaml").write_text(ROLE)
    (root / "__main__.py").write_text(PROGRAM)
    (root / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    for stack in ("dev", "prod"):
        (root / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return _initial(root)
