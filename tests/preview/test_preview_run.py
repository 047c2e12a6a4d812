"""The run: configuration as the engine would give it, secrets in envelopes, and no state from one run to the next."""

import asyncio
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from preview import wire
from preview.plan import build
from preview.run import ProgramError, Recording, run
from preview.stackfile import load
from preview.yamlfile import InputError
from tests.preview.preview_project import Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


def request(recording: Recording, type_: str, name: str) -> Any:
    """The request for a resource, as it was on the wire."""
    (found,) = (r for r in recording.requests if r.type.endswith(f":{type_}") and r.name == name)
    return found


def test_program_is_run_and_everything_recorded(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    recording = project.run()
    kinds = sorted(r.type.rpartition(":")[2] for r in recording.requests)
    objects = ["ConfigMap", "ConfigMap", "Deployment", "Ingress", "Namespace", "PrometheusRule", "Secret", "Service"]
    assert kinds == sorted([*objects, "RandomPassword", "Release", "Site", "kubernetes"])
    assert wire.plain(recording.outputs[""]) == {"host": "a.example.com"}
    assert ("info", "all is said") in recording.log
    out, err = capfd.readouterr()
    assert out == "", "what the program prints would break --json"
    assert err == "a line of the program\n"


def test_settings_reach_the_program_as_numbers_and_texts(project: Project) -> None:
    spec = wire.plain(request(project.run(), "Deployment", "web").object)["spec"]
    assert spec["replicas"] == 3


def test_secrets_are_placeholders_in_envelopes(project: Project) -> None:
    recording = project.run()
    assert recording.stack.config["small:smtpPassword"] == "GENERATED-smtpPassword"
    assert recording.stack.secret_keys == ("small:smtpPassword",)
    raw = str(request(recording, "Secret", "login").object)
    assert "GENERATED-login" in raw
    assert "GENERATED-smtpPassword" in raw
    assert "GENERATED" not in str(build(recording).to_json())


def test_missing_secret_is_a_warning_in_a_preview_and_an_error_in_a_real_run(project: Project) -> None:
    project.change("  small:smtpPassword:\n    secure: AAABAKxyz\n", "", "Pulumi.dev.yaml")
    line = "password at the mail server is not set; run: pulumi config set --secret smtpPassword"
    assert ("warning", line) in project.run().log
    with pytest.raises(ProgramError, match=line):
        project.run(known=True)
    assert project.run(known=True, secrets={"smtpPassword": "given"}).requests


def test_one_encrypted_leaf_makes_the_whole_key_secret(project: Project) -> None:
    project.change("    host: a.example.com", "    host: a.example.com\n    login: {secure: xyz}", "Pulumi.dev.yaml")
    stack = load(project.root, "dev")
    assert "small:settings" in stack.secret_keys
    assert '"login": "GENERATED-settings.login"' in stack.config["small:settings"]


def test_unknown_outputs_stay_unknown_in_a_preview_only(project: Project) -> None:
    project.change('"index.html": "hello\\nworld"', '"id": password.id, "index.html": password.keepers.apply(str)')
    (page,) = (r for r in build(project.run()).resources if r.name == "page")
    assert page.inputs["data"]["id"] == "<computed>"
    (page,) = (r for r in build(project.run(known=True)).resources if r.name == "page")
    assert page.inputs["data"] == {"id": "login-id", "index.html": "None"}


def test_objects_without_a_name_get_one(project: Project) -> None:
    project.change(
        'k8s.core.v1.ConfigMap("page", metadata=named("page")', 'made = k8s.core.v1.ConfigMap("page", metadata={}'
    )
    project.change('self.host = pulumi.Output.from_input(settings["host"])', 'self.host = made.metadata["name"]')
    assert wire.plain(project.run().outputs[""]) == {"host": "page"}


def test_two_runs_in_one_process_do_not_share_anything(project: Project) -> None:
    first = project.run()
    project.change('pulumi.export("host", site.host)', 'pulumi.export("other", 1)')
    second = project.run()
    assert list(wire.plain(second.outputs[""])) == ["other"]
    assert len(first.requests) == len(second.requests) == 12


def test_secret_exports_are_masked(project: Project) -> None:
    project.change('self.host = pulumi.Output.from_input(settings["host"])', "self.host = password.bcrypt_hash")
    assert build(project.run()).outputs == {"host": "<secret>"}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "Pulumi.dev.yaml",
            "config:\n  a:b: 1\n  c:d: 2\n  a:b: 3\n",
            "Pulumi.dev.yaml:4: key 'a:b' stands here and in line 2",
        ),
        ("Pulumi.dev.yaml", "config:\n  a:b: [1\n  c: 2\n", "Pulumi.dev.yaml:3: "),
        ("Pulumi.dev.yaml", "config: [1]\n", "Pulumi.dev.yaml: config is no mapping"),
        ("Pulumi.dev.yaml", "config: \x07\n", "Pulumi.dev.yaml: unacceptable character"),
        ("Pulumi.dev.yaml", "config: {}\n", "Pulumi.dev.yaml: small:needed is missing"),
        ("Pulumi.yaml", "runtime: python\n", "Pulumi.yaml: name is missing"),
        ("Pulumi.yaml", "- a\n", "Pulumi.yaml: the file is no mapping"),
    ],
)
def test_bad_stack_files_are_told_in_one_line(project: Project, file: str, text: str, message: str) -> None:
    (project.root / "Pulumi.yaml").write_text("name: small\nconfig: {needed: {type: string}}\n")
    (project.root / file).write_text(text)
    with pytest.raises(InputError) as caught:
        run(project.root, "dev")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_unknown_stack_names_those_that_exist(project: Project) -> None:
    (project.root / "Pulumi.prod.yaml").write_text("")
    with pytest.raises(InputError, match=r"Pulumi\.live\.yaml: no such stack; there are: dev, prod"):
        run(project.root, "live")


def test_defaults_and_secret_keys_come_from_the_project_file(project: Project) -> None:
    declared = "config:\n  plain: {default: 1}\n  hidden: {value: geheim-text, secret: true}\n  short: words\n"
    (project.root / "Pulumi.yaml").write_text(f"name: small\n{declared}")
    stack = load(project.root, "dev")
    assert (stack.config["small:plain"], stack.config["small:short"]) == ("1", "words")
    assert "small:hidden" in stack.secret_keys


@pytest.mark.parametrize("error", ["pulumi.RunError", "type('SettingsError', (pulumi.RunError,), {})"])
def test_refused_settings_keep_their_lines(project: Project, error: str) -> None:
    project.change("config = pulumi.Config()", f"raise {error}('first\\nsecond')")
    with pytest.raises(ProgramError) as caught:
        project.run()
    assert str(caught.value) == "first\nsecond"


def test_a_chart_that_the_mirror_lacks_is_told(project: Project) -> None:
    project.change("    host:", "    mirror: nowhere\n    host:", "Pulumi.dev.yaml")
    with pytest.raises(ProgramError, match=r"platform\.charts\.mirror: nowhere has neither"):
        project.run()


def test_other_errors_of_the_program_are_not_hidden(project: Project) -> None:
    project.change("config = pulumi.Config()", "raise ValueError('a mistake in the program')")
    with pytest.raises(ValueError, match="a mistake in the program"):
        project.run()


def test_an_error_in_an_apply_is_not_hidden(project: Project) -> None:
    project.change("self.register_outputs(", "self.host.apply(lambda host: 1 / 0)\n        self.register_outputs(")
    with pytest.raises(ZeroDivisionError):
        project.run()


def test_modules_and_event_loop_of_others_are_left_alone(project: Project) -> None:
    (project.root / "alerts").mkdir()
    (project.root / "alerts" / "__init__.py").write_text("NAME = 'of the project'\n")
    project.change(
        "config = pulumi.Config()", "config = pulumi.Config()\nimport alerts\nassert alerts.NAME == 'of the project'"
    )
    other = ModuleType("alerts")
    with mock.patch.dict(sys.modules, {"alerts": other}):
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        project.run()
        assert sys.modules["alerts"] is other
        assert asyncio.get_event_loop() is loop
        loop.close()
        asyncio.set_event_loop(None)
    assert str(project.root) not in sys.path
