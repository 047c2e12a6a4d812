"""Reads a container's log file as Filebeat does with the inputs of `logs/filebeat.py`: the events that it sends."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.logs.event import UnsupportedError

BASE: dict[str, Any] = {
    "agent": {
        "name": "node-1",
        "type": "filebeat",
        "version": "9.5.0",
        "ephemeral_id": "8c3b6a52-a9a7-4b52-bd1b-6f58e2a0c3d1",
        "id": "0d1f8f5e-6d0a-44f4-9a0f-3b1d8f6f2b7c",
    },
    "container": {"id": "6f1c2d", "image": {"name": "registry.example/neuroerp-api:1.4.2"}, "runtime": "containerd"},
    "ecs": {"version": "8.0.0"},
    "host": {"name": "node-1"},
    "input": {"type": "filestream"},
    "kubernetes": {
        "container": {"name": "api"},
        "labels": {"app_kubernetes_io/name": "neuroerp-api", "app_kubernetes_io/part-of": "valeo-neuroerp"},
        "namespace": "neuroerp",
        "node": {"name": "node-1"},
        "pod": {"name": "neuroerp-api-7d9c6b5f4-x2x8l", "uid": "4d8f6a0e-2f0c-4c52-9a55-0f4f7f1f5d11"},
    },
}
"""What Filebeat and its metadata of Kubernetes add to each line."""
CODEC_TAG, RAW_TAG = "beats_input_codec_plain_applied", "beats_input_raw_event"
"""The tag of an event with a message, and of one without."""
_CRI = re.compile(rb"(\S+) (stdout|stderr) (\S+) (.*)", re.DOTALL)
_KNOWN = {"type", "id", "paths", "prospector", "file_identity", "parsers", "message_max_bytes", "processors"}


@dataclass
class _Line:
    time: str
    stream: str
    content: bytes
    offset: int
    flags: list[str] = field(default_factory=list)


def events(raw: bytes, config: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a file, each as Logstash's beats input makes it: with the raw line and the tag of its codec."""
    parsers = {name: options for parser in config["parsers"] for name, options in parser.items()}
    if set(config) - _KNOWN or list(parsers) != ["container", "multiline"]:
        raise UnsupportedError(f"the input {sorted(config)} with the parsers {list(parsers)}")
    lines = _joined(_container(raw, parsers["container"], config["message_max_bytes"]), parsers["multiline"])
    return [_event(line, config) for line in lines]


def _container(raw: bytes, options: dict[str, Any], limit: int) -> Iterator[_Line]:
    """Lines in the form of the container runtimes: time, stream, P for a part or F for the (last) rest, content."""
    if options != {"stream": "all", "format": "auto"}:
        raise UnsupportedError(f"the container parser {options}")
    offset, open_line = 0, None
    for text in raw.removesuffix(b"\n").split(b"\n"):
        match = _CRI.fullmatch(text.removesuffix(b"\r"))
        if not match or len(text) >= limit:
            raise UnsupportedError(f"the line {text[:40]!r} of a container runtime")
        time, stream, tag, content = match.groups()
        if open_line is None:
            open_line = _Line(time.decode(), stream.decode(), content, offset)
        else:
            open_line.content += content
        offset += len(text) + 1
        if tag != b"P":
            yield open_line
            open_line = None
    if open_line:
        raise UnsupportedError("a file that ends within a line")


def _joined(lines: Iterable[_Line], options: dict[str, Any]) -> Iterator[_Line]:
    """Lines that do not match belong to the one before them; those after the limit are left out."""
    if (options["type"], options["negate"], options["match"]) != ("pattern", True, "after"):
        raise UnsupportedError(f"the multiline parser {options}")
    begins = re.compile(options["pattern"].encode())
    current, count = None, 0
    for line in lines:
        if current is None or begins.search(line.content):
            if current:
                yield current
            current, count = line, 1
            continue
        count += 1
        # The last line, even one that is left out, tells where the event is.
        current.stream, current.offset = line.stream, line.offset
        if count <= options["max_lines"]:
            current.content += (b"\n" if current.content else b"") + line.content
            current.flags = ["multiline"]
        elif line.content:
            current.flags = ["truncated", "multiline"]
    if current:
        yield current


def _event(line: _Line, config: dict[str, Any]) -> dict[str, Any]:
    limit = config["message_max_bytes"]
    flags = line.flags + ["truncated"] * (len(line.content) > limit and "truncated" not in line.flags)
    # Its JSON has the replacement character for each byte that is no UTF-8.
    text = re.sub("[\udc80-\udcff]", "\ufffd", line.content[:limit].decode("utf-8", "surrogateescape"))
    log: dict[str, Any] = {"file": {"path": "/var/log/containers/api.log"}, "offset": line.offset}
    event: dict[str, Any] = {
        "@timestamp": _milliseconds(line.time),
        "@version": "1",
        **BASE,
        "stream": line.stream,
        "log": log | ({"flags": flags} if flags else {}),
        # Filebeat sends no empty text.
        **({"message": text, "event": {"original": text}, "tags": [CODEC_TAG]} if text else {"tags": [RAW_TAG]}),
    }
    for processor in config["processors"]:
        ((name, options),) = processor.items()
        if name != "add_fields" or set(options) != {"target", "fields"}:
            raise UnsupportedError(f"the processor {name}")
        event[options["target"]] = dict(options["fields"])
    return event


def _milliseconds(time: str) -> str:
    """The runtime writes nanoseconds, Filebeat sends milliseconds."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d)\.(\d{3})\d*Z", time)
    if not match:
        raise UnsupportedError(f"the time {time}")
    return f"{match[1]}.{match[2]}Z"
