"""Exceptions are data: which rule, for which object, why, and who answers for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from policy.findings import Finding
from policy.rules import NAMES

HERE = Path(__file__).parent


class ExceptionsError(ValueError):
    """The file of the exceptions is no good; the message says what to change."""


@dataclass(frozen=True)
class Allowed:
    """An exception. Its fields but the rule are patterns of a shell."""

    rule: str
    kind: str
    name: str
    reason: str
    owner: str
    """Who answers for it."""
    namespace: str = "*"
    about: str = "*"
    """What the finding says; narrows an exception to one container."""
    release: str = ""
    """Release of a chart's object; empty for an object of the program."""

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is meant."""
        pairs = (
            (finding.kind, self.kind),
            (finding.name, self.name),
            (finding.namespace, self.namespace),
            (finding.message, self.about),
        )
        same = self.rule == finding.rule and self.release == finding.release
        return same and all(fnmatchcase(text, pattern) for text, pattern in pairs)

    @property
    def title(self) -> str:
        """How messages call it."""
        more = "" if self.about == "*" else f" ({self.about})"
        return f"{self.rule} for {self.kind} {self.namespace}/{self.name}{more}"


def load(path: Path = HERE / "exceptions.yaml") -> tuple[Allowed, ...]:
    """The exceptions of a file; raises ``ExceptionsError`` when one is incomplete or names no rule."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return tuple(_entry(number, entry) for number, entry in enumerate(entries, 1))


def _entry(number: int, entry: Any) -> Allowed:
    where = f"exception {number}"
    if not isinstance(entry, dict):
        raise ExceptionsError(f"{where} is no mapping; write rule, kind, name, reason and owner")
    fields = Allowed.__dataclass_fields__
    if unknown := sorted(set(entry) - set(fields)):
        raise ExceptionsError(f"{where} has {unknown[0]}, which is no field; write one of {', '.join(fields)}")
    for key in ("rule", "kind", "name", "reason", "owner"):
        if not str(entry.get(key) or "").strip():
            raise ExceptionsError(f"{where} has no {key}; write it")
    if entry["rule"] not in NAMES:
        raise ExceptionsError(f"{where} names no rule ({entry['rule']}); write one of {', '.join(NAMES)}")
    return Allowed(**entry)


def stale(exceptions: Iterable[Allowed], findings: Iterable[Finding]) -> list[str]:
    """Exceptions that excuse none of the findings, so that nobody needs them any more."""
    made = list(findings)
    return [
        f"{exception.title} excuses nothing any more; remove it"
        for exception in exceptions
        if not any(exception.covers(finding) for finding in made)
    ]
