"""This repository's rules, dashboards and log path, and the signals that they can use."""

from functools import cache
from pathlib import Path

from neuroerp_telemetry.contract import APP_METRICS

import alerts
import dashboards
from tests.catalogue import catalogue
from tests.contract import signals, uses
from tests.contract.signals import Signals
from tests.contract.uses import Use

ROOT = Path(__file__).parents[2]
RULES = {path.name: path.read_text() for path in sorted((ROOT / "alerts").glob("*.rules.yaml"))}
RULE_TESTS = {path.name: path.read_text() for path in sorted((ROOT / "alerts").glob("*.test.yaml"))}
BOARDS = dashboards.render(dashboards.Links(kibana="https://kibana.example", jaeger="https://jaeger.example"))
PIPELINE = (ROOT / "logs/pipeline/main.conf").read_text()
TEMPLATE = (ROOT / "logs/elasticsearch/component-template.json").read_text()


def rule_uses() -> list[Use]:
    """What the rules ask for."""
    return list(uses.of_rules(RULES))


def board_uses() -> list[Use]:
    """What dashboards and Grafana's data sources ask for."""
    return [*uses.of_boards(BOARDS), Use("Grafana's data source of traces", alerts.SPAN_REQUESTS)]


def test_uses() -> list[Use]:
    """What the unit tests of rules feed in."""
    return list(uses.of_tests(RULE_TESTS))


def known(exported: Signals | None = None, rules: list[Use] | None = None) -> Signals:
    """All series; the application's are those of the contract, or others."""
    own = signals.of_contract(APP_METRICS.values()) if exported is None else exported
    base = {**_catalogues(), **own}
    return {**base, **uses.recorded(rules or rule_uses(), base)}


@cache
def _catalogues() -> Signals:
    return signals.of_catalogues(catalogue.read_all())
