"""The exporters that are played for the live tests have what real ones have, and move as the file says."""

from collections.abc import Iterator

import pytest

from tests.catalogue import catalogue
from tests.dashboards import lint
from tests.live import replay


def test_what_is_played_is_what_exporters_have() -> None:
    """Names, labels and types of the catalogues: a played series that nobody exports would prove nothing."""
    assert list(_strangers(replay.load())) == []


@pytest.mark.parametrize(
    ("series", "formula", "message"),
    [
        ("redis_memory_usage_bytes", 1, "has no redis_memory_usage_bytes"),
        ('redis_connected_clients{db="0"}', 1, "has no label db"),
        ("redis_connected_clients", "1/s", "is a gauge"),
        ("redis_keyspace_hits_total", "4~1", "is a counter"),
    ],
)
def test_a_played_series_that_nobody_has_is_noticed(series: str, formula: object, message: str) -> None:
    assert [message in found for found in _strangers({"redis-exporter": {"series": {series: formula}}})] == [True]


def _strangers(jobs: dict[str, lint.Json]) -> Iterator[str]:
    for job, content in jobs.items():
        known = {each.name: each for each in catalogue.parse((catalogue.FOLDER / f"{job}.txt").read_text(), job).series}
        for series, formula in content["series"].items():
            name = series.partition("{")[0]
            if name not in known:
                yield f"{job} has no {name}"
                continue
            wrong = {label for label, _ in catalogue.LABEL.findall(series)} - set(known[name].labels)
            yield from (f"{name} has no label {label}" for label in sorted(wrong))
            if (known[name].type == "counter") != str(formula).endswith("/s"):
                yield f"{name} is a {known[name].type}, not {formula}"


def test_values_move_as_the_file_says() -> None:
    assert [replay.value(formula, 0) for formula in ("1.5", 16e9, "4~1", "20/s")] == [1.5, 16e9, 4, 0]
    swings = [replay.value("4~1", seconds) for seconds in range(120)]
    assert (round(min(swings), 1), round(max(swings), 1)) == (3.0, 5.0)
    counter = [replay.value("20/s", seconds, phase=1.0) for seconds in range(3600)]
    assert counter == sorted(counter)
    assert 19 < (counter[-1] - counter[0]) / 3600 < 21


def test_a_page_has_a_line_for_each_series() -> None:
    assert replay.page({'up_time{a="b"}': "2/s", "size": 3}, 0, 0) == 'up_time{a="b"} 0.0\nsize 3.0\n'
