"""Runbooks: there for every alert, complete, with queries that Prometheus answers and commands that a shell reads."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import alerts
from components import secrets
from components.namespaces import NamespacesSettings
from tests.alerts.rule_files import ROOT, alerts_by_name
from tests.components.platform_settings import platform
from tests.contract import content, uses
from tests.contract.uses import Use

PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs/runbooks").glob("*.md"))}
GENERAL = "README.md"
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation")
BLOCKS = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Of the kubelet, which the cluster brings along.
FROM_KUBELET = ("container_network_transmit_bytes_total", "kubelet_volume_stats_available_bytes")


def blocks(text: str, kind: str) -> list[str]:
    return [body for language, body in BLOCKS.findall(text) if language == kind]


def queries(text: str) -> list[str]:
    return [line for body in blocks(text, "promql") for line in body.splitlines() if line and line[0] != "#"]


def faults(name: str, text: str) -> Iterator[str]:
    """What is wrong with a page."""
    titles = re.findall(r"^## (.+)", text, re.MULTILINE)
    if [title for title in titles if title in SECTIONS] != list(SECTIONS):
        yield f"{name}: sections {', '.join(titles)}"
    parts = re.split(r"^## .+\n", text, flags=re.MULTILINE)[1:]
    yield from (f"{name}: nothing in {title}" for title, part in zip(titles, parts, strict=True) if len(part) < 20)
    asked = queries(text)
    if not asked:
        yield f"{name}: no query"
    if not blocks(text, "sh"):
        yield f"{name}: no command"
    for expr in asked:
        try:
            yield from uses.problems([Use(name, expr)], content.known())
        except ValueError as error:
            yield f"{name}: {expr}: {error}"


def expected(problem: str) -> bool:
    return any(problem.endswith(f"nobody exports {name}") for name in FROM_KUBELET)


def users(name: str) -> set[str]:
    """The alerts that lead to a page."""
    return {
        alert
        for alert, rule in alerts_by_name().items()
        if rule["annotations"]["runbook_url"].partition("#")[0] == name
    }


def lost(url: str, pages: dict[str, str]) -> str:
    """Why the link of an alert leads nowhere; nothing when it does not."""
    name, _, anchor = url.partition("#")
    if name not in pages:
        return f"no page {name}"
    return f"{name} has no section {anchor}" if anchor and f"\n## {anchor}\n" not in pages[name] else ""


def test_every_alert_leads_to_a_page() -> None:
    urls = {alert: rule["annotations"]["runbook_url"] for alert, rule in alerts_by_name().items()}
    assert {alert: why for alert, url in urls.items() if (why := lost(url, PAGES))} == {}


def test_a_page_or_a_section_that_is_gone_is_noticed() -> None:
    without = {name: text for name, text in PAGES.items() if name != "redis-down.md"}
    assert lost("redis-down.md", without) == "no page redis-down.md"
    assert lost("error-budget-burn.md#nothing", PAGES) == "error-budget-burn.md has no section nothing"


@pytest.mark.parametrize("name", sorted(set(PAGES) - {GENERAL}))
def test_a_page_is_complete_and_its_queries_ask_for_what_there_is(name: str) -> None:
    assert [fault for fault in faults(name, PAGES[name]) if not expected(fault)] == []


def test_what_only_a_cluster_exports_is_asked_for() -> None:
    """No kubelet runs here, so these two are the only series that no catalogue holds."""
    asked = " ".join(query for text in PAGES.values() for query in queries(text))
    assert [name for name in FROM_KUBELET if name not in asked] == []


@pytest.mark.parametrize("name", sorted(set(PAGES) - {GENERAL}))
def test_the_heading_of_a_page_names_the_alerts_that_lead_to_it(name: str) -> None:
    heading = set(PAGES[name].splitlines()[0].removeprefix("# ").split(", "))
    # The alerts of objectives stand in the section of each.
    rows = set(re.findall(r"^\| (\w+Burn(?:Fast|Slow)) ", PAGES[name], re.MULTILINE))
    assert (rows or heading) == users(name)


def test_pages_that_speak_of_thresholds_name_settings() -> None:
    documented = (ROOT / "docs/settings.md").read_text()
    named = {(page, name) for page, text in PAGES.items() for name in re.findall(r"`(thresholds\.\w+)`", text)}
    assert len(named) > 20
    assert {pair for pair in named if f"`alerting.{pair[1]}`" not in documented} == set()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_shell_can_read_the_commands(tmp_path: Path, name: str) -> None:
    file = tmp_path / "commands"
    file.write_text("\n".join(blocks(PAGES[name], "sh")))
    done = subprocess.run(["bash", "-n", str(file)], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def strangers(text: str) -> set[str]:
    """Namespaces and objects in the commands of a page that production does not have."""
    raw = platform("prod")
    spaces = {"kube-system", raw["application"]["namespace"], *NamespacesSettings().model_dump().values()}
    program = (ROOT / "__main__.py").read_text()
    known = set(re.findall(r'"([a-z-]+)"', program)) | {spec.name for spec in secrets.INVENTORY}
    # The last one is made by the operator of Elasticsearch.
    known |= {alerts.JOB, *alerts.PLATFORM_JOBS, raw["application"]["service"], "elasticsearch-es-elastic-user"}
    found = set()
    for body in blocks(text, "sh"):
        found |= set(re.findall(r"(?:^|\s)-n ([a-z][a-z-]*)", body)) - spaces
        found |= set(re.findall(r"\b(?:deployment|svc|job|cronjob)/([a-z][a-z-]*)", body)) - known
        found |= set(re.findall(r"(?:secret|servicemonitor) -n \S+ ([a-z][a-z-]*)", body)) - known
    return found


@pytest.mark.parametrize("name", sorted(PAGES))
def test_commands_name_what_production_has(name: str) -> None:
    assert strangers(PAGES[name]) == set()


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -n monitoring",
        "kubectl logs -n observability deployment/redis",
        "kubectl get secret -n observability smtp -o yaml",
    ],
)
def test_a_command_about_something_else_is_noticed(command: str) -> None:
    assert len(strangers(f"```sh\n{command}\n```\n")) == 1


GOOD = PAGES["redis-down.md"]


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("## Mitigation", "## Help", "sections"),
        ("## Impact", "### Impact", "sections"),
        ("```promql", "```", "no query"),
        ("```sh", "```", "no command"),
        ("redis_up{", "redis_is_up{", "nobody exports redis_is_up"),
        ("redis_up{", "redis_up{{", "redis_up{{"),
        ('check="cache"', 'chek="cache"', "has no label chek"),
    ],
)
def test_a_broken_page_is_found(right: str, wrong: str, fault: str) -> None:
    assert right in GOOD
    found = list(faults("redis-down.md", GOOD.replace(right, wrong)))
    assert [line for line in found if fault in line], found


def test_the_right_page_is_not() -> None:
    assert list(faults("redis-down.md", GOOD)) == []
