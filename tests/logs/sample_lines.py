"""The samples: container log files `samples/*.log`, and what the pipeline has to make of each, `*.expected.json`.

`<x*5000>` in either stands for as many characters. Files whose names begin with `infra` are of pods beside the ERP.
"""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from logs import LogContent, content, filebeat
from tests.logs.engines import Engines
from tests.logs.evaluator import Pipeline, Written
from tests.logs.filebeat_reader import BASE, CODEC_TAG, events

FOLDER = Path(__file__).with_name("samples")
NAMES = sorted(path.stem for path in FOLDER.glob("*.log"))
CONTENT: LogContent = content("dev", index_replicas=0, retention_days=3, rollover_age="1d", rollover_size="2Gi")
VARIABLES = {
    "NEUROERP_ENV": "dev",
    "LOGSTASH_ES_USER": "logstash",
    "LOGSTASH_ES_PASSWORD": "",
    "ECK_ES_HOSTS": "",
    "ECK_ES_SSL_CERTIFICATE_AUTHORITY": "",
}
_LONG = re.compile(r"<(.)\*(\d+)>")
_RUN = re.compile(r"(.)\1{999,}", re.DOTALL)


def pipeline(name: str, engines: Engines, text: str | None = None) -> Pipeline:
    """A pipeline of dev, or another text in its place."""
    return Pipeline(text or CONTENT.pipelines[name], VARIABLES, engines)


def container() -> dict[str, Any]:
    """Filebeat's input for a container of the ERP."""
    (provider,) = filebeat.inputs("valeo-neuroerp")["filebeat.autodiscover"]["providers"]
    ((config,),) = (template["config"] for template in provider["templates"])
    return dict(config)


def received(lines: list[bytes]) -> list[dict[str, Any]]:
    """The events that Filebeat sends for what a container of the ERP writes."""
    return events(b"".join(b"2026-11-24T02:17:30.000000000Z stdout F " + line + b"\n" for line in lines), container())


def raw(name: str) -> bytes:
    """The log file of a sample."""
    short = (FOLDER / f"{name}.log").read_bytes()
    return re.sub(rb"<([^\x00-\x20]{1,4})\*(\d+)>", lambda match: match[1] * int(match[2]), short)


def sample(name: str) -> list[dict[str, Any]]:
    """The events that Filebeat sends for a sample."""
    return events(raw(name), {**container(), "processors": []} if name.startswith("infra") else container())


def essence(written: Written) -> dict[str, Any]:
    """Stream and document without what every line has; raises AssertionError where that is not as it was."""
    document = deepcopy(written.document)
    for key, value in {**BASE, "@version": "1"}.items():
        assert document.pop(key) == value, key
    assert document["log"].pop("file")
    assert document["log"].pop("offset") >= 0
    assert document.pop("stream") in ("stdout", "stderr")
    if not document["log"]:
        del document["log"]
    tags = document.pop("tags")
    assert tags.pop(0) == CODEC_TAG
    target = re.fullmatch(r"valeo-neuroerp-(\w+)-dev", written.index)
    assert target, written.index
    if target[1] != "infra":
        assert document.pop("labels") == {"log_type": "application"}
    return {"stream": target[1], "document": document | ({"tags": tags} if tags else {})}


def whole(found: dict[str, Any]) -> dict[str, Any]:
    """The document of an essence with what every line has."""
    document = found["document"]
    log = {"file": {"path": "/var/log/containers/api.log"}, "offset": 0, **document.get("log", {})}
    labels = {} if found["stream"] == "infra" else {"labels": {"log_type": "application"}}
    tags = [CODEC_TAG, *document.get("tags", [])]
    return {"@version": "1", **BASE, "stream": "stdout", **labels, **document, "log": log, "tags": tags}


def expected(name: str) -> list[dict[str, Any]]:
    """Essences that a sample has to come to, in order. `refused` beside them: part of why Elasticsearch refuses one."""
    found: list[dict[str, Any]] = _long(json.loads((FOLDER / f"{name}.expected.json").read_text(encoding="utf-8")))
    return found


def write_expected(name: str, found: list[dict[str, Any]]) -> None:
    """Take what was found for what is expected, for a person to review; keeps the notes of what is refused."""
    path = FOLDER / f"{name}.expected.json"
    notes = [{key: item[key] for key in item.keys() & {"refused"}} for item in expected(name)] if path.exists() else []
    notes += [{}] * (len(found) - len(notes))
    merged = [item | note for item, note in zip(found, notes, strict=False)]
    path.write_text(json.dumps(_short(merged), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _long(value: Any) -> Any:
    return _texts(value, lambda text: _LONG.sub(lambda match: match[1] * int(match[2]), text))


def _short(value: Any) -> Any:
    return _texts(value, lambda text: _RUN.sub(lambda match: f"<{match[1]}*{len(match[0])}>", text))


def _texts(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {_texts(key, change): _texts(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value
