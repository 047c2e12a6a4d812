"""The rules on the real promtool: their own tests pass, and fail on broken rules (all kinds: tests/engine)."""

from pathlib import Path

import pytest

from tests.alerts.rule_files import RULES, by_file, copied, promtool, suites_of


def test_every_rule_file_is_valid() -> None:
    code, text = promtool("check", "rules", "--lint=all", *sorted(by_file()))
    assert code == 0, text


@pytest.mark.parametrize("file", sorted(path.name for path in RULES.glob("*.test.yaml")))
def test_alerts_fire_and_stay_quiet_as_they_should(file: str) -> None:
    code, text = promtool("test", "rules", file)
    assert code == 0, text


MUTATIONS = [
    ("neuroerp", "severity: critical", "severity: crit"),
    ("neuroerp", 'job="valeo-neuroerp"', 'job="neuroerp"'),
    ("neuroerp", "error_ratio, expr: vector(0.05)", "error_ratio, expr: vector(50)"),
    ("cache", "by (namespace, instance)", "by (instance)"),
    ("cache", "        for: 2m\n", ""),
    ("elasticsearch", 'type=~"write|bulk"', 'type=~"write.bulk"'),
    ("probes", "avg_over_time(probe_duration_seconds", "rate(probe_duration_seconds"),
    ("monitoring", "vector(1)", "vector(1) > 1"),
    ("targets", ' absent(up{job="redis-exporter"})', ' absent(up{job="grafana"})'),
]


@pytest.mark.parametrize(("file", "right", "wrong"), MUTATIONS, ids=[f"{n}-{m[0]}" for n, m in enumerate(MUTATIONS)])
def test_a_broken_rule_fails_its_tests(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    name = f"{file}.rules.yaml"
    text = (RULES / name).read_text()
    assert right in text
    folder = copied(tmp_path)
    (folder / name).write_text(text.replace(right, wrong))
    assert promtool("test", "rules", *suites_of(name), folder=folder)[0] != 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{{ $labels.instance }}", "{{ $labels.instance | nothing }}"),
        ("{{ $labels.instance }}", "{{ $labels.instance"),
        ("for: 2m", "for: 2min"),
        ("== 0", "=== 0"),
    ],
)
def test_what_prometheus_refuses_is_noticed(tmp_path: Path, right: str, wrong: str) -> None:
    text = (RULES / "cache.rules.yaml").read_text()
    assert right in text
    folder = copied(tmp_path)
    (folder / "cache.rules.yaml").write_text(text.replace(right, wrong))
    assert promtool("check", "rules", "--lint=all", "cache.rules.yaml", folder=folder)[0] != 0
