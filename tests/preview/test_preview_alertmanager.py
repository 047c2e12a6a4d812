"""Alertmanager's configuration is judged with the templates of its Secret, as they lie beside it in a pod."""

from base64 import b64encode
from pathlib import Path
from tempfile import gettempdir

import pytest
import yaml

import alerts
from preview.checks.daemons import check_alertmanager_config
from tests.alerts.examples import CHANNELS, settings
from tests.needs import need
from tests.preview.shop_chart import Shop, make, resource

CONFIG = yaml.safe_dump(alerts.config(settings("prod", **CHANNELS, heartbeat=True)))
FILES = {"alertmanager.yaml": CONFIG, **alerts.routes.templates()}


def judged(folder: Path, files: dict[str, str], part: str = "stringData") -> list[str]:
    """What is said of a Secret with these keys."""
    need("amtool")
    shop: Shop = make(folder)
    content = {key: b64encode(text.encode()).decode() if part == "data" else text for key, text in files.items()}
    inputs = {"metadata": {"name": "ours", "namespace": "site"}, part: content}
    shop.objects.append(resource("kubernetes:core/v1:Secret", "ours", inputs))
    return shop.reasons(check_alertmanager_config)


@pytest.mark.parametrize("part", ["stringData", "data"])
def test_our_configuration_with_our_templates_is_a_good_one(tmp_path: Path, part: str) -> None:
    assert judged(tmp_path, FILES, part) == []


MISTAKES = [
    ("parts.tmpl", "toUpper", "toUppercase", 'parts.tmpl:16: function "toUppercase" not defined'),
    ("text.tmpl", "{{- end }}", "", "text.tmpl:"),
    ("text.tmpl", "neuroerp.since", "neuroerp.sinse", '"neuroerp.sinse" not defined'),
    ("html.tmpl", 'define "neuroerp.html"', 'define "neuroerp.page"', 'no such template "neuroerp.html"'),
    ("parts.tmpl", ".CommonLabels.severity", ".CommonLabel.severity", "CommonLabel"),
    ("alertmanager.yaml", 'template "neuroerp.slack"', 'template "neuroerp.slak"', '"neuroerp.slak" not defined'),
    ("alertmanager.yaml", "'#alerts'", "'{{ .Values.channel }}'", "Values"),
    ("alertmanager.yaml", "receiver: team-email\n", "receiver: tem\n", 'undefined receiver "tem"'),
]


@pytest.mark.parametrize(("file", "right", "wrong", "said"), MISTAKES, ids=[f"{m[0]}-{m[2][:25]}" for m in MISTAKES])
def test_a_mistake_in_a_template_is_told(tmp_path: Path, file: str, right: str, wrong: str, said: str) -> None:
    assert right in FILES[file]
    reasons = judged(tmp_path, {**FILES, file: FILES[file].replace(right, wrong)})
    assert reasons
    assert all(reason.startswith("Secret site/ours: ") and "\n" not in reason for reason in reasons)
    assert any(said in reason for reason in reasons), reasons
    assert not any(gettempdir() in reason for reason in reasons)


def test_templates_that_are_missing_are_told(tmp_path: Path) -> None:
    reasons = judged(tmp_path, {"alertmanager.yaml": CONFIG})
    assert [reason for reason in reasons if '"neuroerp.text" not defined' in reason], reasons


def test_templates_that_are_mounted_from_elsewhere_are_not_missed(tmp_path: Path) -> None:
    config = CONFIG.replace("/etc/alertmanager/config/", "/etc/alertmanager/configmaps/messages/")
    assert judged(tmp_path, {"alertmanager.yaml": config}) == []
