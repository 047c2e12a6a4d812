"""Sizes and times as Kubernetes, Prometheus and Elasticsearch write them, to see which is more."""

import re
from contextlib import suppress
from typing import Any

from components.model import amount

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")


def size(value: Any) -> float | None:
    """Bytes of a quantity, also one of Prometheus, which writes GiB for Gi; None for what is none."""
    with suppress(ValueError):
        return amount(str(value).strip().removesuffix("B"))
    return None


def seconds(value: Any) -> float | None:
    """Seconds of a duration like ``1d12h``; None for what is none."""
    text = str(value).strip()
    if not re.fullmatch(rf"(?:{_DURATION.pattern})+", text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))
