"""What ``python -m preview charts`` does: download every pinned chart into a directory that can be a mirror."""

# ruff: noqa: T201 - a command prints

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from components.charts import CHARTS, Chart
from preview import chart_store
from preview.chart_store import CACHE, PullError, digest, digests, key, pull
from preview.render import NO_HELM, find_helm
from preview.stackfile import find_root
from preview.yamlfile import InputError


def charts(
    directory: Path | None, *, record: bool, pins: Iterable[Chart] = CHARTS, lock: Path = chart_store.LOCK
) -> int:
    """Download the charts that are not there yet; the exit status is 1 when one cannot be had."""
    helm = find_helm()
    if helm is None:
        raise InputError(NO_HELM)
    target = directory or find_root(Path.cwd()) / CACHE
    locked, wanted = digests(lock), list(pins)
    failed = False

    def get(chart: Chart) -> tuple[str, str]:
        """How a chart came to be there, and its digest; or why it is not."""
        package = target / f"{key(chart)}.tgz"
        try:
            if package.is_file() and locked.get(key(chart)) in (None, found := digest(package)):
                return "there", found
            return "downloaded", digest(pull(helm, chart, target, locked=locked))
        except (PullError, OSError) as error:
            return "", str(error)

    recorded = {}
    # A few at a time: all of them at once is more than some repositories allow.
    with ThreadPoolExecutor(4) as pool:
        for number, (chart, (state, said)) in enumerate(zip(wanted, pool.map(get, wanted), strict=True), 1):
            if state:
                recorded[key(chart)] = said
                print(f"[{number}/{len(wanted)}] {chart.name} {chart.version}: {state}, {said}", flush=True)
            else:
                failed = True
                print(f"[{number}/{len(wanted)}] {chart.name} {chart.version}: {said}", file=sys.stderr, flush=True)
    if record and not failed:
        lock.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{len(recorded)} digests are in {lock.name}")
    return int(failed)
