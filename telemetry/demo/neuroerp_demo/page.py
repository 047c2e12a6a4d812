"""The text page that says where to look."""

from .scenarios import SCENARIOS, Scenario

_PAGE = """\
VALEO-NeuroERP demo at {base}, scenario: {current}

Look at
  {base}/metrics         what Prometheus scrapes
  {base}/health/ready    200, or 503 when a critical check fails; also /health and /health/live
  {base}/openapi.json    the API: orders, invoices, stock

Change the scenario (from this machine only)
  curl -X POST {base}/demo/scenario/errors

{scenarios}

On the platform
  Grafana, folder VALEO-NeuroERP: System Overview, API Performance, Performance, Business
  Kibana: valeo-neuroerp-app-*   Jaeger: service {service}
"""


def page(base: str, service: str, current: Scenario) -> str:
    """The page, for the demo at a URL."""
    rows = []
    for scenario in SCENARIOS.values():
        rows.append(f"  {scenario.name:17} {scenario.help}")
        rows += [f"  {'':17} moves {series}" for series in scenario.moves]
        rows += [f"  {'':17} {'alert' if rule[0].isupper() else 'rule '} {rule}" for rule in scenario.rules]
    return _PAGE.format(base=base, service=service, current=current.name, scenarios="\n".join(rows))
