"""The rules on the real promtool: their own tests pass, and fail when a rule is broken."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.needs import need

RULES = Path(__file__).resolve().parents[2] / "alerts"


def promtool(*arguments: str, folder: Path = RULES) -> tuple[int, str]:
    done = subprocess.run(
        [str(need("promtool")["promtool"]), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_rule_file_is_valid() -> None:
    code, text = promtool("check", "rules", "--lint=all", *[path.name for path in RULES.glob("*.rules.yaml")])
    assert code == 0, text


@pytest.mark.parametrize("file", sorted(path.name for path in RULES.glob("*.test.yaml")))
def test_alerts_fire_and_stay_quiet_as_they_should(file: str) -> None:
    code, text = promtool("test", "rules", file)
    assert code == 0, text


MUTATIONS = [
    ("neuroerp.rules.yaml", "limit_ratio > 0.8\n", "limit_ratio > 0.9\n"),
    ("neuroerp.rules.yaml", 'job="valeo-neuroerp"}[5m])) > 0.8', 'job=~".+"}[5m])) > 0.8'),
    ("neuroerp.rules.yaml", "/ 1.5e9 > 1", "/ 1.5e6 > 1"),
    ("neuroerp.rules.yaml", "[5m])) > 0.1", "[5m])) > 10"),
    ("neuroerp.rules.yaml", "error_ratio_rate5m > 0.05", "error_ratio_rate5m > 0.001"),
    ("neuroerp.rules.yaml", "severity: critical", "severity: crit"),
    ("slo.rules.yaml", "sum by (namespace, service)", "sum by (namespace)"),
    ("slo.rules.yaml", 'endpoint!~"/health.*|/metrics"', 'endpoint!~"/metrics"'),
    ("app.rules.yaml", 'resource="memory"', 'resource="cpu"'),
    ("monitoring.rules.yaml", "vector(1)", "vector(1) > 1"),
]


@pytest.mark.parametrize(("file", "right", "wrong"), MUTATIONS, ids=[f"{n}-{m[0]}" for n, m in enumerate(MUTATIONS)])
def test_a_broken_rule_fails_its_tests(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    shutil.copytree(RULES, tmp_path, dirs_exist_ok=True)
    broken = tmp_path / file
    assert right in broken.read_text()
    broken.write_text(broken.read_text().replace(right, wrong))
    tests = [path.name for path in tmp_path.glob("*.test.yaml")]
    assert promtool("test", "rules", *tests, folder=tmp_path)[0] != 0
