"""How long the operator's authorities and certificates hold."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.elastic_operator import ElasticOperatorSettings, _values
from tests.components.test_stacks import plan

KEYS = ("caValidity", "caRotateBefore", "certificatesRotateBefore")


def validity(**settings: Any) -> dict[str, str]:
    config = _values(ElasticOperatorSettings.model_validate(settings))["config"]
    return {name: config[name] for name in KEYS}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_an_authority_holds_for_ten_years(stack: str) -> None:
    values = next(release.values for release in plan(stack).releases if release.name == "elastic-operator")
    held = {name: values["config"][name] for name in KEYS}
    assert held == {"caValidity": "87600h", "caRotateBefore": "720h", "certificatesRotateBefore": "720h"}


def test_another_time_is_a_setting_that_is_longer_than_what_it_is_renewed_before() -> None:
    assert validity(authority_days=365)["caValidity"] == "8760h"
    with pytest.raises(ValidationError, match="authorityDays: is renewed 30 days before its end; write at least 60"):
        ElasticOperatorSettings.model_validate({"authorityDays": 59})
