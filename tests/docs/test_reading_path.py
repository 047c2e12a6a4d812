"""A reader gets from any alert to its runbook and its panels, and back; every link of a page leads somewhere."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from docs import alerts_page
from docs.reading_path import ReadingPath, anchor
from tests.alerts.rule_files import alerts_by_name

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path: path.read_text()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")),
                 *sorted((ROOT / "telemetry").glob("**/README.md")))
}  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ALERTS, BOARDS = ROOT / "docs/alerts.md", ROOT / "docs/dashboards/README.md"


def anchors(text: str) -> set[str]:
    """What a link may lead to within a page: its headings, and the anchors that stand in it."""
    plain = CODE.sub("", text)
    headings = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    return {anchor(heading) for heading in headings} | set(re.findall(r'<a id="([^"]+)">', plain))


def broken(pages: Mapping[Path, str]) -> Iterator[str]:
    """Relative links that lead to no file, or to no part of one."""
    for page, text in pages.items():
        for link in LINK.findall(CODE.sub("", text)):
            name, _, part = link.partition("#")
            if ":" in name:
                continue
            target = (page.parent / name).resolve() if name else page
            if not target.exists():
                yield f"{page.relative_to(ROOT)}: {link}: no such file"
            elif part and part not in anchors(pages.get(target, "")):
                yield f"{page.relative_to(ROOT)}: {link}: no such part"


def test_every_link_leads_somewhere() -> None:
    assert sum(len(LINK.findall(text)) for text in PAGES.values()) > 300
    assert list(broken(PAGES)) == []


@pytest.mark.parametrize(
    ("page", "right", "wrong", "says"),
    [
        (ALERTS, "runbooks/redis-down.md)", "runbooks/redis-gone.md)", "no such file"),
        (ALERTS, "error-budget-burn.md#latency)", "error-budget-burn.md#slowness)", "no such part"),
        (BOARDS, "## API Performance", "## The API", "docs/alerts.md: dashboards/README.md#api-performance: no such"),
        (ALERTS, '<a id="redisdown"></a>', "", "docs/runbooks/redis-down.md: ../alerts.md#redisdown: no such part"),
    ],
)
def test_a_link_to_nothing_is_noticed(page: Path, right: str, wrong: str, says: str) -> None:
    assert right in PAGES[page]
    found = list(broken({**PAGES, page: PAGES[page].replace(right, wrong)}))
    assert [line for line in found if says in line], found


def section(text: str, part: str) -> str:
    """The text below the heading with this anchor."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    found = dict(zip(map(anchor, parts[1::2]), parts[2::2], strict=True))
    return found.get(part, "")


def gaps(alert: str, pages: Mapping[Path, str]) -> Iterator[str]:
    """Where the way from an alert to its runbook and its panels, or back, ends."""
    row = next((line for line in pages[ALERTS].splitlines() if line.startswith(f'| <a id="{anchor(alert)}"></a>')), "")
    runbook = re.search(r"\]\((runbooks/[^)#]+)", row)
    board = re.search(r"\]\(dashboards/README\.md#([^)]+)\): ([^|]+) \|", row)
    if not runbook or not board:
        yield f"{alert}: no row with a runbook and a dashboard"
        return
    page = pages.get(ALERTS.parent / runbook[1], "")
    if f"(../alerts.md#{anchor(alert)})" not in page:
        yield f"{alert}: {runbook[1]} does not lead back"
    if f"(../dashboards/README.md#{board[1]}): {board[2]}." not in page:
        yield f"{alert}: {runbook[1]} does not lead to its panels"
    picture = section(pages[BOARDS], board[1])
    for title in re.findall(r"\*([^*]+)\*", board[2]):
        if not re.search(rf"^\| {re.escape(title)} \|.*\(\.\./alerts\.md#{anchor(alert)}\)", picture, re.MULTILINE):
            yield f"{alert}: panel {title} does not lead back"
    shown = re.search(r"!\[[^]]*\]\(([^)]+\.svg)\)", picture)
    drawn = (BOARDS.parent / shown[1]).read_text() if shown else ""
    if not all(title in drawn for title in re.findall(r"\*([^*]+)\*", board[2].replace("&", "&amp;"))):
        yield f"{alert}: its panels are not in the picture"


@pytest.mark.parametrize("alert", sorted(alerts_by_name()))
def test_a_reader_gets_from_an_alert_to_its_runbook_and_panels_and_back(alert: str) -> None:
    assert list(gaps(alert, PAGES)) == []


@pytest.mark.parametrize(
    ("page", "right", "says"),
    [
        (ALERTS, '<a id="redismemoryhigh"></a>', "no row"),
        (ROOT / "docs/runbooks/redis-memory-high.md", "(../alerts.md#redismemoryhigh)", "does not lead back"),
        (ROOT / "docs/runbooks/redis-memory-high.md", "*Redis memory*", "does not lead to its panels"),
        (BOARDS, "(../alerts.md#redismemoryhigh)", "panel Redis memory does not lead back"),
        (BOARDS, "(neuroerp-system-overview.svg)", "not in the picture"),
    ],
)
def test_a_way_that_ends_is_noticed(page: Path, right: str, says: str) -> None:
    assert right in PAGES[page]
    found = list(gaps("RedisMemoryHigh", {**PAGES, page: PAGES[page].replace(right, "")}))
    assert [line for line in found if says in line], found


def test_the_panels_of_an_alert_are_those_that_ask_what_it_asks() -> None:
    path = ReadingPath(rule for _, rule in alerts_page.rules())
    assert path.panels("RedisMemoryHigh") == ["Redis memory"]
    assert path.panels("ErrorBudgetBurnSlow") == ["Burn rate: availability"]
    assert path.panels("Watchdog") == ["Firing alerts"]


def test_a_page_that_has_its_lines_stays_as_it_is() -> None:
    path = ReadingPath(rule for _, rule in alerts_page.rules())
    text = "# RedisDown\n\n## Meaning\n\nGone.\n"
    once = path.runbook("redis-down.md", text)
    assert once.startswith("# RedisDown\n\n- Alert [RedisDown](../alerts.md#redisdown), on the dashboard [VALEO")
    assert once.endswith(".\n\n## Meaning\n\nGone.\n")
    assert path.runbook("redis-down.md", once) == once
    assert path.runbook("nobodys.md", text) == text
    assert path.boards() == PAGES[BOARDS]
