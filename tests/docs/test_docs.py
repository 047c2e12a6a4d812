"""What is generated is fresh, and what the README says can be typed."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GENERATE = runpy.run_path(str(ROOT / "docs/generate.py"))
SCHEMA = json.loads((ROOT / "docs/settings.schema.json").read_text())


@pytest.mark.parametrize(
    ("path", "text"), GENERATE["generated"]().items(), ids=lambda value: getattr(value, "name", "")
)
def test_generated_files_are_fresh(path: Path, text: str) -> None:
    assert path.read_text() == text, f"{path.name} is stale; run: make docs"


def stack_file(stack: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text()))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_stack_files_hold_the_schema_and_name_it_for_editors(stack: str) -> None:
    jsonschema.validate(stack_file(stack), SCHEMA)
    first = (ROOT / f"Pulumi.{stack}.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/settings.schema.json"


@pytest.mark.parametrize(
    "wrong", [{"prometheus": {"replicas": "two"}}, {"promethues": {}}, {"prometheus": {"retention": "3 days"}}]
)
def test_the_schema_refuses_what_the_program_refuses(wrong: dict[str, Any]) -> None:
    content = stack_file("dev")
    content["config"]["neuroerp-observability:platform"].update(wrong)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_declared_configuration_keys_are_those_of_the_inventory() -> None:
    from components import secrets  # noqa: PLC0415 - imported anew by other tests

    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == {"platform", *(spec.config_key for spec in secrets.INVENTORY if spec.config_key)}
    assert all(entry["description"] and entry["type"] for entry in declared.values())


def test_make_targets_that_the_docs_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"^ *make ([a-z]+)|`make ([a-z]+)", page.read_text(), re.MULTILINE)
    }
    assert {name for pair in named for name in pair if name} - targets == set()


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = {(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())}
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []
