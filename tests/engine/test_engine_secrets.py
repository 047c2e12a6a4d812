"""No secret stands in clear in anything that the engine keeps or prints."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.components.platform_settings import REMOVED
from tests.engine.checks import leaks
from tests.engine.harness import Stack
from tests.engine.lives import CANARIES, STACKS, Lives

READERS = (
    ("stack", "export"),
    ("stack", "output", "--json"),
    ("stack", "history", "--json"),
    ("config", "--json"),
)
WAYS_OUT = """
from base64 import b64encode
config = pulumi.Config()
redis = config.require("redisPassword").encode()


def shown(name, text):
    k8s.core.v1.ConfigMap(name, metadata={"name": name}, data={"text": text}, opts=explicit)


pulumi.export("smtp", config.require("smtpPassword"))
pulumi.export("made", pulumi.Output.unsecret(random.RandomPassword("made", length=8, opts=explicit).result))
shown("unwrapped", pulumi.Output.unsecret(config.require_secret("heartbeatUrl")))
shown("coded", b64encode(b"user:" + redis).decode())
shown("wrapped", config.require_secret("oidcClientSecret"))
values = {"password": config.require("grafanaDatabasePassword")}
k8s.helm.v3.Release("chart", name="chart", chart="chart", values=values, opts=explicit)
"""
STATE = "state/.pulumi/stacks/neuroerp-observability/dev.json"


def canaries(stack: Stack) -> Mapping[str, str]:
    """The texts that nobody may find: those that the stack was given, and those that were generated for it."""
    return CANARIES | stack.world.generated()


def read_everything(stack: Stack) -> Stack:
    """Let the command line print all that it prints without being asked for secrets."""
    for words in READERS:
        assert stack.command(*words).code == 0
    return stack


@pytest.fixture(scope="module")
def full(lives: Lives) -> Stack:
    """Production with every secret that a stack can be given, each of which it uses."""
    stack = lives.new("prod").setting("platform.grafana.volume", REMOVED)
    stack.setting("platform.grafana.database", {"host": "postgres.example.com", "name": "grafana", "user": "grafana"})
    stack.setting("platform.elasticsearch.snapshots", {"type": "s3", "bucket": "logs", "account": "observability"})
    oidc = {"issuerUrl": "https://id.example.com", "clientId": "observability", "allowedGroups": ["platform"]}
    stack.setting("platform.exposure.login", {"oidc": oidc})
    for way, value in {"webhook": {}, "slack": {"channel": "#alerts"}, "pagerduty": {}, "opsgenie": {}}.items():
        stack.setting(f"platform.alerting.{way}", value)
    run = stack.up()
    assert run.code == 0, run.text
    return read_everything(stack)


@pytest.fixture(scope="module")
def leaking(lives: Lives) -> Stack:
    """A stack whose program lets secrets out, each in its own way."""
    stack = lives.new("dev").replaced(WAYS_OUT)
    assert stack.up().code == stack.preview("--json").code == 0
    return read_everything(stack)


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_keeps_and_prints_no_secret_in_clear(lives: Lives, name: str) -> None:
    stack = read_everything(lives.there(name))
    assert len(stack.world.generated()) > 2
    assert leaks(stack.home, canaries(stack)) == []


def test_not_even_with_every_secret_that_can_be_given(full: Stack) -> None:
    assert leaks(full.home, canaries(full)) == []


def test_the_state_does_hold_them_all_for_those_who_may_read_it(full: Stack, tmp_path: Path) -> None:
    shown = full.copy(tmp_path / "shown").command("stack", "export", "--show-secrets").text
    assert [name for name, text in canaries(full).items() if text not in shown] == []


@pytest.mark.parametrize("key", ["smtpPassword", "heartbeatUrl", "redisPassword", "grafanaDatabasePassword"])
def test_a_given_secret_that_is_let_out_is_noticed(leaking: Stack, key: str) -> None:
    assert f"{STATE}: {key}" in leaks(leaking.home, canaries(leaking))


def test_a_generated_secret_that_is_let_out_is_noticed(leaking: Stack) -> None:
    made = next(name for name in leaking.world.generated() if name.endswith(" result"))
    found = leaks(leaking.home, canaries(leaking))
    printed = [line for line in found if line.endswith(made)]
    assert f"{STATE}: {made}" in printed
    assert {line.partition("-")[2].partition(".")[0] for line in printed if ".txt" in line} >= {"stack", "preview"}


def test_a_secret_that_stays_wrapped_is_no_leak(leaking: Stack) -> None:
    assert [line for line in leaks(leaking.home, canaries(leaking)) if "oidcClientSecret" in line] == []
