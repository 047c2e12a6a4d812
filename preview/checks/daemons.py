"""Configuration and rules that are rendered, judged by the tools of the daemons that read them."""

import subprocess
import tempfile
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator
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
_MOUNTED = "/etc/alertmanager/config/"
"""Where the operator mounts the Secret of the configuration, and with it the templates that it has as other keys."""
_END = "amtool: error: failed to validate 1 file(s)"
_FAILED = "amtool: error: "
_SECONDS, _LONGEST, _SHOWN = 60, 500, 60


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
    """Alertmanager takes its configuration with the templates beside it, and can render every text in it."""
    items = [item for item in (*plan.objects, *rendered(context)) if item.kind == "Secret"]
    found = [(item, text) for item in items if (text := _text(item, _ALERTMANAGER)) is not None]
    if not found:
        return []
    program, complaints = _program("amtool"), []
    for item, text in found:
        with tempfile.TemporaryDirectory() as folder:
            config = _laid_out(item, text, Path(folder))
            said = _run(program, ["check-config"], [config]) or _unrendered(program, config, text)
            complaints += [f"{item.title}: {complaint}" for complaint in said]
    return complaints


def _laid_out(item: Object, text: str, folder: Path) -> Path:
    """The file of a configuration, which finds the templates of its Secret in its own folder, as in a pod."""
    keys = {key for part in ("stringData", "data") for key in item.manifest.get(part) or {}}
    for key in (key for key in sorted(keys) if key.endswith(".tmpl")):
        (folder / key).write_text(_text(item, key) or "", encoding="utf-8")
    config = folder / _ALERTMANAGER
    config.write_text(text.replace(_MOUNTED, f"{folder}/"), encoding="utf-8")
    return config


def _unrendered(program: Path, config: Path, text: str) -> list[str]:
    """What is wrong with the texts of receivers, which Alertmanager reads only when it has something to send."""
    content = parse_trusted(text)
    if not all(str(pattern).startswith(_MOUNTED) for pattern in content.get("templates") or ()):
        return []  # Some are mounted from elsewhere, and not known here.
    return [
        f"{template.strip()[:_SHOWN]}: {said.removeprefix(_FAILED)}"
        for kind, template in sorted(set(_templates(content.get("receivers") or ())))
        for said in _run(program, ["template", "render", *_flags(config.parent, kind, template)], [])
    ]


def _flags(folder: Path, kind: str, text: str) -> tuple[str, ...]:
    return f"--template.glob={folder}/*.tmpl", f"--template.type={kind}", f"--template.text={text}"


def _templates(part: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Kind and text of every template in a part of a configuration."""
    if isinstance(part, str):
        if "{{" in part:
            yield "html" if key == "html" else "text", part
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _templates(value, str(name))
    else:
        for value in part if isinstance(part, list) else ():
            yield from _templates(value, key)


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
    program = _program(tool)
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


def _program(tool: str) -> Path:
    if program := find(tool):
        return program
    raise NotRunError(f'{tool} is not at hand: make tools TOOLS="{tool}"')


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
