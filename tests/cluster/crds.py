"""The CustomResourceDefinitions of the operators, out of the Go modules that the operators are built from."""

import contextlib
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from tests.cluster.api import Api, ApiError, Manifest
from tests.waiting import wait

TOOLS = Path(__file__).resolve().parents[2] / "tools"
# Family of tools: the module with the CRDs, and where they are in it.
SOURCES = {
    "prometheus-operator": (
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd/*.yaml",
    ),
    "cert-manager": ("github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_*.yaml"),
    "gateway-api": ("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"),
    "eck-operator": ("github.com/elastic/cloud-on-k8s/v3", "config/crds/v1/all-crds.yaml"),
}


class _Loader(yaml.CSafeLoader):
    """Reads `=` in an enumeration as the text that Kubernetes means."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


@cache
def definitions(family: str) -> tuple[Manifest, ...]:
    """The CRDs of a family of tools."""
    module, pattern = SOURCES[family]
    command = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    folder = subprocess.run(command, cwd=TOOLS / family, check=True, capture_output=True, text=True).stdout.strip()
    if not folder:  # The module cache lacks it, though its binary was built: on a machine with binaries alone.
        download = ["go", "mod", "download", module]
        subprocess.run(download, cwd=TOOLS / family, check=True, capture_output=True)
        folder = subprocess.run(command, cwd=TOOLS / family, check=True, capture_output=True, text=True).stdout.strip()
    return tuple(_read(Path(folder), pattern))


def _read(folder: Path, pattern: str) -> Iterator[Manifest]:
    for path in sorted(folder.glob(pattern)):
        yield from (content for content in yaml.load_all(path.read_text(), _Loader) if content)


def install(api: Api, family: str, only: str = "") -> None:
    """Make the CRDs that are missing, or those of one kind alone, and wait until they are served."""
    lacking = missing(api, family)
    for definition in definitions(family):  # Created, not applied: that takes seconds with schemas of this size.
        kind = definition["spec"]["names"]["kind"]
        if any(line.endswith(f" {kind}") for line in lacking) and only in ("", kind):
            api.ask("POST", api.path(definition).rpartition("/")[0], definition)
    end = f" {only}" if only else ""
    wait(f"the CRDs of {family}", lambda: not [kind for kind in missing(api, family) if kind.endswith(end)], 30)


def missing(api: Api, family: str) -> list[str]:
    """The kinds of a family that are not served yet."""
    served: dict[str, set[str]] = {}
    for group in api.ask("GET", "/apis")["groups"]:
        for root in (version["groupVersion"] for version in group["versions"]):
            if root.partition("/")[0] in {made["spec"]["group"] for made in definitions(family)}:
                with contextlib.suppress(ApiError):  # A group is listed before its version is served.
                    found = api.ask("GET", f"/apis/{root}")["resources"]
                    served.setdefault(root, set()).update(resource["kind"] for resource in found)
    wanted = [
        (f"{made['spec']['group']}/{version['name']}", made["spec"]["names"]["kind"])
        for made in definitions(family)
        for version in made["spec"]["versions"]
        if version["served"]
    ]
    return [f"{root} {kind}" for root, kind in wanted if kind not in served.get(root, ())]
