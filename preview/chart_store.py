"""Where the charts of releases are at hand: a path that a release names, a mirror directory, the cache, the network."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from components.charts import Chart, ChartNotFoundError, directory_entry
from preview.chart_files import NotAtHandError, named
from preview.parts import Release

LOCK = Path(__file__).parent / "charts.lock.json"
"""SHA-256 of packaged charts by ``name-version``, where they were recorded."""
CACHE = "build/.charts"
_PULL_SECONDS = 300
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class PullError(Exception):
    """A chart cannot be had from where it comes from; the message is one line."""


@dataclass(frozen=True)
class Store:
    """Finds charts."""

    root: Path
    """The project's directory."""
    helm: Path
    mirror: Path | None = None
    """Directory that stands in for the stack's own source of charts."""
    network: bool = False
    """Whether a chart that is not at hand is pulled from where the release says."""

    @cached_property
    def cache(self) -> Path:
        """Directory of charts that were pulled."""
        return self.root / CACHE

    def locate(self, release: Release) -> Path:
        """The packaged or unpacked chart of a release; raises ``NotAtHandError``."""
        chart = Chart(release.chart, release.version, release.repository)
        if self.mirror:
            try:
                return directory_entry(chart, self.mirror)
            except ChartNotFoundError as error:
                raise NotAtHandError(str(error).replace("platform.charts.mirror", "CHARTS_MIRROR", 1)) from None
        if path := named(release, self.root):
            return path
        try:
            return directory_entry(chart, self.cache)
        except ChartNotFoundError:
            pass
        if not self.network:
            raise NotAtHandError(
                f"chart {chart.name} {chart.version} is not at hand: run python -m preview charts, or add --manifests"
            )
        try:
            return pull(self.helm, chart, self.cache, str(release.inputs.get("chart", "")))
        except PullError as error:
            raise NotAtHandError(f"chart {chart.name} {chart.version}: {error}") from None


def pull(
    helm: Path, chart: Chart, directory: Path, reference: str = "", locked: Mapping[str, str] | None = None
) -> Path:
    """Pull a chart into a directory, and return its package; one that differs from its recorded digest is refused.

    ``reference`` is the chart's full address where it is in a registry.
    """
    directory.mkdir(parents=True, exist_ok=True)
    oci = reference.startswith("oci://")
    source = [reference] if oci else [chart.name, "--repo", chart.repository]
    plain = ["--plain-http"] if oci and urlsplit(reference).hostname in _LOOPBACK else []
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=directory) as fresh:
        command = [str(helm), "pull", *source, "--version", chart.version, "--destination", fresh, *plain]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PULL_SECONDS)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise PullError(f"{chart.repository} does not answer within {_PULL_SECONDS} s") from None
        packages = list(Path(fresh).glob("*.tgz"))
        if done.returncode or len(packages) != 1:
            raise PullError(complaint(done.stderr))
        expected, found = (digests() if locked is None else locked).get(key(chart)), digest(packages[0])
        if expected not in (None, found):
            raise PullError(f"its digest is {found}, but {expected} is recorded; see why before you use it")
        package = directory / f"{key(chart)}.tgz"
        packages[0].replace(package)
    return package


def key(chart: Chart) -> str:
    """How a chart is called in the lock file, and its package without the suffix."""
    return f"{chart.name}-{chart.version}"


def digest(package: Path) -> str:
    """Digest of a packaged chart, as repositories and registries write it."""
    return f"sha256:{sha256(package.read_bytes()).hexdigest()}"


def digests(path: Path = LOCK) -> dict[str, str]:
    """The recorded digests."""
    recorded: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return recorded


def mirror_from_environment() -> Path | None:
    """The directory in CHARTS_MIRROR."""
    name = os.environ.get("CHARTS_MIRROR")
    return Path(name).absolute() if name else None


def complaint(text: str) -> str:
    """What Helm complains of, in one line."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    start = next((number for number, line in enumerate(lines) if line.startswith("Error: ")), 0)
    told = " ".join(line for line in lines[start:] if line and not line.startswith("Use --debug"))
    return told.removeprefix("Error: ") or "helm failed without a word"
