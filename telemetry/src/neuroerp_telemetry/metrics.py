"""The application's metrics, grouped as in the first plan: performance, business, system."""

import logging
import math
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector

from .config import TelemetryConfig
from .declared.app import ERRORS_AT_START, OWN_PATHS, STATUSES_AT_START, UNMATCHED
from .families import Families, Family

_logger = logging.getLogger(__name__)


class Performance:
    """How fast the service answers, how often it fails, how full it is."""

    def __init__(self, families: Families) -> None:
        self.response_time = families["http_request_duration_seconds"]
        self.throughput = families["http_requests_total"]
        self.error_rate = families["http_request_errors_total"]
        self.in_progress: Any = families["http_requests_in_progress"].series()
        self._saturation = families["app_saturation_ratio"]
        self._saturation.prepare_known()
        self.prepare("GET", UNMATCHED)
        for path in OWN_PATHS:
            self.prepare("GET", path)

    def prepare(self, method: str, endpoint: str) -> None:
        """Make the series of a route before its first request."""
        self.response_time.series(method, endpoint)
        self.throughput.prepare((method,), (endpoint,), STATUSES_AT_START)
        self.error_rate.prepare((method,), (endpoint,), ERRORS_AT_START)

    def request(self, method: str, endpoint: str, status: str, seconds: float, trace_id: str | None = None) -> None:
        """Count a request that was answered; the trace id, if any, becomes the exemplar."""
        exemplar = {"trace_id": trace_id} if trace_id else None
        time, count = self.response_time.series(method, endpoint), self.throughput.series(method, endpoint, status)
        if time is not None and count is not None:
            time.observe(seconds, exemplar)
            count.inc(1, exemplar)

    def error(self, method: str, endpoint: str, error: BaseException) -> None:
        """Count a request that ended with an exception."""
        _add(self.error_rate.series(method, endpoint, type(error).__name__))

    def saturation(self, resource: str, ratio: float) -> None:
        """Set how much of a resource is in use, 0 to 1."""
        series = self._saturation.series(resource)
        if series is not None and not math.isnan(ratio):
            series.set(min(max(ratio, 0.0), 1.0))


class Business:
    """What the ERP does for its users. Raises LabelError, ValueError or OverflowError only with strict labels."""

    def __init__(self, families: Families, config: TelemetryConfig) -> None:
        self.active_users = families["active_users"]
        self.transactions = families["business_transactions_total"]
        self.revenue = families["business_revenue_total"]
        self.refunds = families["business_refunds_total"]
        self.errors = families["business_errors_total"]
        self._strict = config.strict_labels
        for family in (self.transactions, self.revenue, self.refunds):
            family.prepare_known()
        for kind, codes in {"other": ("other",), **config.business_errors}.items():
            self.errors.prepare((kind,), codes)

    def set_active_users(self, count: int) -> None:
        """Set how many users were seen in the last five minutes, counted in the shared session store."""
        gauge = self.active_users.series()
        if self._amount(count) and gauge is not None:
            gauge.set(count)

    def transaction(self, kind: str, status: str) -> None:
        """Count a transaction: success, failed or rejected."""
        self._count(self.transactions, 1, kind, status)

    def add_revenue(self, cents: int, product: str, currency: str) -> None:
        """Add revenue, in hundredths of the currency's major unit."""
        self._count(self.revenue, cents, product, currency)

    def refund(self, cents: int, product: str, currency: str) -> None:
        """Add a refund, in hundredths; revenue itself cannot fall."""
        self._count(self.refunds, cents, product, currency)

    def error(self, kind: str, code: str) -> None:
        """Count a business error."""
        self._count(self.errors, 1, kind, code)

    def _count(self, family: Family, amount: int, *labels: str) -> None:
        try:
            if self._amount(amount):
                _add(family.series(*labels, strict=self._strict), amount)
        except OverflowError:  # the client library counts in floating point numbers
            if self._strict:
                raise
            _logger.warning("a sample of %s was not counted", family.metric.name, exc_info=True)

    def _amount(self, amount: object) -> bool:
        if isinstance(amount, int) and not isinstance(amount, bool) and amount >= 0:
            return True
        if self._strict:
            raise ValueError(f"{amount!r} is no amount: give a whole number that is not negative")
        _logger.warning("an amount was not counted: it is no whole number, or negative")
        return False


class System:
    """Resources of the process: CPU, memory and files; those of the node come from its exporter."""

    def __init__(self, process: ProcessCollector) -> None:
        self.process = process


class ApplicationMetrics:
    """All metrics of the contract that the application exports."""

    def __init__(self, config: TelemetryConfig, registry: CollectorRegistry | None = None) -> None:
        self.families = Families(config, registry)
        self.registry = self.families.registry
        self.performance = Performance(self.families)
        self.business = Business(self.families, config)
        self.system = System(self.families.process)
        self.families["telemetry_log_lines_dropped_total"].prepare_known()
        self.families["telemetry_label_overflow_total"].prepare_known()
        self.families["neuroerp_build_info"].prepare_known()
        build: Any = self.families["neuroerp_build_info"].series(config.service_version, config.revision)
        if build is not None:
            build.set(1)


def _add(series: Any | None, amount: int = 1) -> None:
    if series is not None:
        series.inc(amount)
