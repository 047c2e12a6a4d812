"""The data views of Kibana, as requests that the bootstrap program applies: what people search in."""

import json

from .streams import INDEX_PREFIX, streams


def data_views(environment: str) -> dict[str, str]:
    """File name -> request, for the lines of the application and for those that could not be read or stored."""
    application, _, unparsed = streams(environment)
    views = {
        INDEX_PREFIX: (application, "VALEO-NeuroERP"),
        f"{INDEX_PREFIX}-unparsed": (unparsed, "VALEO-NeuroERP, unreadable lines"),
    }
    return {
        f"{name}.json": _request(name, {"title": stream, "name": title, "timeFieldName": "@timestamp"})
        for name, (stream, title) in views.items()
    }


def _request(name: str, view: dict[str, str]) -> str:
    # allowNoIndex: a view is there before the first line is.
    body = {"data_view": {**view, "allowNoIndex": True}}
    return json.dumps({"method": "PUT", "path": f"/api/data_views/data_view/{name}", "body": body}, indent=2) + "\n"
