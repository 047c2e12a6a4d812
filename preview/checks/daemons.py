"""Configuration and rules that are rendered, judged by the tools of the daemons that read them."""

import subprocess
import tempfile
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from preview.checks import Context, NotRunError
from preview.checks.rendering import rendered
from preview.parts import Object
from preview.plan import Plan
from preview.wire import MASKS
from preview.yamlfile import dump, parse_trusted
from tools import find

_SCRAPE = ("additionalScrapeConfigs", "scrape_configs")
_ALERTING = ("additionalAlertManagerConfigs", "alertmanagers")
_ALERTMANAGER = "alertmanager.yaml"
_END = "amtool: error: failed to validate 1 file(s)"
_SECONDS, _LONGEST = 60, 500


def check_rules(plan: Plan, context: Context) -> list[str]:
    """Prometheus takes every rule of a PrometheusRule."""
    items = [item for item in (*plan.objects, *rendered(context)) if item.kind == "PrometheusRule"]
    texts = [(item.title, dump(item.manifest.get("spec") or {})) for item in items]
    return _judge("promtool", ["check", "rules"], texts)


def check_prometheus_config(plan: Plan, context: Context) -> list[str]:
    """Prometheus takes what is added to the configuration that its operator writes."""
    items = (*plan.objects, *rendered(context))
    texts = []
    for item in items:
        spec = item.manifest.get("spec") or {}
        for field, section in (_SCRAPE, _ALERTING) if item.kind == "Prometheus" else ():
            reference = spec.get(field)
            text = _value(items, item.namespace, reference["name"], reference["key"]) if reference else None
            if text is not None:
                content = {section: parse_trusted(text)}
                config = content if section == _SCRAPE[1] else {"alerting": content}
                texts.append((f"{item.title}: {field}", dump(config)))
    return _judge("promtool", ["check", "config", "--syntax-only"], texts)


def check_alertmanager_config(plan: Plan, context: Context) -> list[str]:
    """Alertmanager takes its configuration."""
    items = [item for item in (*plan.objects, *rendered(context)) if item.kind == "Secret"]
    texts = [(item.title, text) for item in items if (text := _text(item, _ALERTMANAGER)) is not None]
    return _judge("amtool", ["check-config"], texts)


def _value(items: Iterable[Object], namespace: str, name: str, key: str) -> str | None:
    """The text under a key of a Secret, where it is known."""
    secrets = (item for item in items if item.kind == "Secret" and (item.namespace, item.name) == (namespace, name))
    return next((text for item in secrets if (text := _text(item, key)) is not None), None)


def _text(item: Object, key: str) -> str | None:
    """A value of a Secret; None where it has none, or one that the preview does not know."""
    for part in ("stringData", "data"):
        data: Any = item.manifest.get(part)
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, str) and value not in MASKS:
            try:
                return value if part == "stringData" else b64decode(value, validate=True).decode()
            except (Error, UnicodeDecodeError):
                return None
    return None


def _judge(tool: str, arguments: list[str], texts: list[tuple[str, str]]) -> list[str]:
    """What a tool says against texts, each with its title."""
    if not texts:
        return []
    program = find(tool)
    if program is None:
        raise NotRunError(f'{tool} is not at hand: make tools TOOLS="{tool}"')
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.yaml" for number in range(len(texts))]
        for path, (_, text) in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        if not _run(program, arguments, paths):
            return []
        # Only which file it is about is not said in a form that one can rely on.
        return [
            f"{title}: {said}"
            for path, (title, _) in zip(paths, texts, strict=True)
            for said in _run(program, arguments, [path])
        ]


def _run(program: Path, arguments: list[str], paths: list[Path]) -> list[str]:
    """The complaint about files in one line; nothing when there is none."""
    command = [str(program), *arguments, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603
    return [_complaint(f"{done.stdout}\n{done.stderr}", paths)] if done.returncode else []


def _complaint(output: str, paths: list[Path]) -> str:
    """What a tool found, without which file it read: that has another name each time."""
    text = " ".join(output.split()).rpartition("FAILED: ")[2].removesuffix(_END).strip()
    for path in paths:
        text = text.replace(f"parsing YAML file {path}: ", "").replace(f"{path}: ", "").replace(str(path), "the file")
    return text[:_LONGEST] or "is refused without a word"
