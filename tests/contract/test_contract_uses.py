"""Everything that the repository asks for is emitted, in that form, and everything that is emitted is asked for."""

import pytest
from neuroerp_telemetry.contract import APP_METRICS, ATTRIBUTES, LOG_FIELDS, METRICS

import alerts
from alerts import slos
from components import data_sources
from tests.catalogue.catalogue import Catalogue, Series
from tests.contract import content, log_fields, matrix, signals, uses
from tests.contract.__main__ import sections
from tests.contract.uses import Use

KNOWN = content.known()


def test_rules() -> None:
    assert len(content.RULES) >= 5
    assert uses.problems(content.rule_uses(), KNOWN) == []


def test_dashboards() -> None:
    assert len(content.BOARDS) >= 4
    assert uses.problems(content.board_uses(), KNOWN) == []


def test_series_that_the_tests_of_rules_feed_in() -> None:
    """A rule that is tested with series that nobody exports is not tested."""
    assert len(content.test_uses()) >= 10
    assert uses.problems(content.test_uses(), KNOWN) == []


def test_logs() -> None:
    assert log_fields.problems(LOG_FIELDS, content.PIPELINE, content.TEMPLATE) == []
    assert set(log_fields.searches(content.BOARDS)) >= {"level", "context.code", "kubernetes.pod.name", "trace_id"}
    assert log_fields.search_problems(content.BOARDS, LOG_FIELDS, content.TEMPLATE) == []


def test_rules_record_what_the_contract_says() -> None:
    """Names and labels; thresholds are settings, and an objective without a name for its ratios is its five lines."""
    recorded = {name: signal for name, signal in KNOWN.items() if signal.emitters == ("recording-rule",)}
    left_out = (alerts.THRESHOLD, slos.PREFIX)
    found = {n: sorted(s.labels) for n, s in recorded.items() if not n.startswith(left_out)}
    assert found == {m.name: sorted(m.label_names) for m in METRICS.values() if m.owner == "recording-rule"}


@pytest.mark.parametrize("section", ["Metrics", "Log fields"])
def test_everything_that_is_emitted_is_used(section: str) -> None:
    """By a rule or a dashboard: a signal that nobody looks at costs and tells nothing."""
    assert matrix.unused(sections()[section]) == []


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ("sum(rate(jvm_threads_total[5m]))", "nobody exports jvm_threads_total"),
        ("rate(active_users[5m])", "rate() of the gauge active_users"),
        ("increase(http_requests_in_progress[5m])", "increase() of the gauge http_requests_in_progress"),
        ("delta(http_requests_total[5m])", "delta() of the counter http_requests_total"),
        ("rate(up[5m])", "rate() of the gauge up"),
        ("delta(node_cpu_seconds_total[5m])", "delta() of the counter node_cpu_seconds_total"),
        ("sum by (user) (rate(http_requests_total[5m]))", "no label user to group by"),
        ("sum by (le) (rate(http_request_duration_seconds_count[5m]))", "no label le to group by"),
        ("sum by (service) (sum by (namespace) (up))", "up has no label service to group by"),
        ('http_requests_total{tenant="x1"}', "http_requests_total has no label tenant"),
        ('app_saturation_ratio{resource="disk"}', "never has resource=disk"),
        ('node_cpu_seconds_total{mode=~"idle|wait.*"} + up{job="a"}', ""),
        ('node_cpu_seconds_total{mode=~"waiting.*"}', "never has mode=waiting.*"),
        ('elasticsearch_cluster_health_status{color="orange"}', "never has color=orange"),
        ('http_request_duration_seconds_bucket{le="0.45"}', "has no bucket 0.45"),
        ("http_request_duration_seconds", "nobody exports http_request_duration_seconds"),
        ('instance:system_memory_usage:ratio{namespace="x1"}', "has no label namespace"),
        ("redis_up * on (queue) group_left() up", "redis_up has no label queue to match on"),
        ("sum by (job) (up) and on (namespace) redis_up", "up has no label namespace to match on"),
        ('{job="valeo-neuroerp"}', "nobody exports a series without a name"),
    ],
)
def test_a_wrong_expression_is_noticed(expr: str, message: str) -> None:
    found = uses.problems([Use("somewhere", expr)], KNOWN)
    assert any(message in problem for problem in found) if message else found == []


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (namespace, service) (rate(http_requests_total{job="valeo-neuroerp",status=~"5.."}[5m]))',
        'http_request_duration_seconds_bucket{le="0.50"}',
        "max_over_time(rate(http_requests_total[5m])[1h:])",
        "rate(sum(active_users)[1h:5m])",
        'health_check_status{check="erp-core",critical="true"} == 0',
        'active_users_total{job="valeo-neuroerp",pod!=""}',
        "rate(node_netstat_Tcp_InErrs[5m])",
        "rate(prometheus_tsdb_compaction_duration_seconds_count[5m])",
    ],
)
def test_a_right_expression_is_not(expr: str) -> None:
    assert uses.problems([Use("somewhere", expr)], KNOWN) == []


@pytest.mark.parametrize(
    ("expr", "shown", "missing"),
    [
        ("sum by (pod) (up)", {"pod"}, []),
        ("sum by (pod) (up)", {"pod", "service"}, ["service"]),
        ("sum without (pod) (up)", {"pod"}, ["pod"]),
        ("sum(up)", {"job"}, ["job"]),
        ("topk(3, sum by (pod) (up))", {"pod"}, []),
        ("histogram_quantile(0.9, sum by (le) (http_request_duration_seconds_bucket))", {"le"}, ["le"]),
        ('label_replace(sum(up), "shard", "$1", "pod", "(.*)")', {"shard"}, []),
        ('absent(up{job="a", pod=~"b.*"})', {"job", "pod"}, ["pod"]),
        ("up / on (pod) redis_up", {"pod", "job"}, ["job"]),
        ("up / on (pod) group_left (mode) node_cpu_seconds_total", {"job", "mode"}, []),
        ("up / on (pod) group_right () node_cpu_seconds_total", {"mode"}, []),
        ("up / ignoring (pod) redis_up", {"pod"}, ["pod"]),
        ("up and on (pod) redis_up", {"job"}, []),
        ("sum by (pod) (up) or sum by (job) (up)", {"job", "pod"}, []),
        ("(time() - health_check_last_run_timestamp_seconds) > 120", {"check"}, []),
        ("-up > 0", {"job"}, []),
        ("vector(1)", {"job"}, ["job"]),
    ],
)
def test_labels_that_are_shown_must_be_left(expr: str, shown: set[str], missing: list[str]) -> None:
    found = uses.problems([Use("panel", expr, frozenset(shown))], KNOWN)
    assert found == [f"panel: shows {name}, gone" for name in missing]


def test_labels_that_a_rule_gives_can_be_shown() -> None:
    rule = "groups: [{name: g, rules: [{alert: A, expr: vector(1), labels: {severity: x}, annotations: {d: '%s'}}]}]"
    texts = {name: rule % f"{{{{ $labels.{name} }}}}" for name in ("severity", "pod")}
    assert uses.problems(uses.of_rules(texts), KNOWN) == ["pod A: shows pod, gone"]


def test_links_between_traces_logs_and_metrics() -> None:
    """What Grafana's data sources take from a span, an exemplar and a line has that name in the contract."""
    attributes = {attribute.name for attribute in ATTRIBUTES if attribute.on == "resource" and attribute.always}
    assert {tag["key"] for tag in data_sources.SERVICE_TAGS} <= attributes
    assert {tag["value"] for tag in data_sources.SERVICE_TAGS} <= KNOWN["http_requests_total"].label_names
    exemplars = data_sources.prometheus("", "15s")["jsonData"]["exemplarTraceIdDestinations"]
    assert [exemplar["name"] for exemplar in exemplars] == ["trace_id"]
    assert "trace_id" in {field.name for field in LOG_FIELDS}


def test_a_recording_of_recordings_has_their_labels() -> None:
    rules = [
        Use("third", "second", records="third"),
        Use("second", "max_over_time(first[1h])", records="second", given=frozenset({"window"})),
        Use("first", "sum by (currency) (business_revenue_total)", records="first"),
    ]
    recorded = uses.recorded(rules, signals.of_contract(APP_METRICS.values()))
    assert {name: set(signal.labels) for name, signal in recorded.items()} == {
        "first": {"currency"},
        "second": {"currency", "window"},
        "third": {"currency", "window"},
    }
    assert {signal.type for signal in recorded.values()} == {"gauge"}


def test_a_series_that_two_exporters_have() -> None:
    """It has the labels of both; a value is closed only where both close it, a type is known where both agree."""
    one = Series("queue", "gauge", {"state": ("full",), "name": ("a",)})
    other = Series("queue", "counter", {"state": ("empty",), "name": (), "shard": ()})
    catalogues = [Catalogue(name, "1", "no", "test", (each,)) for name, each in (("x", one), ("y", other))]
    found = signals.of_catalogues(catalogues)["queue"]
    assert (found.type, found.emitters) == ("untyped", ("x", "y"))
    assert found.labels == {"state": {"full", "empty"}, "name": frozenset(), "shard": frozenset()}
    known = {"queue": found}
    assert uses.problems([Use("u", 'rate(queue{shard="1"}[5m])'), Use("u", "delta(queue[5m])")], known) == []
    assert uses.problems([Use("u", 'queue{state="busy"}')], known) == ["u: queue never has state=busy"]
