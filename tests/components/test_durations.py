"""A duration of the settings is one that Prometheus takes: held against the real promtool."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from components.model import Duration, seconds
from components.settings import parse
from tests.alerts.rule_files import promtool
from tests.components.platform_settings import changed, platform
from tests.needs import need

RIGHT = ["1ms", "30s", "5m", "12h", "15d", "2w", "1y", "1h30m", "1y2w3d4h5m6s7ms", "90m", "0h5m", "05m", "290y"]
WRONG = [
    "30s5m", "1h1h", "5m1h", "1s1ms1s", "", " ", "5", "m", "5 m", "5min", "1.5h", "-5m", "+5m", "5M", "1h ",
    "\n5m", "5m\n", "1h30", "\u0663\u0660s", "3 days", "300y", "99999999999999999999y",
]  # fmt: skip
ZERO = ["0", "0s", "0h0m", "000ms"]
"""What Prometheus takes, and no setting can mean."""
ADAPTER: TypeAdapter[str] = TypeAdapter(Duration)


def taken(value: Any) -> bool:
    try:
        ADAPTER.validate_python(value)
    except ValidationError:
        return False
    return True


def taken_by_prometheus(folder: Path, value: str) -> bool:
    need("promtool")
    quoted = '"' + value.replace("\n", "\\n") + '"'
    (folder / "a.yaml").write_text(f"groups: [{{name: a, rules: [{{alert: A, expr: up, for: {quoted}}}]}}]")
    return not promtool("check", "rules", "a.yaml", folder=folder)[0]


@pytest.mark.parametrize("value", RIGHT)
def test_what_prometheus_takes_is_a_duration(tmp_path: Path, value: str) -> None:
    assert taken(value)
    assert taken_by_prometheus(tmp_path, value)


# An empty text is no duration at all to a rule file: it stands for none.
@pytest.mark.parametrize("value", WRONG)
def test_what_prometheus_refuses_is_none(tmp_path: Path, value: str) -> None:
    assert not taken(value)
    assert not value or not taken_by_prometheus(tmp_path, value)


@pytest.mark.parametrize("value", ZERO)
def test_no_time_at_all_is_none(tmp_path: Path, value: str) -> None:
    assert not taken(value)
    assert taken_by_prometheus(tmp_path, value)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("prometheus.retention", "1d1y", "is no duration; write each unit once and the longest first, like 30s"),
        ("prometheus.scrapeInterval", "0s", "is no duration; write each unit once"),
        ("prometheus.retention", "400y", "is longer than Prometheus can count; write at most 290y"),
        ("healthProbes.interval", "30s5m", "is no duration; write each unit once"),
        ("alertmanager.retention", "1h1h", "is no duration; write each unit once"),
    ],
)
def test_the_message_names_the_setting_and_the_form(path: str, value: str, says: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"platform.{path}: {says}")):
        parse(changed(platform("dev"), path, value))


@pytest.mark.parametrize(
    ("value", "length"), [("1h30m", 5400), ("1ms", 0.001), ("1y", 31536000), ("1w1d", 691200), ("05m", 300)]
)
def test_its_length_is_in_seconds(value: str, length: float) -> None:
    assert seconds(value) == length
