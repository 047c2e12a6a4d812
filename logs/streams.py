"""Names of the log streams and of Jaeger's indices, from which pipelines, templates and roles take theirs."""

import re

INDEX_PREFIX = "valeo-neuroerp"
"""What the name of each log stream begins with."""
JAEGER_INDEX_PREFIX = "neuroerp"
"""Jaeger's own `index_prefix`; its indices are `neuroerp-jaeger-span-<date>` and so on."""
JAEGER_INDICES = f"{JAEGER_INDEX_PREFIX}-jaeger-*"
KINDS = ("app", "infra", "unparsed")
"""What a stream holds: lines of the ERP, what other senders send, and what could not be read or stored."""

_ENVIRONMENT = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def streams(environment: str) -> list[str]:
    """The data streams of an environment, each by its whole name: a pattern would also fit a misspelt stream."""
    if not _ENVIRONMENT.fullmatch(environment):
        raise ValueError(
            f"{environment!r} cannot be part of an index name; write small letters, digits and inner hyphens"
        )
    return [f"{INDEX_PREFIX}-{kind}-{environment}" for kind in KINDS]
