"""Writes what is generated: the schema of stack files, tables of the docs, and what follows from objectives.

`python docs/generate.py` writes; `python docs/generate.py --check` compares, and exits with 1 when something is stale.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel  # noqa: E402

from components import secrets  # noqa: E402
from components.model import descriptions  # noqa: E402
from components.settings import OBJECT, Settings  # noqa: E402
from docs import alerts_page, reading_path  # noqa: E402

PROJECT = "neuroerp-observability"
BURN = ROOT / "docs/runbooks/error-budget-burn.md"
BEGIN, END = "<!-- generated: make docs -->", "<!-- end of what is generated -->"


def stack_schema() -> dict[str, Any]:
    """The JSON Schema of a stack file, for editors."""
    settings = Settings.model_json_schema(ref_template="#/$defs/{model}")
    _describe(Settings, {"Settings": settings, **settings["$defs"]}, set())
    given = {
        f"{PROJECT}:{spec.config_key}": {"description": f"{spec.purpose}; {spec.command}", "$ref": "#/$defs/Secret"}
        for spec in secrets.INVENTORY
        if spec.config_key
    }
    secure = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}
    definitions = {**settings.pop("$defs"), "Settings": settings, "Secret": {**secure, "additionalProperties": False}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of the observability platform",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"{PROJECT}:{OBJECT}": {"$ref": "#/$defs/Settings"}, **given},
                "required": [f"{PROJECT}:{OBJECT}"],
            }
        },
        "required": ["config"],
        "$defs": definitions,
    }


def _describe(model: type[BaseModel], schemas: dict[str, Any], done: set[str]) -> None:
    """Put the descriptions of a model, and of those in it, into their schemas."""
    done.add(model.__name__)
    for name, field in model.model_fields.items():
        schemas[model.__name__]["properties"][field.alias or name]["description"] = descriptions(model)[name]
        for inner in _types(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner.__name__ not in done:
                _describe(inner, schemas, done)


def rows(model: type[BaseModel], path: str = "", defaults: BaseModel | None = None) -> Iterator[tuple[str, ...]]:
    """Path, type, default and description of every setting; defaults are those of the section that it stands in."""
    texts = descriptions(model)
    for name, field in model.model_fields.items():
        here = f"{path}{field.alias or name}"
        nested = [t for t in _types(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        optional = " (optional)" if field.annotation not in nested and nested else ""
        required = field.is_required() and defaults is None
        value = getattr(defaults, name) if defaults else field.get_default(call_default_factory=True)
        default = "**required**" if required else "" if nested or field.is_required() else _default(value)
        yield here, "section" + optional if nested else _type(field.annotation), default, texts[name]
        for inner in nested:
            many = "[]" if "list" in str(field.annotation) else ""
            yield from rows(inner, f"{here}{many}.", value if isinstance(value, BaseModel) else None)


def _types(annotation: Any) -> list[Any]:
    return [annotation, *(inner for argument in getattr(annotation, "__args__", ()) for inner in _types(argument))]


def _type(annotation: Any) -> str:
    text = str(annotation)
    for kind in ("dict", "list", "Literal"):
        if kind in text:
            values = ", ".join(value for value in _types(annotation) if isinstance(value, str))
            return {"dict": "map", "list": "list", "Literal": values}[kind]
    return next(
        (shown for kind, shown in (("bool", "flag"), ("int", "number"), ("float", "number")) if kind in text), "text"
    )


def _default(value: Any) -> str:
    return "" if value in (None, [], {}) else f"`{json.dumps(value)}`"


def _table(header: tuple[str, ...], lines: Iterator[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ("---",) * len(header), *lines])


def settings_page() -> str:
    """The page of all settings."""
    lines = ((f"`{path}`", kind, default, text) for path, kind, default, text in rows(Settings))
    keys = f"The keys of `{PROJECT}:{OBJECT}` in a stack file"
    intro = f"{keys}. Editors that read `docs/settings.schema.json` complete them."
    return f"# Settings\n\n{intro}\n\n{_table(('setting', 'type', 'default', 'what it is'), lines)}\n"


def secrets_page() -> str:
    """The page of all secrets."""
    lines = (
        (f"`{s.name}`", s.purpose, s.users, f"`{s.command}`" if s.config_key else "generated", s.rotation)
        for s in secrets.INVENTORY
    )
    table = _table(("Secret", "what it is", "who uses it", "where it comes from", "how to rotate it"), lines)
    intro = "Every Secret of the platform, in the platform's namespace. No value stands in Helm values."
    return f"# Secrets\n\n{intro}\n\n{table}\n"


def readme() -> str:
    """The README with its table of sections."""
    top = ((f"`{path}`", kind, text) for path, kind, _, text in rows(Settings) if "." not in path)
    return _filled(ROOT / "README.md", _table(("setting", "type", "what it is"), top))


def _filled(page: Path, part: str) -> str:
    """A page with its generated part."""
    text = page.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n{part}\n{END}{after}"


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    return {
        ROOT / "docs/settings.schema.json": json.dumps(stack_schema(), indent=2) + "\n",
        ROOT / "docs/settings.md": settings_page(),
        ROOT / "docs/secrets.md": secrets_page(),
        ROOT / "README.md": readme(),
        ROOT / "alerts/slo.rules.yaml": alerts_page.slo_rules(),
        ROOT / "docs/alerts.md": alerts_page.page(),
        **_reading_path(),
    }


def _reading_path() -> dict[Path, str]:
    """The runbooks and the page of the dashboards, with the links between them."""
    path = reading_path.ReadingPath(rule for _, rule in alerts_page.rules())
    pages = {page: page.read_text() for page in sorted(BURN.parent.glob("*.md"))}
    pages[BURN] = _filled(BURN, alerts_page.slo_sections())
    runbooks = {page: path.runbook(page.name, text) for page, text in pages.items()}
    return {**runbooks, reading_path.BOARDS: path.boards()}


def main(arguments: list[str]) -> int:
    """Write or compare; the exit code: 1 when something is stale, 2 when the objectives are wrong."""
    try:
        made = generated()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    if "--check" not in arguments:
        for path in stale:
            path.write_text(made[path])
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is stale; run: make docs\n")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
