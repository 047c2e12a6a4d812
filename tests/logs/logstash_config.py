"""A small reader of Logstash's configuration language, enough to hold the pipelines against rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_SPACE = re.compile(r"(?:\s+|#[^\n]*)*")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(r'"((?:\\"|[^"])*)"' + r"|'((?:\\'|[^'])*)'")
_BARE = re.compile(r"-?\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_]+")
_CONDITION = re.compile(r"""(?:"[^"]*"|'[^']*'|[=!]~\s*/(?:\\/|[^/])*/|[^{"'/#])+""")
_KEYWORD = re.compile(r"else\s+if\b|else\b|if\b")


class ConfigError(Exception):
    """The text is no Logstash configuration; the message names the line."""


@dataclass
class Plugin:
    """A plugin with its settings."""

    section: str
    name: str
    settings: dict[str, Any]


@dataclass
class Branch:
    """An if with everything that belongs to it; the condition of an else is empty."""

    arms: list[tuple[str, list[Any]]] = field(default_factory=list)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.section = ""

    def fail(self, expected: str) -> ConfigError:
        line = self.text.count("\n", 0, self.at) + 1
        return ConfigError(f"line {line}: expected {expected} at {self.text[self.at : self.at + 20]!r}")

    def take(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        self.skip()
        match = pattern.match(self.text, self.at)
        if not match:
            raise self.fail(expected)
        self.at = match.end()
        return match

    def skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at

    def has(self, literal: str) -> bool:
        self.skip()
        return self.text.startswith(literal, self.at)

    def need(self, literal: str) -> None:
        if not self.has(literal):
            raise self.fail(repr(literal))
        self.at += len(literal)

    def sections(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        self.skip()
        while self.at < len(self.text):
            self.section = self.take(re.compile(r"(?:input|filter|output)\b"), "a section").group()
            self.need("{")
            found.setdefault(self.section, []).extend(self.body())
            self.skip()
        return found

    def body(self) -> list[Any]:
        items: list[Any] = []
        while not self.has("}"):
            word = _KEYWORD.match(self.text, self.at)
            if word:
                self.at = word.end()
                first = word.group() == "if"
                if not first and not (items and isinstance(items[-1], Branch) and items[-1].arms[-1][0]):
                    raise self.fail("an if before the else")
                condition = "" if word.group() == "else" else self.take(_CONDITION, "a condition").group().strip()
                self.need("{")
                arm = (condition, self.body())
                if first:
                    items.append(Branch([arm]))
                else:
                    items[-1].arms.append(arm)
            else:
                name = self.take(_NAME, "a plugin").group()
                self.need("{")
                items.append(Plugin(self.section, name, self.pairs(_NAME)))
        self.need("}")
        return items

    def pairs(self, key: re.Pattern[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.has("}"):
            match = self.take(key, "a setting")
            name = next((group for group in match.groups() if group is not None), match.group())
            self.need("=>")
            if name in found:
                raise self.fail(f"{name} only once")
            found[name] = self.value()
        self.need("}")
        return found

    def value(self) -> Any:
        if self.has("{"):
            self.need("{")
            return self.pairs(_STRING)
        if self.has("["):
            self.need("[")
            items: list[Any] = []
            while not self.has("]"):
                if items:
                    self.need(",")
                items.append(self.value())
            self.need("]")
            return items
        self.skip()
        if self.text[self.at : self.at + 1] in ('"', "'"):
            match = self.take(_STRING, "a closed string")
            return match[1] if match[1] is not None else match[2]
        word = self.take(_BARE, "a value").group()
        return {"true": True, "false": False}.get(word, int(word) if word.isdecimal() else word)


def parse(text: str) -> dict[str, list[Any]]:
    """Section -> its plugins and branches."""
    return _Reader(text).sections()


def plugins(text: str) -> Iterator[Plugin]:
    """All plugins, whatever branch they are in."""
    waiting = [item for items in parse(text).values() for item in items]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, Branch):
            waiting[:0] = [inner for _, body in item.arms for inner in body]
        else:
            yield item
