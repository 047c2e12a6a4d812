"""Whatever comes in, label values stay within their vocabulary and series stay few."""

import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroerp_telemetry import LabelError, TelemetryConfig, TelemetryConfigError
from neuroerp_telemetry.contract import APP_METRICS, LONGEST_LABEL_VALUE, OTHER, Label
from neuroerp_telemetry.labels import Fold, Vocabulary
from prometheus_client.parser import text_string_to_metric_families as families

from tests.telemetry.asgi_calls import answer, call
from tests.telemetry.conftest import Watched, watched


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


ANYTHING = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(categories=["Cs"]), max_size=5),
    st.integers(),
    st.binary(max_size=20),
    st.none(),
    st.floats(),
    st.builds(lambda: 10**5000),
    st.builds(Hostile),
    st.lists(st.integers(), max_size=3),
)
LABELS = [label for metric in APP_METRICS.values() for label in metric.labels]


@pytest.mark.parametrize("label", dict.fromkeys(LABELS), ids=lambda label: label.name)  # In one order, each once.
@settings(max_examples=40, deadline=None)
@given(values=st.lists(ANYTHING, max_size=80))
def test_any_object_is_admitted_folded_or_refused(label: Label, values: list[object]) -> None:
    overflows: list[int] = []
    vocabulary = Vocabulary(label, ("a", "b") if label.setting else ())
    fold = Fold("metric", [vocabulary], lambda: overflows.append(1))
    seen = set()
    for value in values:
        folded = fold((value,))
        if folded is None:
            assert label.unknown == "refuse"
            continue
        (text,) = folded
        seen.add(text)
        assert 0 < len(text) <= LONGEST_LABEL_VALUE
        assert text.encode()  # an exposition can hold it
        fits = re.fullmatch(label.pattern, text) if label.pattern else label.limit
        assert text == OTHER or text in vocabulary.known or fits
    assert len(seen - {*vocabulary.known, OTHER}) <= label.limit
    if label.unknown == "other":
        assert len(overflows) >= sum(1 for value in values if fold((value,)) == (OTHER,) and str_of(value) != OTHER)


def str_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def test_a_vocabulary_is_full_after_its_limit() -> None:
    vocabulary = Vocabulary(Label("endpoint", limit=2))
    assert [vocabulary.admit(value) for value in ("/a", "/b", "/c", "/a")] == ["/a", "/b", None, "/a"]


def test_unknown_values_are_counted_per_metric(watch: Watched) -> None:
    business = watch.telemetry.metrics.business
    business.transaction("order", "succes")
    business.transaction("smuggling", "success")
    assert watch.value("business_transactions_total", type="order", status="other") == 1
    assert watch.value("business_transactions_total", type="other", status="success") == 1
    assert watch.value("telemetry_label_overflow_total", metric="business_transactions_total") == 2


def test_amounts_of_an_unknown_currency_are_refused_not_added(watch: Watched) -> None:
    watch.telemetry.metrics.business.add_revenue(500, "erp", "euro")
    assert 'currency="other"' not in watch.text()
    assert watch.value("telemetry_label_overflow_total", metric="business_revenue_total") == 1


def test_strict_labels_raise() -> None:
    business = watched(strict_labels=True).telemetry.metrics.business
    with pytest.raises(LabelError, match="'succes' is no known status"):
        business.transaction("order", "succes")
    with pytest.raises(ValueError, match="no amount"):
        business.add_revenue(-1, "erp", "EUR")


@pytest.mark.parametrize("amount", [-1, 1.5, True, float("nan"), None, "1", 10**400])
def test_wrong_amounts_change_nothing_and_raise_nothing(watch: Watched, amount: int) -> None:
    watch.telemetry.metrics.business.add_revenue(amount, "erp", "EUR")
    watch.telemetry.metrics.business.set_active_users(amount if amount != 10**400 else -1)
    assert watch.value("business_revenue_total", product="erp", currency="EUR") == 0
    assert watch.value("active_users") == 0


def test_business_figures(watch: Watched) -> None:
    business = watch.telemetry.metrics.business
    business.add_revenue(cents=1999, product="erp", currency="EUR")
    business.refund(cents=99, product="erp", currency="EUR")
    business.set_active_users(7)
    business.error("other", "other")
    assert watch.value("business_revenue_total", product="erp", currency="EUR") == 1999
    assert watch.value("business_refunds_total", product="erp", currency="EUR") == 99
    assert watch.value("active_users") == 7
    assert watch.value("business_errors_total", type="other", code="other") == 1


def test_saturation_stays_between_zero_and_one(watch: Watched) -> None:
    for ratio, shown in ((0.5, 0.5), (7.0, 1.0), (-1.0, 0.0), (float("nan"), 0.0)):
        watch.telemetry.metrics.performance.saturation("db_pool", ratio)
        assert watch.value("app_saturation_ratio", resource="db_pool") == shown


def test_known_series_exist_before_their_first_event() -> None:
    watch = watched(
        transaction_types=("order", "invoice"),
        products=("erp", "crm"),
        currencies=("EUR", "USD"),
        business_errors={"stock": ("empty", "locked"), "payment": ("declined",)},
    )
    for kind in ("order", "invoice"):
        for status in ("success", "failed", "rejected"):
            assert watch.value("business_transactions_total", type=kind, status=status) == 0
    for product in ("erp", "crm"):
        assert watch.value("business_revenue_total", product=product, currency="USD") == 0
    assert watch.value("business_errors_total", type="stock", code="locked") == 0
    assert watch.value("business_errors_total", type="payment", code="empty") is None
    assert watch.value("http_requests_total", method="GET", endpoint="/health/ready", status="503") == 0
    assert "telemetry_label_overflow_total" in watch.text()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"service_name": " "}, "service_name is empty"),
        ({"sample_ratio": 2}, "sample_ratio is 2: write a number from 0 to 1"),
        ({"otlp_protocol": "thrift"}, "otlp_protocol is 'thrift': write grpc or http/protobuf"),
        ({"currencies": ("euro",)}, r"currencies holds 'euro': write \[A-Z\]\{3\}"),
        ({"products": ("",)}, "products holds ''"),
        ({"products": tuple(map(str, range(51)))}, "products holds 51 values: write at most 50"),
    ],
)
def test_wrong_settings_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(TelemetryConfigError, match=message):
        TelemetryConfig(**{"service_name": "x", **setting})  # type: ignore[arg-type]


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "neuroerp-worker")
    monkeypatch.setenv("NEUROERP_ENV", "prod")
    config = TelemetryConfig.from_env(service_version="1.2.3")
    assert (config.service_name, config.environment, config.service_version) == ("neuroerp-worker", "prod", "1.2.3")
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    with pytest.raises(TelemetryConfigError, match="OTEL_SERVICE_NAME"):
        TelemetryConfig.from_env()


def test_hostile_methods_and_statuses_make_no_series(watch: Watched) -> None:
    async def strange(_scope: object, _receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 999, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body"})  # type: ignore[operator]

    for number in range(50):
        asyncio.run(call(watch.telemetry.asgi(answer), "/", f"METHOD{number}"))
        asyncio.run(call(watch.telemetry.asgi(strange), "/"))
    assert watch.value("http_requests_total", method="other", endpoint="unmatched", status="200") == 50
    assert watch.value("http_requests_total", method="GET", endpoint="unmatched", status="other") == 50
    methods = {s.labels["method"] for f in families(watch.text()) for s in f.samples if "method" in s.labels}
    assert methods == {"GET", "other"}
