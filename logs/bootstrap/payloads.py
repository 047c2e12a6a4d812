"""What shall stand on the server: the files of a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError
from .kinds import KINDS, Kind, KindError


@dataclass(frozen=True)
class Payload:
    """One object as it shall be."""

    file: str
    path: str
    body: Any
    kind: Kind


def read(directory: str) -> list[Payload]:
    """All payloads in order. One bad file ends the run before anything is changed; raises `InputError`."""
    payloads = [_payload(file) for file in sorted(Path(directory).glob("*.json"))]
    if not payloads:
        raise InputError(f"no payload files in {directory}")
    if len({payload.kind.ready for payload in payloads}) > 1:
        raise InputError(f"{directory} mixes payloads for Elasticsearch and Kibana: give each a folder and a run")
    return payloads


def _payload(file: Path) -> Payload:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name} is no readable JSON: {error}") from None
    if not isinstance(content, dict) or set(content) != {"method", "path", "body"}:
        raise InputError(f"{file.name} must have exactly the keys method, path and body")
    method, path, body = content["method"], str(content["path"]), content["body"]
    kind = next((kind for kind in KINDS if kind.path.fullmatch(path)), None)
    if method != "PUT" or kind is None or not isinstance(body, dict):
        raise InputError(f"{file.name} must PUT an object as {', '.join(kind.title for kind in KINDS)}")
    try:
        kind.content(body)
    except KindError as error:
        raise InputError(f"{file.name} is no {kind.title}: {error}") from None
    return Payload(file.name, path, body, kind)
