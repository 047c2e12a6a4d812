"""Evaluates the pipelines: what each event becomes, and where it goes. It refuses what it does not know."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.logs import filters
from tests.logs.conditions import holds
from tests.logs.engines import Engines
from tests.logs.event import Event, UnsupportedError
from tests.logs.logstash_config import Branch, Plugin, parse


@dataclass(frozen=True)
class Written:
    """A document that an output sends."""

    output: str
    """The id of the plugin."""
    index: str
    bulk_path: str
    document: dict[str, Any]


class Pipeline:
    """A pipeline with its variables filled in."""

    def __init__(self, text: str, variables: Mapping[str, str], engines: Engines) -> None:
        filled = re.sub(r"\$\{(\w+)\}", lambda match: variables[match[1]], text)
        self._sections = parse(filled)
        self._engines = engines

    def run(self, events: Iterable[dict[str, Any]]) -> list[Written]:
        """What the outputs send for these events, in their order."""
        return [written for data in events for written in self._one(Event(data))]

    def _one(self, event: Event) -> Iterator[Written]:
        for plugin in self._chosen(self._sections["filter"], event):
            filters.apply(plugin.name, plugin.settings, event, self._engines)
            if not event.data:
                return
        for plugin in self._chosen(self._sections["output"], event):
            yield _written(plugin, event)

    def _chosen(self, items: list[Any], event: Event) -> Iterator[Plugin]:
        """The plugins in the branches that hold, each condition asked when its turn comes."""
        for item in items:
            if not event.data:
                return
            if isinstance(item, Branch):
                body = next((body for condition, body in item.arms if condition is None or holds(condition, event)), [])
                yield from self._chosen(body, event)
            else:
                yield item


def _written(plugin: Plugin, event: Event) -> Written:
    settings = plugin.settings
    if (plugin.name, settings.get("action"), settings.get("data_stream")) != ("elasticsearch", "create", "false"):
        raise UnsupportedError(f"the output {plugin.name} with {settings}")
    return Written(settings["id"], event.text(settings["index"]), settings["bulk_path"], event.document)
