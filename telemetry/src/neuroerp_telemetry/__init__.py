"""Metrics, traces, logs and health checks of VALEO-NeuroERP's services.

`from neuroerp_telemetry import Telemetry` is all that a service needs. Names are loaded when they are first used, so
that the contract can be read without the libraries that fulfil it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import TelemetryConfig, TelemetryConfigError
    from .health import HealthRegistry, Unhealthy
    from .labels import LabelError
    from .metrics import ApplicationMetrics
    from .telemetry import Telemetry

__all__ = [
    "ApplicationMetrics",
    "HealthRegistry",
    "LabelError",
    "Telemetry",
    "TelemetryConfig",
    "TelemetryConfigError",
    "Unhealthy",
]
_MODULES = {
    "ApplicationMetrics": "metrics",
    "HealthRegistry": "health",
    "LabelError": "labels",
    "Telemetry": "telemetry",
    "TelemetryConfig": "config",
    "TelemetryConfigError": "config",
    "Unhealthy": "health",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
