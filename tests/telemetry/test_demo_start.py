"""How the demo starts and ends, what it refuses, and what its documentation says."""

import asyncio
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import yaml
from neuroerp_telemetry.contract import SERIES

from telemetry.demo.neuroerp_demo.__main__ import main
from telemetry.demo.neuroerp_demo.faults import Faults
from telemetry.demo.neuroerp_demo.scenarios import SCENARIOS
from telemetry.demo.neuroerp_demo.stores import StoreError, open_stores
from tests.telemetry.demo_process import PATHS, ROOT, running, start

DOCUMENT = (ROOT / "telemetry/demo/README.md").read_text()
RULES = {
    rule.get("record") or rule["alert"]
    for path in (ROOT / "alerts").glob("*.rules.yaml")
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
}


def ended(*arguments: str, **env: str) -> tuple[int, str, str]:
    process = start("--rate", "0", *arguments, **env)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_it_tells_people_where_to_look_and_ends_when_its_time_is_over(tmp_path: Path) -> None:
    code, out, err = ended("--port", "0", "--seconds", "0.2", "--log-file", str(tmp_path / "log"))
    assert (code, err) == (0, "")
    assert re.search(r"http://127\.0\.0\.1:\d+/metrics", out)
    assert all(name in out for name in SCENARIOS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as demo:
        page = demo.client.get("/").text
        assert f"curl -X POST {demo.url}/demo/scenario/errors" in page
        demo.process.send_signal(number)
        assert demo.process.wait(10) == 0
        _, err = demo.process.communicate()
        assert err == ""
        assert [line for line in demo.lines() if line["level"] in ("error", "critical") or "exception" in line] == []


def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    with running(tmp_path, "--rate", "0", "--scenario", "slow-database") as demo:
        with demo.client.stream("GET", "/api/v1/invoices/export") as answer:
            parts = answer.iter_text()
            next(parts)
            demo.process.send_signal(signal.SIGTERM)
            assert "".join(parts) == ""
        assert demo.process.wait(10) == 0


def test_log_lines_go_to_standard_output_without_a_file() -> None:
    code, out, err = ended("--port", "0", "--seconds", "0.2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines
    assert [line for line in lines if not line.startswith('{"timestamp":')] == []


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = ended("--port", str(port))
    assert (code, out) == (2, "")
    expected = (
        f"cannot use 127.0.0.1:{port}: Address already in use; choose another one with --port, --host or --log-file"
    )
    assert err == f"{expected}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "99999"], "cannot use 127.0.0.1:99999: no such port"),
        (["--host", "300.1.1.1"], "cannot use 300.1.1.1:8000: "),
        (["--log-file", "/nonexistent/log"], "cannot use /nonexistent/log: No such file"),
        (["--scenario", "tuesday"], "argument --scenario: invalid choice: 'tuesday'"),
        (["--seconds", "-1"], "argument --seconds: -1 is no number from 0 on"),
        (["--rate", "nan"], "argument --rate: nan is no number from 0 on"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(arguments)
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "content", "message"),
    [
        ("OTEL_TRACES_EXPORTER", "jaeger_thrift", "the Jaeger Thrift exporter no longer exists"),
        ("LOG_LEVEL", "LOUD", "log_level is 'LOUD': write DEBUG, INFO"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:1", "REDIS_URL: cannot connect to the server (ConnectionError)"),
    ],
)
def test_a_wrong_environment_is_told_in_one_line(variable: str, content: str, message: str) -> None:
    code, out, err = ended("--port", "0", "--seconds", "0", **{variable: content})
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("variable", "url", "message"),
    [
        ("DATABASE_URL", SECRET, "DATABASE_URL is no URL of such a server: write postgresql://"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:1/x", "DATABASE_URL: cannot connect to the server"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:port/x", "DATABASE_URL is no URL of such a server"),
        ("REDIS_URL", f"http://u:{SECRET}@127.0.0.1:1", "REDIS_URL is no URL of such a server: write redis://"),
        ("REDIS_URL", f"redis://u:{SECRET}@127.0.0.1:1/db", "REDIS_URL: cannot connect to the server"),
        ("AMQP_URL", "amqp://", "AMQP_URL is no URL of such a server: write amqp://"),
        ("AMQP_URL", f"amqp://u:{SECRET}@127.0.0.1:1/", "AMQP_URL: cannot connect to the server"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_its_password(variable: str, url: str, message: str) -> None:
    with pytest.raises(StoreError) as raised:
        asyncio.run(open_stores(Faults(), {variable: url}))
    assert str(raised.value).startswith(message)
    assert SECRET not in str(raised.value)


def test_make_starts_it_on_loopback_with_a_log_file_of_its_own() -> None:
    command = ["make", "--dry-run", "--always-make", "demo", "SCENARIO=errors"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in told.splitlines() if "neuroerp_demo" in line)
    assert line.endswith(" -m neuroerp_demo --scenario errors --log-file build/demo.log")
    assert f"PYTHONPATH={':'.join(str(path.relative_to(ROOT)) for path in PATHS)} " in line


def test_help_names_every_option() -> None:
    _, out, _ = ended("--help")
    for option in ("--host", "--port", "--scenario", "--seconds", "--rate", "--log-file"):
        assert option in out


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_names_what_the_contract_and_the_rules_have(name: str) -> None:
    for selector in SCENARIOS[name].moves:
        metric = SERIES[selector.partition("{")[0]]
        assert metric.owner == "app"
        assert set(re.findall(r"(\w+)=", selector)) <= {*metric.label_names, "le"}
    assert set(SCENARIOS[name].rules) <= RULES


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_document_tells_of_a_scenario(name: str) -> None:
    scenario = SCENARIOS[name]
    (row,) = (line for line in DOCUMENT.splitlines() if line.startswith(f"| `{name}` |"))
    for text in (*(selector.partition("{")[0] for selector in scenario.moves), *scenario.rules):
        assert f"`{text}`" in row
