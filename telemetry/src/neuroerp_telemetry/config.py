"""What a service tells about itself."""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .contract import APP_METRICS, LONGEST_LABEL_VALUE, Label

PROTOCOLS = ("grpc", "http/protobuf")
_FROM_ENVIRONMENT = {
    "service_name": "OTEL_SERVICE_NAME",
    "service_version": "NEUROERP_VERSION",
    "revision": "NEUROERP_REVISION",
    "environment": "NEUROERP_ENV",
    "otlp_protocol": "OTEL_EXPORTER_OTLP_PROTOCOL",
    "log_level": "LOG_LEVEL",
}


class TelemetryConfigError(ValueError):
    """A setting that cannot work; the message names it and says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryConfig:
    """Settings of a service's telemetry; raises TelemetryConfigError."""

    service_name: str
    service_version: str = "0.0.0"
    revision: str = "unknown"
    """Commit that was built."""
    environment: str = "dev"
    otlp_endpoint: str | None = None
    """Where spans go; without it, OTEL_EXPORTER_OTLP_ENDPOINT. With HTTP a full URL that ends with /v1/traces."""
    otlp_protocol: str = "grpc"
    """grpc, or http/protobuf, which needs the extra `http-exporter`."""
    sample_ratio: float = 1.0
    """Share of the traces that are kept, 0 to 1; OTEL_TRACES_SAMPLER wins."""
    spans: bool = True
    """Whether `asgi` and `wsgi` make a span for each request; no when another instrumentation does."""
    log_level: str = "INFO"
    strict_labels: bool = False
    """Whether business metrics raise LabelError on unknown values; for tests and development."""
    transaction_types: tuple[str, ...] = ("order", "invoice", "payment")
    products: tuple[str, ...] = ("erp",)
    currencies: tuple[str, ...] = ("EUR",)
    business_errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes of each kind of business error."""

    def __post_init__(self) -> None:
        if not self.service_name.strip():
            raise TelemetryConfigError("service_name is empty: give it, or set OTEL_SERVICE_NAME")
        if not 0 <= self.sample_ratio <= 1:
            raise TelemetryConfigError(f"sample_ratio is {self.sample_ratio}: write a number from 0 to 1")
        if self.otlp_protocol not in PROTOCOLS:
            raise TelemetryConfigError(f"otlp_protocol is {self.otlp_protocol!r}: write {' or '.join(PROTOCOLS)}")
        if self.log_level.upper() not in logging.getLevelNamesMapping():
            levels = "DEBUG, INFO, WARNING, ERROR or CRITICAL"
            raise TelemetryConfigError(f"log_level is {self.log_level!r}: write {levels}")
        for metric in APP_METRICS.values():
            for label in metric.labels:
                self._check(label)

    def _check(self, label: Label) -> None:
        values = self.values(label)
        for value in values:
            fits = re.fullmatch(label.pattern, value) if label.pattern else value.strip()
            if not fits or len(value) > LONGEST_LABEL_VALUE:
                wanted = label.pattern or f"1 to {LONGEST_LABEL_VALUE} characters"
                raise TelemetryConfigError(f"{label.setting} holds {value!r}: write {wanted}")
        if label.limit and len(values) > label.limit:
            raise TelemetryConfigError(f"{label.setting} holds {len(values)} values: write at most {label.limit}")

    @property
    def business_error_types(self) -> tuple[str, ...]:
        """Kinds of business errors."""
        return tuple(self.business_errors)

    @property
    def business_error_codes(self) -> tuple[str, ...]:
        """Codes of all kinds, each once."""
        return tuple(dict.fromkeys(code for codes in self.business_errors.values() for code in codes))

    def values(self, label: Label) -> tuple[str, ...]:
        """The values that these settings add to a label's vocabulary."""
        found: str | tuple[str, ...] = getattr(self, label.setting) if label.setting else ()
        return (found,) if isinstance(found, str) else tuple(found)

    @classmethod
    def from_env(cls, **settings: Any) -> "TelemetryConfig":
        """Settings from the environment, where they are not given; raises TelemetryConfigError."""
        found = {name: os.environ[key] for name, key in _FROM_ENVIRONMENT.items() if os.environ.get(key)}
        return cls(**{"service_name": "", **found, **settings})
