"""The plan as files, in a stable order: `diff -r` of two runs shows exactly what changed."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from preview.manifest_files import manifest_files
from preview.parts import Object
from preview.plan import Plan
from preview.rendered import Rendering
from preview.yamlfile import InputError, dump

_FOLDERS = ("values", "objects", "dashboards", "rules", "pipelines", "manifests")
_UNSAFE = re.compile(r"[^\w.-]+")


def write(plan: Plan, target: Path, rendering: Rendering | None = None) -> None:
    """Write the plan, and what its charts render to, to a directory, in place of what an earlier run wrote there."""
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target: a rename across file systems is no rename.
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh.chmod(0o755)
        for folder in _FOLDERS:
            (fresh / folder).mkdir()
        for release in sorted({item.release.name for item in rendering.objects} if rendering else ()):
            (fresh / "manifests" / _safe(release)).mkdir()
        for name, content in files(plan, rendering):
            (fresh / name).write_text(content, encoding="utf-8")
        if target.exists():
            # Two renames leave no moment with a half-written directory, and nothing of the old one stays.
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
            target.rename(old / "old")
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def refuse_foreign(target: Path) -> None:
    """Raise ``InputError`` when a directory holds anything that the preview did not write: it would be deleted."""
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir():
        raise InputError(f"{target} is no directory; name another one with --output")
    entries = {entry.name for entry in target.iterdir()}
    ours = False
    with suppress(OSError, ValueError, AttributeError):
        ours = "preview" in json.loads((target / "plan.json").read_text(encoding="utf-8"))
    if entries and not (ours and entries <= {*_FOLDERS, "plan.json"}):
        raise InputError(f"{target} holds files that are not of a preview; empty it, or name another one with --output")


def files(plan: Plan, rendering: Rendering | None = None) -> Iterator[tuple[str, str]]:
    """Path and content of every file."""
    taken: set[str] = set()
    for folder, name, suffix, content in _files(plan):
        yield _free(f"{folder}/{_safe(name)}", suffix, taken), content
    for release, name, content in manifest_files(plan, rendering) if rendering else ():
        yield _free(f"manifests/{_safe(release)}/{_safe(name)}", ".yaml", taken), content
    yield "plan.json", _plan_json(plan.to_json())


def _plan_json(data: dict[str, Any]) -> str:
    """The plan with a line per resource: the indented form takes longer to write than all other files together."""
    resources = ",\n".join(_json(resource) for resource in data.pop("resources"))
    return f'{_json(data)[:-1]}, "resources": [\n{resources}\n]}}\n'


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def _safe(name: str) -> str:
    """A name that every file system takes."""
    return _UNSAFE.sub("-", name)


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    """A path that no other file has; the order of the files is stable, so the numbers are."""
    path, number = f"{stem}{suffix}", 1
    while path.lower() in taken:
        number += 1
        path = f"{stem}-{number}{suffix}"
    taken.add(path.lower())
    return path


def _files(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """Folder, name, suffix and content of each file but plan.json."""
    for release in plan.releases:
        yield "values", release.name, ".yaml", dump(release.values)
        for pipeline in release.values.get("pipelines") or ():
            if isinstance(pipeline, Mapping) and isinstance(pipeline.get("config.string"), str):
                yield "pipelines", str(pipeline.get("pipeline.id", "main")), ".conf", pipeline["config.string"]
    for item in plan.objects:
        yield "objects", f"{item.kind.lower()}-{item.name}", ".yaml", dump(item.manifest)
        if item.kind == "PrometheusRule":
            yield "rules", item.name, ".yaml", dump(item.manifest.get("spec"))
        yield from (("dashboards", uid, ".json", content) for uid, content in _dashboards(item))


def _dashboards(item: Object) -> Iterator[tuple[str, str]]:
    """Uid and text of each dashboard in a ConfigMap that Grafana's sidecar reads."""
    labels = item.manifest["metadata"].get("labels") or {}
    if item.kind == "ConfigMap" and "grafana_dashboard" in labels:
        for name, text in (item.manifest.get("data") or {}).items():
            with suppress(ValueError):
                dashboard = json.loads(text)
                # A text of several lines is as its author formats it.
                content = text if "\n" in text.strip() else json.dumps(dashboard, indent=2) + "\n"
                yield str(dashboard.get("uid") or name.removesuffix(".json")), content
