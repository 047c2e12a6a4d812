"""What Filebeat reads."""

import json
import re
from typing import Any

import pytest

from logs.filebeat import inputs


def provider() -> dict[str, Any]:
    (found,) = inputs("valeo-neuroerp")["filebeat.autodiscover"]["providers"]
    assert isinstance(found, dict)
    return found


def container() -> dict[str, Any]:
    (template,) = provider()["templates"]
    (config,) = template["config"]
    assert isinstance(config, dict)
    return config


def test_pods_are_chosen_by_the_label_as_autodiscover_spells_it() -> None:
    assert provider()["labels.dedot"] is True
    (template,) = provider()["templates"]
    assert template["condition"] == {"equals": {"kubernetes.labels.app_kubernetes_io/part-of": "valeo-neuroerp"}}


def test_the_label_is_a_parameter() -> None:
    assert "valeo" not in json.dumps(inputs("other"))


def test_each_container_is_read_from_its_one_file() -> None:
    (path,) = container()["paths"]
    assert path.endswith("-${data.kubernetes.container.id}.log")
    assert path.count("*") == 1
    assert "/*.log" not in path
    assert "${data.kubernetes.container.id}" in container()["id"]
    assert container()["type"] == "filestream"


def test_files_are_known_by_their_content_and_short_ones_are_read() -> None:
    scanner = container()["prospector"]["scanner"]
    assert scanner["symlinks"] is True
    assert scanner["fingerprint"] == {"enabled": True, "offset": 0, "length": 64}
    assert container()["file_identity"] == {"fingerprint": {}}


def test_the_container_format_is_undone_before_lines_are_joined() -> None:
    assert [next(iter(parser)) for parser in container()["parsers"]] == ["container", "multiline"]


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("2026-11-24T02:17:28Z INFO x", True),
        ("2026-11-24 02:17:28,123 INFO x", True),
        ('{"timestamp":"2026-11-24T02:17:28Z"}', True),
        ("Traceback (most recent call last):", False),
        ('  File "a.py"', False),
        ("ValueError: 2026-11-24 is late", False),
        ("", False),
    ],
)
def test_stack_traces_are_joined_to_their_line(line: str, begins: bool) -> None:
    multiline = container()["parsers"][1]["multiline"]
    assert (multiline["negate"], multiline["match"]) == (True, "after")
    assert bool(re.search(multiline["pattern"], line)) is begins


def test_lines_carry_the_label_that_the_pipeline_asks_for() -> None:
    assert container()["processors"] == [{"add_fields": {"target": "labels", "fields": {"log_type": "application"}}}]


def test_output_is_left_to_the_component() -> None:
    assert set(inputs("valeo-neuroerp")) == {"filebeat.autodiscover"}
