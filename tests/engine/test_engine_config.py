"""What the engine and the program refuse before anything is created."""

from pathlib import Path
from typing import Any

import pytest

from components.charts import CHARTS
from tests.components.platform_settings import REMOVED
from tests.engine.lives import Lives, without_secrets
from tests.engine.program import REFUSAL

REFUSED = f"an unhandled error occurred: {REFUSAL}"
SET = "set another value: pulumi config set --secret"
RETNTION = "platform.prometheus.retntion"
NOT_SET = """password at the mail server is not set; run: pulumi config set --secret smtpPassword
URL of the dead-man's switch is not set; run: pulumi config set --secret heartbeatUrl
password of the application's Redis is not set; run: pulumi config set --secret redisPassword"""


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("platform", "three", "Stack 'dev' with configuration key 'platform' must be of type 'object'"),
        ("platform", ["three"], "Stack 'dev' with configuration key 'platform' must be of type 'object'"),
        ("platform", REMOVED, "Stack 'dev' is missing configuration value 'platform'"),
        ("smtpPassword", {"a": "b"}, "Stack 'dev' with configuration key 'smtpPassword' must be of type 'string'"),
    ],
)
def test_the_engine_refuses_configuration_of_the_wrong_type(lives: Lives, path: str, value: Any, message: str) -> None:
    run = lives.new("dev").setting(path, value).preview()
    assert run.code == 1
    assert f"error: validating stack config: {message}\n" in run.text
    assert run.events == []


def test_without_types_in_the_project_file_the_engine_refuses_nothing(lives: Lives) -> None:
    stack = lives.new("dev").rewritten("    type: object\n", "    type: string\n", "Pulumi.yaml")
    run = stack.setting("platform", "three").preview()
    assert "validating stack config" not in run.text
    assert run.code == 1


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (RETNTION, "3d", f"{RETNTION}: is not a setting; did you mean retention?"),
        ("smptPassword", "x", "smptPassword: is not a configuration key; did you mean smtpPassword?"),
        ("smtpPassword", "in-clear", f"smtpPassword: stands in plain text in the stack file; {SET} smtpPassword"),
    ],
)
def test_the_program_says_only_its_own_lines_of_what_the_engine_lets_pass(
    lives: Lives, path: str, value: str, message: str
) -> None:
    run = lives.new("dev").setting(path, value).preview()
    assert run.code == 1
    assert run.said("error") == [message, REFUSED]
    assert run.steps == ["create Stack::neuroerp-observability-dev"]


def test_a_mirror_without_charts_is_refused_with_a_line_for_each_before_anything_is_made(
    lives: Lives, tmp_path: Path
) -> None:
    stack = lives.new("dev").setting("platform.charts.mirror", str(tmp_path))
    run = stack.up()
    assert run.code == 1
    text, *rest = run.said("error")
    lines = text.split("\n")
    assert len(lines) == len(CHARTS)
    assert all(line.startswith(f"platform.charts.mirror: {tmp_path} has neither ") for line in lines)
    assert rest == [REFUSED]
    assert stack.world.calls == []


def test_production_without_its_secrets_creates_nothing_and_says_what_to_run(lives: Lives) -> None:
    stack = without_secrets(lives.new("prod"))
    run = stack.up()
    assert run.code == 1
    assert run.said("error") == [NOT_SET, REFUSED]
    assert stack.world.calls == []


def test_production_without_its_secrets_can_be_previewed_in_full(lives: Lives) -> None:
    preview, up = lives.life("prod").preview, lives.life("prod").up
    assert preview.code == 0, preview.text
    assert preview.said("warning") == NOT_SET.splitlines()
    assert preview.steps == up.steps


def test_another_passphrase_opens_nothing(lives: Lives) -> None:
    run = lives.new("prod").command("preview", PULUMI_CONFIG_PASSPHRASE="another")
    assert run.code != 0
    assert "incorrect passphrase" in run.text
