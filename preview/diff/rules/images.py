"""Images: which version runs instead of which."""

import re
from collections.abc import Iterator
from typing import Any

from preview.diff.context import Context, code
from preview.diff.fields import MISSING, Element, Field
from preview.diff.matching import Change
from preview.diff.risk import Finding, Risk
from preview.diff.rules.pods import OPERATED, TEMPLATES

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_ELASTIC = frozenset({"Elasticsearch", "Kibana", "Logstash", "Beat", "ApmServer", "Agent"})
_IMAGE_PARTS = frozenset({"registry", "repository", "tag", "digest"})
_NUMBER = re.compile(r"\d+")
_VERSION = re.compile(r"v?\d|sha256:|$")


def is_image(change: Change, field: Field) -> bool:
    """Whether a field says which image runs, or which version of it."""
    path = field.path
    if len(path) > 2 and path[-1] == "image" and isinstance(path[-2], Element):  # noqa: PLR2004 - containers[x].image
        return path[-3] in _CONTAINERS
    of_operator = change.item.kind in OPERATED and path in (("spec", "image"), ("spec", "version"), ("spec", "tag"))
    return of_operator or (change.item.kind in OPERATED and path == ("spec", "sha"))


def images(change: Change, _: Context) -> Iterator[Finding]:
    """The image of a container moves, and with it its pods."""
    if change.verb != "changed":
        return
    fields = [field for field in change.fields if is_image(change, field)]
    # An operator is told image and version, which say the same; the image says more.
    own = [field for field in fields if len(field.path) == 2]  # noqa: PLR2004 - spec.image
    if any(field.path[1] == "image" for field in own):
        fields = [field for field in fields if field not in own or field.path[1] == "image"]
    for field in fields:
        if MISSING not in (field.before, field.after):
            restart = _restart(change)
            text = f"{code(_who(change, field))} runs {_moves(field.before, field.after)}{restart}"
            yield Finding(_risk(change, field), text, (field, *(other for other in own if other not in fields)))


def value_images(change: Change, context: Context) -> Iterator[Finding]:
    """The image in the values of a release whose chart is not rendered."""
    if change.item.name not in context.values_only or change.verb != "changed":
        return
    for field in change.under("values"):
        if field.path[-1] in _IMAGE_PARTS and "image" in field.path[-2].lower() and field.after is not MISSING:
            who = f"release {code(change.item.name)} ({code('.'.join(field.path[1:-1]))})"
            yield Finding(
                _direction(field.before, field.after)[1], f"{who} runs {_moves(field.before, field.after)}", (field,)
            )


def _who(change: Change, field: Field) -> str:
    container = f", container {field.path[-2]}" if isinstance(field.path[-2], Element) else ""
    return f"{change.item.title}{container}"


def _restart(change: Change) -> str:
    if change.item.kind == "Elasticsearch":
        return ": its nodes restart, one after another"
    if change.item.kind == "Job" and not change.item.owner:
        return ": it is replaced and runs again"
    return ": its pods restart" if change.item.kind in TEMPLATES or change.item.kind in OPERATED else ""


def _moves(before: Any, after: Any) -> str:
    (old_name, old), (new_name, new) = _split(before), _split(after)
    way = _direction(before, after)[0]
    if old_name != new_name:
        return f"another image, {code(after)} instead of {code(before)}"
    name = f"{code(new_name)} " if new_name else ""
    return f"{name}{code(new)} instead of {code(old)}{f' ({way})' if way else ''}"


def _risk(change: Change, field: Field) -> Risk:
    way, risk = _direction(field.before, field.after)
    # Elasticsearch and Kibana write data that an older version does not read.
    return Risk.HIGH if way == "a newer version" and change.item.kind == "Elasticsearch" else risk


def _direction(before: Any, after: Any) -> tuple[str, Risk]:
    """Whether a version goes up or down, and how risky that is: what goes down may not read what it finds."""
    (old_name, old), (new_name, new) = _split(before), _split(after)
    if old_name != new_name:
        return "", Risk.HIGH
    one, other = ([int(number) for number in _NUMBER.findall(text.partition("@")[0])] for text in (old, new))
    if not one or not other or one == other:
        return "", Risk.MEDIUM
    return ("a newer version", Risk.MEDIUM) if other > one else ("an older version", Risk.HIGH)


def _split(image: Any) -> tuple[str, str]:
    """Name, and tag with digest; a bare version has no name."""
    text = "" if image is MISSING or image is None else str(image)
    bare, at, digest = text.partition("@")
    folder, slash, last = bare.rpartition("/")
    name, colon, tag = last.partition(":")
    if not slash and not colon and not at and _VERSION.match(text):
        return "", text
    return f"{folder}{slash}{name}", f"{tag}{at}{digest}"
