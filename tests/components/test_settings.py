"""A wrong setting gives one line: its path, what is wrong, what to write instead; every rule has a good example too."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from components.model import Model, descriptions
from components.settings import Settings, SettingsError, parse
from tests.components.platform_settings import changed, platform

DEV, PROD = platform("dev"), platform("prod")
CASES = yaml.safe_load((Path(__file__).parent / "wrong_settings.yaml").read_text())


def problems(raw: object) -> list[str]:
    with pytest.raises(SettingsError) as error:
        parse(raw)
    return str(error.value).split("\n")


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case['path']}" for n, case in enumerate(CASES)])
def test_a_wrong_setting_gives_one_line_and_the_right_one_none(case: dict[str, Any]) -> None:
    base = platform(case["stack"])
    found = problems(changed(base, case["path"], case["wrong"]))
    assert len(found) == 1, found
    assert found[0].startswith(case["says"])
    assert ";" in found[0] or "must be" in found[0]
    parse(changed(base, case["path"], case["right"]))


def test_all_problems_come_at_once_those_between_sections_too() -> None:
    raw = changed(changed(changed(PROD, "prometheus.replicas", 0), "kibana.replicas", "x"), "alertmanager.replicas", 1)
    raw = changed(changed(raw, "alertmanager.antiAffinity", "soft"), "alerting.heartbeat", value=False)
    starts = [line.split(":")[0] for line in problems(raw)]
    assert starts == [
        "platform.kibana.replicas",
        "platform.prometheus.replicas",
        "platform.alerting.heartbeat",
        "platform.alertmanager.replicas",
    ]


def test_a_wrong_value_is_not_repeated_where_it_may_be_a_secret() -> None:
    assert "hunter2" not in "\n".join(problems(changed(DEV, "alerting.email.password", "hunter2")))


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_something_else_than_a_map_is_refused(raw: object) -> None:
    assert problems(raw) == ["platform: must be a map of keys and values"]


@pytest.mark.parametrize("raw", [DEV, PROD])
def test_the_stack_files_hold_all_rules(raw: dict[str, object]) -> None:
    assert parse(raw).environment in {"dev", "prod"}


def test_every_setting_has_a_description() -> None:
    models: list[type[Model]] = [Settings]
    bare = []
    for model in models:
        for name, field in model.model_fields.items():
            bare += [] if descriptions(model).get(name) else [f"{model.__name__}.{name}"]
            inner = [field.annotation, *get_args(field.annotation)]
            models += [t for t in inner if isinstance(t, type) and issubclass(t, Model) and t not in models]
    assert len(models) > 20
    assert bare == []
