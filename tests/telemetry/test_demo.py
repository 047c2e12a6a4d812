"""The demo as a process, through all of its scenarios: it exposes the contract, all of it, and nothing else."""

import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from neuroerp_telemetry import TelemetryConfig
from neuroerp_telemetry.contract import APP_METRICS, ATTRIBUTES
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from telemetry.demo.neuroerp_demo.erp import LABELS
from telemetry.demo.neuroerp_demo.faults import MOST_LEAKED
from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS, Scenario
from tests.needs import need
from tests.telemetry import demo_contract
from tests.telemetry.demo_process import OPENMETRICS, Demo, running, value
from tests.telemetry.otlp_receiver import Received, grpc_receiver
from tests.waiting import wait

REVISION = "0123abc"
CONFIG = TelemetryConfig(service_name="neuroerp-api", service_version="1.2.3", revision=REVISION, **LABELS)
RATE = 15


@dataclass
class Visit:
    """What a scenario did."""

    unmoved: set[str]
    """Series that it should move and did not, within some seconds."""
    before: list[Metric]
    after: list[Metric]
    readiness: set[tuple[int, str]] = field(default_factory=set)
    checked: dict[str, str] = field(default_factory=dict)
    """Checks that ran in this scenario, and why they failed."""

    def moved(self, selector: str) -> float:
        return value(self.after, selector) - value(self.before, selector)

    def done(self, scenario: Scenario) -> bool:
        slow, checked = self.slow > 0 or not scenario.query_seconds, len(self.checked) == 4 or not scenario.load
        return slow and checked and not self.unmoved

    @property
    def slow(self) -> float:
        time = "http_request_duration_seconds"
        return self.moved(f"{time}_count") - self.moved(f'{time}_bucket{{le="0.5"}}')


@dataclass
class Tour:
    """The demo after all of its scenarios."""

    demo: Demo
    received: Received
    visits: dict[str, Visit]


def visit(demo: Demo, scenario: Scenario) -> Visit:
    demo.switch(scenario.name)
    if not scenario.load:  # what was asked before the switch is still answered
        wait("the last answer", lambda: value(demo.families(), "http_requests_in_progress") == 0, 15)
        time.sleep(0.3)
    before, begin = demo.families(), time.monotonic()
    found = Visit({*scenario.moves}, before, before)
    while time.monotonic() < begin + 0.6 or not (found.done(scenario) or time.monotonic() > begin + 20):
        if scenario.load:
            code, body = demo.ready()
            found.readiness.add((code, body["status"]))
            # A kept result may be of the scenario before, for the second that it holds.
            old = time.monotonic() < begin + 1.1
            checks = {name: check for name, check in body["checks"].items() if not (old and check.get("cached"))}
            found.checked |= {name: check.get("reason", "") for name, check in checks.items()}
        found.after = demo.families()
        found.unmoved = {one for one in found.unmoved if not found.moved(one)}
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    env = {"NEUROERP_VERSION": "1.2.3", "NEUROERP_REVISION": REVISION, "NEUROERP_ENV": "test"}
    with grpc_receiver() as received:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = received.endpoint
        env["OTEL_RESOURCE_ATTRIBUTES"] = "k8s.pod.name=api-0,k8s.namespace.name=erp"
        folder = tmp_path_factory.mktemp("demo")
        with running(folder, "--rate", str(RATE), **env) as demo:
            yield Tour(demo, received, {name: visit(demo, each) for name, each in SCENARIOS.items()})


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_moves_what_it_says(tour: Tour, name: str) -> None:
    assert tour.visits[name].unmoved == set()


@pytest.mark.parametrize(
    ("name", "answer", "failing"),
    [
        ("normal", (200, "pass"), {}),
        ("slow-database", (200, "pass"), {}),
        ("cache-down", (200, "warn"), {"cache": "error"}),
        ("failing-payments", (200, "warn"), {"dependencies": "unhealthy"}),
        ("database-down", (503, "fail"), {"database": "error"}),
    ],
)
def test_readiness_follows_the_critical_checks(
    tour: Tour, name: str, answer: tuple[int, str], failing: dict[str, str]
) -> None:
    assert answer in tour.visits[name].readiness
    assert {check: reason for check, reason in tour.visits[name].checked.items() if reason} == failing


def test_errors_are_server_errors_and_failing_payments_are_not(tour: Tour) -> None:
    errors, payments = tour.visits["errors"], tour.visits["failing-payments"]
    assert errors.moved('http_requests_total{status="500"}') == errors.moved("http_request_errors_total") > 0
    assert payments.moved('http_requests_total{status="500"}') == 0
    assert payments.moved('business_transactions_total{type="payment",status="failed"}') > 0


def test_a_slow_database_makes_requests_slower_than_the_objective(tour: Tour) -> None:
    assert tour.visits["slow-database"].slow > 0


def test_a_leak_takes_memory_and_gives_it_back(tour: Tour) -> None:
    assert tour.visits["memory-leak"].moved("process_resident_memory_bytes") > 2_000_000
    assert MOST_LEAKED < 250_000_000


def test_silence_is_nothing(tour: Tour) -> None:
    found = tour.visits["silence"]
    assert found.moved("http_requests_total") == found.moved('http_requests_total{endpoint="/metrics"}') > 0
    assert found.moved("health_check_duration_seconds_count") == 0


PARSERS = {OPENMETRICS: parse_openmetrics, "text/plain": parse_classic}


@pytest.mark.parametrize("accept", PARSERS)
def test_the_exposition_is_the_contract(tour: Tour, accept: str) -> None:
    families = list(PARSERS[accept](tour.demo.metrics(accept)))
    assert demo_contract.exposition_problems(families, CONFIG) == []


def test_every_counter_has_counted(tour: Tour) -> None:
    counters = {name for name, metric in APP_METRICS.items() if metric.type == "counter"}
    counters.remove("telemetry_log_lines_dropped_total")
    tour.demo.switch("normal")
    wait("a count of each", lambda: all(value(tour.demo.families(), name) for name in counters), 30)
    families = tour.demo.families()
    for status in ("success", "failed", "rejected"):
        assert value(families, f'business_transactions_total{{type="order",status="{status}"}}') > 0
    assert value(families, f'neuroerp_build_info{{version="1.2.3",revision="{REVISION}"}}') == 1


MUTATIONS = [
    (r"\bapp_saturation_ratio\b", "app_fullness_ratio", "app_saturation_ratio is not exposed"),
    (r"\bapp_saturation_ratio\b", "app_fullness_ratio", "app_fullness_ratio is not declared"),
    ('resource="db_pool"', 'resource="disk"', "app_saturation_ratio has resource=disk"),
    ('currency="EUR"', 'currency="euro"', "business_revenue_total has currency=euro"),
    ('endpoint="/api/v1/orders"', f'endpoint="/{"x" * 200}"', "http_requests_total has endpoint=/xxx"),
    ('check="cache"', 'name="cache"', "health_check_status has the labels name, critical"),
    ("# TYPE active_users gauge", "# TYPE active_users unknown", "active_users is a unknown, not a gauge"),
    ("# HELP active_users .*", "# HELP active_users Users.", "active_users has another help: Users."),
    (r'(?m)^.*le="0\.5".*\n', "", "http_request_duration_seconds has the buckets [0.005"),
]


@pytest.mark.parametrize(("old", "new", "message"), MUTATIONS)
def test_another_exposition_is_noticed(tour: Tour, old: str, new: str, message: str) -> None:
    text, count = re.subn(old, new, tour.demo.metrics())
    assert count
    found = demo_contract.exposition_problems(parse_openmetrics(text), CONFIG)  # type: ignore[no-untyped-call]
    assert any(problem.startswith(message) for problem in found), found


def test_promtool_has_nothing_to_complain_of(tour: Tour) -> None:
    promtool = need("promtool")["promtool"]

    def judge(text: str) -> tuple[int, str]:
        made = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True, check=False)
        return made.returncode, made.stdout + made.stderr

    text = tour.demo.metrics("text/plain")
    assert judge(text) == (0, "")
    code, told = judge(text.replace("active_users", "active_users_total"))
    assert code
    assert "active_users_total" in told


def test_log_lines_have_the_fields_of_the_contract(tour: Tour) -> None:
    lines = tour.demo.lines()
    assert demo_contract.log_problems(lines) == []
    assert {line["service"] for line in lines} == {"neuroerp-api"}
    raised = [line for line in lines if line.get("exception", {}).get("type") == "RuntimeError"]
    assert raised
    assert all("Traceback" in line["exception"]["stacktrace"] and line["trace_id"] for line in raised)
    assert {line.get("context", {}).get("code") for line in lines} >= {"unreachable", "empty", "unknown_product"}


@pytest.mark.parametrize(
    "change",
    [{"tenant": "x"}, {"level": "INFO"}, {"timestamp": "2026-11-24"}, {"context": 1}, {"exception": {"code": 1}}],
)
def test_another_log_line_is_noticed(tour: Tour, change: dict[str, Any]) -> None:
    line = tour.demo.lines()[0]
    assert len(demo_contract.log_problems([{**line, **change}])) == 1
    assert len(demo_contract.log_problems([{k: v for k, v in line.items() if k != "service"}])) == 1


def test_exemplars_lead_to_log_lines_and_to_traces(tour: Tour) -> None:
    found = [(s.name, s.exemplar) for family in tour.demo.families() for s in family.samples]
    exemplars = [(name, exemplar.labels["trace_id"]) for name, exemplar in found if exemplar]
    assert {name for name, _ in exemplars} == {"http_request_duration_seconds_bucket", "http_requests_total"}
    shown = {trace for _, trace in exemplars}
    logged = {line["trace_id"] for line in tour.demo.lines() if "trace_id" in line}
    assert shown & logged
    sent = wait("a trace of an exemplar", lambda: {s.trace_id.hex() for s in tour.received.spans} & shown & logged, 15)
    assert sent


def test_traces_come_with_the_resource_and_attributes_of_the_contract(tour: Tour) -> None:
    wait("spans", lambda: len(tour.received.spans) > 50, 15)
    for name in ("service.name", "service.version", "service.namespace", "deployment.environment.name"):
        assert all(resource[name] for resource in tour.received.resources)
    (resource,) = {tuple(sorted(r.items())) for r in tour.received.resources}
    assert {
        "service.name": "neuroerp-api",
        "service.version": "1.2.3",
        "service.namespace": "valeo-neuroerp",
        "deployment.environment.name": "test",
        "k8s.pod.name": "api-0",
        "k8s.namespace.name": "erp",
    }.items() <= dict(resource).items()
    declared = {attribute.name for attribute in ATTRIBUTES if attribute.on == "span"}
    always = {attribute.name for attribute in ATTRIBUTES if attribute.on == "span" and attribute.always}
    requests = [span for span in tour.received.spans if span.kind == 2]  # a server's
    for span in requests:
        names = {item.key for item in span.attributes}
        assert always <= names <= declared
    assert "POST /api/v1/orders/{number}/invoice" in {span.name for span in requests}
    inner = {span.name for span in tour.received.spans} - {span.name for span in requests}
    assert inner == {"transaction order", "transaction invoice", "transaction payment", "ship order"}


def test_a_client_that_leaves_in_the_middle_is_counted_once(tour: Tour, tmp_path: Path) -> None:
    counted = 'http_requests_total{endpoint="/api/v1/invoices/export"}'
    with running(tmp_path, "--rate", "0", "--scenario", "slow-database") as demo:
        with demo.client.stream("GET", "/api/v1/invoices/export") as answer:
            parts = answer.iter_text()  # a part of the test: the answer is closed with it
            assert next(parts).startswith("number,state")
            assert value(demo.families(), "http_requests_in_progress") == 1
        wait("the end of the request", lambda: value(demo.families(), "http_requests_in_progress") == 0, 15)
        families = demo.families()
        assert value(families, counted) == value(families, counted[:-1] + ',status="200"}') == 1
        assert value(families, "http_request_errors_total") == 0
        assert value(families, 'app_saturation_ratio{resource="db_pool"}') in (0, 0.05)
    assert tour.demo.process.poll() is None
