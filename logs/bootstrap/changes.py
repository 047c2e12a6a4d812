"""What differs between the server and the payloads, and what of it may not be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import BootstrapError
from .kinds import INDEX_TEMPLATE, KindError, fields
from .server import NOT_FOUND, OK, Server, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .payloads import Payload

SHOWN = 160


@dataclass(frozen=True)
class Change:
    """A payload beside what the server has."""

    payload: Payload
    have: Any
    """What is stored; None when there is nothing."""
    differences: tuple[str, ...]
    """Each place that differs, with both values."""

    @property
    def needed(self) -> bool:
        """Whether there is something to do."""
        return self.have is None or bool(self.differences)


def compare(server: Server, payload: Payload) -> Change:
    """Read one object and compare it; nothing is changed. Raises `BootstrapError`."""
    status, answer = server.call("GET", payload.path)
    if status == NOT_FOUND:
        return Change(payload, None, ())
    if status != OK:
        raise BootstrapError(f"HTTP {status} for GET {payload.path}: {reason(answer)}")
    try:
        have = payload.kind.stored(payload.path, answer)
        want, found = payload.kind.wanted(payload.body, have)
    except KindError:
        raise BootstrapError(f"unknown answer for GET {payload.path}: {reason(answer)}") from None
    return Change(payload, have, tuple(differences(found, want)))


def differences(have: Any, want: Any, path: str = "") -> Iterator[str]:
    """A line for each place that differs: `settings.index.codec: default -> best_compression`."""
    if isinstance(have, dict) and isinstance(want, dict):
        for key in sorted({*have, *want}):
            yield from differences(have.get(key), want.get(key), f"{path}.{key}" if path else key)
    elif have != want:
        yield f"{path}: {_shown(have)} -> {_shown(want)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def refusals(change: Change, drop_fields: Iterable[str]) -> Iterator[str]:
    """Why a needed change must not be made."""
    payload = change.payload
    if change.have is None:
        return
    have, want = payload.kind.content(change.have), payload.kind.content(payload.body)
    theirs, ours = _owner(have), _owner(want)
    if theirs and ours and theirs != ours:
        yield f"{payload.file}: {payload.path} belongs to {theirs} (its _meta.owner); rename or remove it by hand"
    lost = sorted({*_fields(have)} - {*_fields(want)} - {*drop_fields})
    if lost:
        yield (
            f"{payload.file}: {payload.path} would lose the fields {', '.join(lost)}; "
            "keep them in the payload, or name them in DROP_FIELDS"
        )


def _owner(content: Any) -> str:
    meta = content.get("_meta") if isinstance(content, dict) else None
    return str(meta.get("owner") or "") if isinstance(meta, dict) else ""


def _fields(content: Any) -> Iterator[str]:
    template = content.get("template") if isinstance(content, dict) else None
    return fields(template.get("mappings") if isinstance(template, dict) else None)


def apply(server: Server, change: Change) -> str:
    """Bring one object to its state; says what was done. Raises `BootstrapError`."""
    kind, path = change.payload.kind, change.payload.path
    if not change.needed:
        return "unchanged"
    new = change.have is None
    method, address, body = kind.write(path, change.payload.body, new=new)
    status, answer = server.call(method, address, body)
    if status != OK or not kind.written(answer):
        raise BootstrapError(f"HTTP {status} for {method} {address}: {reason(answer)}")
    return "created" if new else f"changed {'; '.join(change.differences)}"


def overruled(server: Server, payload: Payload) -> Iterator[str]:
    """Data streams that another template of a higher priority takes from an index template of ours."""
    if payload.kind is not INDEX_TEMPLATE:
        return
    name = payload.kind.name(payload.path)
    for stream in payload.body.get("index_patterns", []):
        if "*" in stream:
            continue
        path = f"/_index_template/_simulate_index/{stream}"
        status, answer = server.call("POST", path)
        if status != OK or not isinstance(answer, dict):
            raise BootstrapError(f"HTTP {status} for POST {path}: {reason(answer)}")
        if name in [template.get("name") for template in answer.get("overlapping") or []]:
            yield f"{payload.file}: a template of a higher priority takes {stream}; lower its priority or its patterns"
