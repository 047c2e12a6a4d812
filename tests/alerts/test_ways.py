"""A way beside mail needs its secret: the Secret is made and mounted, and one line says how to give what is missing."""

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import alerts
from preview.plan import Plan, build
from preview.run import ProgramError, run
from tests.alerts.examples import CHANNELS
from tests.components.platform_settings import changed, platform

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "webhook": ("webhookUrl", "alertmanager-webhook", "url"),
    "slack": ("slackUrl", "alertmanager-slack", "url"),
    "pagerduty": ("pagerdutyKey", "alertmanager-pagerduty", "key"),
    "opsgenie": ("opsgenieKey", "alertmanager-opsgenie", "key"),
}
MISSING = {
    "webhook": "URL of the web service that is called with alerts is not set",
    "slack": "URL of Slack's incoming webhook is not set",
    "pagerduty": "integration key of PagerDuty is not set",
    "opsgenie": "API key of Opsgenie is not set",
}


def with_ways() -> dict[str, str]:
    settings = platform("dev")
    for way, value in CHANNELS.items():
        settings = changed(settings, f"alerting.{way}", value)
    return {"platform": json.dumps(settings)}


def mounted(of: Plan) -> list[str]:
    values: dict[str, Any] = next(made.values for made in of.releases if made.name == "alertmanager")
    return list(values["alertmanager"]["alertmanagerSpec"]["secrets"])


def test_its_secret_is_made_and_mounted_and_stands_nowhere_else() -> None:
    given = {key: f"given-{key}" for key, _, _ in SECRETS.values()}
    made = build(run(ROOT, "dev", known=True, config=with_ways(), secrets=given))
    found = {item.name: list(item.manifest["stringData"]) for item in made.objects if item.kind == "Secret"}
    assert {name: found[name] for _, name, _ in SECRETS.values()} == {name: [key] for _, name, key in SECRETS.values()}
    assert mounted(made) == [name for _, name, _ in SECRETS.values()]
    assert "given-" not in str([release.values for release in made.releases])


def test_without_its_secret_a_run_ends_with_the_command() -> None:
    lines = [f"{MISSING[way]}; run: pulumi config set --secret {SECRETS[way][0]}" for way in SECRETS]
    with pytest.raises(ProgramError) as error:
        run(ROOT, "dev", known=True, config=with_ways())
    assert str(error.value).split("\n") == lines
    warnings = build(run(ROOT, "dev", known=False, config=with_ways())).log
    assert [text for kind, text in warnings if kind == "warning"] == lines


def test_the_templates_go_to_where_the_configuration_looks_for_them() -> None:
    """Without them Alertmanager runs, and its mails have neither subject nor body."""
    values = next(made.values for made in build(run(ROOT, "dev")).releases if made.name == "alertmanager")
    (pattern,) = values["alertmanager"]["config"]["templates"]
    assert values["alertmanager"]["templateFiles"] == alerts.routes.templates()
    assert all(fnmatch(f"/etc/alertmanager/config/{name}", pattern) for name in alerts.routes.templates())
    assert {"parts.tmpl", "text.tmpl", "html.tmpl", "slack.tmpl"} == set(alerts.routes.templates())


def test_what_no_setting_asks_for_is_not_mounted() -> None:
    given = {key: "given-here" for key, _, _ in SECRETS.values()}
    assert mounted(build(run(ROOT, "dev", known=True, secrets=given))) == []
