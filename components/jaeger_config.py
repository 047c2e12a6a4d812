"""Jaeger's own configuration: what it takes in, holds back, takes out of spans, and where it stores them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .jaeger import JaegerArgs, JaegerSettings

CA_FOLDER = "/es-certs"
"""Where the authority of Elasticsearch is mounted."""
ANY = "0.0.0.0"  # noqa: S104 - a pod is reached by its own address, never by loopback.


def config(s: "JaegerSettings", args: "JaegerArgs") -> dict[str, Any]:
    """The whole configuration; everything listens on all addresses, since its defaults are loopback."""
    return {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", *redaction(s.redacted), "batch"],
                    "exporters": ["jaeger_storage_exporter"],
                }
            },
            "telemetry": telemetry("jaeger"),
        },
        "extensions": {
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"{ANY}:13133"}},
            "jaeger_query": {
                "base_path": "/",
                "storage": {"traces": "main"},
                "http": {"endpoint": f"{ANY}:16686"},
                "grpc": {"endpoint": f"{ANY}:16685"},
            },
            "jaeger_storage": {"backends": {"main": _backend(s, args)}},
        },
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": f"{ANY}:4317"}, "http": {"endpoint": f"{ANY}:4318"}}}
        },
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 25},
            **redaction(s.redacted),
            "batch": {},
        },
        "exporters": {"jaeger_storage_exporter": _exporter(s)},
    }


def telemetry(service: str) -> dict[str, Any]:
    """What a Collector shows of itself."""
    # Newer Collectors leave out the suffixes of names (_total, _seconds) and the scope unless they are asked for.
    names = {"without_type_suffix": False, "without_units": False, "without_scope_info": False}
    reader = {"pull": {"exporter": {"prometheus": {"host": ANY, "port": 8888, **names}}}}
    return {"resource": {"service.name": service}, "metrics": {"level": "detailed", "readers": [reader]}}


def redaction(redacted: Sequence[str]) -> dict[str, Any]:
    """The processor that deletes these attributes of spans: names, or regular expressions that begin with ^."""
    # A name costs a look into a map, a pattern a match with each attribute.
    actions = [{"pattern" if name.startswith("^") else "key": literal(name), "action": "delete"} for name in redacted]
    return {"attributes/redact": {"actions": actions}} if actions else {}


def literal(text: str) -> str:
    """A text that a Collector takes as it is: a lone `$` might begin a variable."""
    return text.replace("$", "$$")


def _backend(s: "JaegerSettings", args: "JaegerArgs") -> dict[str, Any]:
    if s.storage == "memory":
        return {"memory": {"max_traces": s.memory_traces}}
    shards = {"shards": 1, "replicas": s.index_replicas}
    elasticsearch = {
        "server_urls": [args["elasticsearch_url"]],
        "auth": {"basic": {"username": "${env:ES_USERNAME}", "password": "${env:ES_PASSWORD}"}},
        "tls": {"ca_file": f"{CA_FOLDER}/ca.crt"},
        "max_span_age": f"{24 * s.retention_days}h",
        "indices": {
            "index_prefix": args["index_prefix"],
            **dict.fromkeys(("spans", "services", "dependencies", "sampling"), shards),
        },
    }
    return {"elasticsearch": elasticsearch}


def _exporter(s: "JaegerSettings") -> dict[str, Any]:
    return {
        "trace_storage": "main",
        # Without queue and retry an outage of Elasticsearch loses spans that no metric counts.
        "queue": {"enabled": True, "sizer": "items", "num_consumers": 10, "queue_size": s.queue_size},
        # Without an end: only a full queue loses spans, and that is counted.
        "retry_on_failure": {"enabled": True, "max_elapsed_time": "0s"},
    }
