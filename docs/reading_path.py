"""The way of a reader: from an alert to its runbook and to the panels that show it, and back."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dashboards
from tests.dashboards import lint

ROOT = Path(__file__).resolve().parent.parent
BOARDS = ROOT / "docs/dashboards/README.md"
FIRST = "- Alert "
"""How a line of a runbook begins that leads to an alert."""
EVERY = "Firing alerts"
"""The panel of what no other panel of its dashboard shows."""
MOST = 3
"""Panels that an alert names: those that show most of what it reads."""
TABLE = re.compile(r"\A(?:\n\|[^\n]*)+\n")
"""The table behind a picture, where there is one."""
Rule = Mapping[str, Any]


def anchor(text: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


class ReadingPath:
    """Links between alerts, runbooks and dashboards, made of the rules and of the dashboards."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take the rules of all files, in Prometheus' own form."""
        every = list(rules)
        self._recorded = {rule["record"]: rule["expr"] for rule in every if "record" in rule}
        self._alerts = {rule["alert"]: rule for rule in every if "alert" in rule}
        self._boards = {uid: json.loads(text) for uid, text in dashboards.render().items()}

    def _page(self, alert: str) -> str:
        return str(self._alerts[alert]["annotations"]["runbook_url"]).partition("#")[0]

    def _uid(self, alert: str) -> str:
        return str(self._alerts[alert]["annotations"]["dashboard"]).partition("?")[0]

    def _read(self, expr: str) -> set[str]:
        """Series of an expression, and those that its recordings are made of; `up` and thresholds say too little."""
        found: set[str] = set()
        wanted = lint.metrics(lint.plain(expr))
        while wanted:
            found |= wanted
            inner = (lint.metrics(self._recorded[name]) for name in wanted & set(self._recorded))
            wanted = set[str]().union(*inner) - found
        return {name for name in found if not name.startswith("neuroerp:threshold:")}

    def panels(self, alert: str) -> list[str]:
        """The panels of an alert's dashboard that ask what it asks; else those that show what it is made of."""
        expr = self._alerts[alert]["expr"]
        alike: dict[str, int] = {}
        akin: dict[str, int] = {}
        for panel in lint.panels(self._boards[self._uid(alert)]):
            asked = " or ".join(f"({lint.plain(target['expr'])})" for target in panel["targets"] if "expr" in target)
            if asked:
                alike[panel["title"]] = len(lint.metrics(asked) & lint.metrics(expr))
                akin[panel["title"]] = len(self._read(asked) & self._read(expr))
        found = alike if any(alike.values()) else akin
        best = sorted(found, key=lambda title: found[title], reverse=True)
        return [title for title in best if found[title]][:MOST] or [EVERY]

    def alert(self, name: str, here: str = "") -> str:
        """A link to an alert's row; `here` leads to the folder of the page of all alerts."""
        return f"[{name}]({here}alerts.md#{anchor(name)})"

    def dashboard(self, name: str, here: str = "") -> str:
        """A link to the dashboard of an alert, and the panels there."""
        title = self._boards[self._uid(name)]["title"]
        panels = ", ".join(f"*{panel}*" for panel in self.panels(name))
        return f"[{title}]({here}dashboards/README.md#{anchor(title)}): {panels}"

    def runbook(self, page: str, text: str) -> str:
        """A runbook with the lines that lead to its alerts and their dashboards, below its heading."""
        heading, _, rest = text.partition("\n\n")
        if rest.startswith(FIRST):
            rest = rest.partition("\n\n")[2]
        lines = [
            f"{FIRST}{self.alert(name, '../')}, on the dashboard {self.dashboard(name, '../')}."
            for name in self._alerts
            if self._page(name) == page
        ]
        return "\n\n".join([heading, "\n".join(lines), rest]) if lines else text

    def boards(self) -> str:
        """The page of the dashboards, with the alerts of each below its picture."""
        text = BOARDS.read_text()
        for uid in self._boards:
            table = "\n".join(["| panel | alerts |", "| --- | --- |", *self._rows(uid)])
            before, picture, after = text.partition(f"]({uid}.svg)\n")
            text = f"{before}{picture}\n{table}\n{TABLE.sub('', after)}"
        return text

    def _rows(self, uid: str) -> Iterator[str]:
        of_board = [name for name in self._alerts if self._uid(name) == uid]
        for title in (panel["title"] for panel in lint.panels(self._boards[uid])):
            named = [self.alert(name, "../") for name in of_board if title in self.panels(name)]
            if named:
                yield f"| {title} | {', '.join(named)} |"
