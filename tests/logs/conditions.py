"""Conditions of a pipeline, evaluated as Logstash does."""

from typing import Any

from tests.logs.event import Event, UnsupportedError
from tests.logs.logstash_config import Condition, Selector
from tests.logs.ruby_regex import translate


def holds(condition: Condition, event: Event) -> bool:
    """Whether an event fulfils a condition."""
    match condition.operator, condition.operands:
        case "!", (Condition() as inner,):
            return not holds(inner, event)
        case "and", (Condition() as left, Condition() as right):
            return holds(left, event) and holds(right, event)
        case "or", (Condition() as left, Condition() as right):
            return holds(left, event) or holds(right, event)
    return _compared(condition, event)


def _compared(condition: Condition, event: Event) -> bool:
    match condition.operator, condition.operands:
        case "present", (Selector(field),):
            return _truthy(event.get(field))
        case ("==" | "!=") as operator, (Selector(field), str(text)):
            return bool(event.get(field) == text) == (operator == "==")
        case ("=~" | "!~") as operator, (Selector(field), str(pattern)):
            regex, value = translate(pattern), event.get(field)
            found = isinstance(value, str) and regex.search(value) is not None
            return found == (operator == "=~")
        case "in", (str(text), Selector(field)):
            value = event.get(field)
            return text in value if isinstance(value, str | list) else False
    raise UnsupportedError(f"the condition {condition}")


def _truthy(value: Any) -> bool:
    # Of numbers, lists and objects only their text counts, which is never empty.
    return value is not None and value is not False and value not in ("", "false")
