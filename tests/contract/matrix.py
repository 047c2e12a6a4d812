"""Which signal is emitted by whom and used by whom, as a table for people."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from neuroerp_telemetry.contract import METRICS, LogField
from neuroerp_telemetry.declared import show

from tests.contract import log_fields, uses
from tests.contract.signals import Signals
from tests.contract.uses import Use

NOBODY = "nobody"
HEADINGS = ("signal", "type", "emitted by", "used by")


@dataclass(frozen=True)
class Row:
    """A signal."""

    signal: str
    type: str
    emitters: tuple[str, ...]
    users: tuple[str, ...]


def series_rows(known: Signals, asked: Iterable[Use]) -> list[Row]:
    """The metrics of the contract, what rules record, and of the exporters' series those that somebody uses."""
    users: dict[str, set[str]] = {}
    for use in asked:
        for name in uses.series(use):
            users.setdefault(name, set()).add(use.user)
    families: dict[str, Row] = {}
    for name, signal in known.items():
        family = signal.family or name
        own = {"app", "recording-rule"} & {*signal.emitters}
        if own or name in users:
            before = families[family].users if family in families else ()
            both = tuple(sorted({*before, *users.get(name, ())}))
            kind = METRICS[family].type if family in METRICS else signal.type
            families[family] = Row(family, kind, signal.emitters, both)
    return sorted(families.values(), key=lambda row: (row.emitters, row.signal))


def log_rows(fields: Iterable[LogField], boards: Mapping[str, str], pipeline: str, template: str) -> list[Row]:
    """The keys of a log line."""
    mapped, indexed = log_fields.renames(pipeline), log_fields.index_fields(template)
    searched = log_fields.searches(boards)
    rows = []
    for field in fields:
        found = {user for name, who in searched.items() for user in who if _inside(name, field)}
        found |= {"logs/pipeline/main.conf"} if field.name in mapped else set()
        found |= {"index template"} if field.indexed_as in indexed else set()
        rows.append(Row(field.name, field.type, ("app",), tuple(sorted(found))))
    return rows


def _inside(name: str, field: LogField) -> bool:
    return name == field.indexed_as or (field.type == "flattened" and name.startswith(f"{field.indexed_as}."))


def unused(rows: Iterable[Row]) -> list[str]:
    """Signals that nobody uses."""
    return [row.signal for row in rows if not row.users]


def as_text(sections: Mapping[str, Iterable[Row]]) -> str:
    """A table for each section; a user in each line."""
    tables: dict[str, Sequence[Sequence[str]]] = {}
    for title, rows in sections.items():
        lines: list[tuple[str, ...]] = [HEADINGS]
        for row in rows:
            first, *others = row.users or (NOBODY,)
            lines.append((row.signal, row.type, ", ".join(row.emitters), first))
            lines += [("", "", "", user) for user in others]
        tables[title] = lines
    return show.table(tables)


STYLE = """
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin-bottom: 3rem }
caption { font-size: 1.4rem; text-align: left; padding: .5rem 0 }
th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: left; vertical-align: top }
thead th { position: sticky; top: 0; background: #eee } tbody th { font: 14px/1.4 ui-monospace, monospace }
ul { margin: 0; padding-left: 1.1rem } .nobody { font-weight: bold; color: #8f0000 }
"""


def as_html(sections: Mapping[str, Iterable[Row]]) -> str:
    """A page of its own, without anything from elsewhere."""
    tables = "\n".join(_table(title, rows) for title, rows in sections.items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Signals and their users</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Signals and their users</h1>\n{tables}\n</main>\n"
        "</body>\n</html>\n"
    )


def _table(title: str, rows: Iterable[Row]) -> str:
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    body = "\n".join(
        f'<tr><th scope="row">{html.escape(row.signal)}</th><td>{html.escape(row.type)}</td>'
        f"<td>{html.escape(', '.join(row.emitters))}</td><td>{_users(row)}</td></tr>"
        for row in rows
    )
    caption = f"<caption>{html.escape(title)}</caption>"
    return f"<table>\n{caption}\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _users(row: Row) -> str:
    if not row.users:
        return f'<span class="nobody">{NOBODY}</span>'
    return f"<ul>{''.join(f'<li>{html.escape(user)}</li>' for user in row.users)}</ul>"
