"""Logstash's configuration language, read by its grammar."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError


class ConfigError(Exception):
    """The text is no Logstash configuration; the message names the line."""


@dataclass
class Plugin:
    """A plugin with its settings."""

    section: str
    name: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Selector:
    """A field that a condition asks for, as written: `[log][level]`."""

    field: str


@dataclass(frozen=True)
class Condition:
    """An operator with its operands: conditions, selectors and values. `!` has one operand, `present` too."""

    operator: str
    operands: tuple[Any, ...]


@dataclass
class Branch:
    """An if with everything that belongs to it; an else has no condition."""

    arms: list[tuple[Condition | None, list[Any]]]


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in items:
        if name in found:
            raise ConfigError(f"{name} only once")
        found[name] = value
    return found


def _text(token: Token) -> str:
    return str(token)[1:-1] if token.type == "STRING" else str(token)


class _Reader(Transformer[Token, Any]):
    """Makes plugins, branches and conditions of the tree."""

    def start(self, sections: list[tuple[str, list[Any]]]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name, items in sections:
            found.setdefault(name, []).extend(items)
        return found

    def section(self, children: list[Any]) -> tuple[str, list[Any]]:
        name, *items = children
        for plugin in _plugins(items):
            plugin.section = str(name)
        return str(name), items

    def plugin(self, children: list[Any]) -> Plugin:
        return Plugin("", _text(children[0]), _pairs(children[1:]))

    inner_plugin = plugin

    def setting(self, children: list[Any]) -> tuple[str, Any]:
        return _text(children[0]), children[1]

    def entry(self, children: list[Any]) -> tuple[str, Any]:
        if children[0].type == "NAME":
            raise ConfigError(f"line {children[0].line}: expected quotes around {children[0]}")
        return self.setting(children)

    def hash(self, children: list[Any]) -> dict[str, Any]:
        return _pairs(children)

    def array(self, children: list[Any]) -> list[Any]:
        return [child for child in children if child is not None]

    def string(self, children: list[Token]) -> str:
        return _text(children[0])

    def number(self, children: list[Token]) -> int | float:
        return float(children[0]) if "." in children[0] else int(children[0])

    def bareword(self, children: list[Token]) -> Any:
        return {"true": True, "false": False}.get(str(children[0]), str(children[0]))

    def selector(self, children: list[Token]) -> Selector:
        return Selector(str(children[0]))

    def body(self, children: list[Any]) -> list[Any]:
        return children

    def branch(self, children: list[Any]) -> Branch:
        *arms, last = children
        pairs: list[tuple[Condition | None, list[Any]]] = list(zip(arms[::2], arms[1::2], strict=True))
        return Branch(pairs if last is None else [*pairs, (None, last)])

    def condition(self, children: list[Any]) -> Condition:
        first, *rest = children
        if len({str(word) for word in rest[::2]}) > 1:
            raise ConfigError("and beside or without brackets: write which of them comes first")
        for word, other in zip(rest[::2], rest[1::2], strict=True):
            first = Condition(str(word), (first, other))
        assert isinstance(first, Condition)
        return first

    def negated(self, children: list[Any]) -> Condition:
        return Condition("!", tuple(children))

    def absent(self, children: list[Token]) -> Condition:
        return Condition("!", (Condition("present", (Selector(str(children[0])),)),))

    def present(self, children: list[Any]) -> Condition:
        return Condition("present", tuple(children))

    def compared(self, children: list[Any]) -> Condition:
        return Condition(str(children[1]), (children[0], children[2]))

    def matched(self, children: list[Any]) -> Condition:
        return Condition(str(children[1]), (children[0], str(children[2])[1:-1]))

    def contained(self, children: list[Any]) -> Condition:
        return Condition("in", tuple(children))

    def not_contained(self, children: list[Any]) -> Condition:
        return Condition("!", (Condition("in", tuple(children)),))


_GRAMMAR = Lark(Path(__file__).with_name("logstash.lark").read_text(encoding="utf-8"), parser="lalr")


def parse(text: str) -> dict[str, list[Any]]:
    """Section -> its plugins and branches."""
    try:
        made: dict[str, list[Any]] = _Reader().transform(_GRAMMAR.parse(text))
    except UnexpectedInput as error:
        # A token that is out of place has the one attribute, a character that begins no token the other.
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        names = sorted(name.lstrip("_") for name in expected)
        raise ConfigError(f"line {error.line}: expected {' or '.join(names)}") from None
    except VisitError as error:
        if isinstance(error.orig_exc, ConfigError):
            raise error.orig_exc from None
        raise
    return made


def plugins(text: str) -> Iterator[Plugin]:
    """All plugins, whatever branch they are in."""
    return _plugins([item for items in parse(text).values() for item in items])


def _plugins(items: list[Any]) -> Iterator[Plugin]:
    for item in items:
        if isinstance(item, Branch):
            for _, body in item.arms:
                yield from _plugins(body)
        else:
            yield item
