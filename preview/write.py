"""The plan as files, in a stable order: `diff -r` of two runs shows exactly what changed."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from preview.parts import Object
from preview.plan import Plan
from preview.yamlfile import InputError

_Dumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FOLDERS = ("values", "objects", "dashboards", "rules", "pipelines")
_UNSAFE = re.compile(r"[^\w.-]+")


class _BlockDumper(_Dumper):  # type: ignore[misc]
    """Writes long texts as blocks, so that a diff shows the line that changed."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Repeat what stands twice: an alias would tie two parts of a file together."""
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_BlockDumper.add_representer(str, _text)


def write(plan: Plan, target: Path) -> None:
    """Write the plan to a directory, in place of what an earlier run wrote there."""
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target: a rename across file systems is no rename.
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh.chmod(0o755)
        for folder in _FOLDERS:
            (fresh / folder).mkdir()
        for name, content in files(plan):
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


def files(plan: Plan) -> Iterator[tuple[str, str]]:
    """Path and content of every file."""
    taken: set[str] = set()
    for folder, name, suffix, content in _files(plan):
        path = _free(f"{folder}/{_UNSAFE.sub('-', name)}", suffix, taken)
        yield path, content
    yield "plan.json", _plan_json(plan.to_json())


def _plan_json(data: dict[str, Any]) -> str:
    """The plan with a line per resource: the indented form takes longer to write than all other files together."""
    resources = ",\n".join(_json(resource) for resource in data.pop("resources"))
    return f'{_json(data)[:-1]}, "resources": [\n{resources}\n]}}\n'


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


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
        yield "values", release.name, ".yaml", _yaml(release.values)
        for pipeline in release.values.get("pipelines") or ():
            if isinstance(pipeline, Mapping) and isinstance(pipeline.get("config.string"), str):
                yield "pipelines", str(pipeline.get("pipeline.id", "main")), ".conf", pipeline["config.string"]
    for item in plan.objects:
        yield "objects", f"{item.kind.lower()}-{item.name}", ".yaml", _yaml(item.manifest)
        if item.kind == "PrometheusRule":
            yield "rules", item.name, ".yaml", _yaml(item.manifest.get("spec"))
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


def _yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_BlockDumper, sort_keys=True, allow_unicode=True, width=120)
    return text
