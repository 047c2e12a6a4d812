"""The Grafana dashboards of VALEO-NeuroERP as code: one module for each, its uid made from the module's name."""

from . import api_performance, business, grafana, observability_platform, performance, system_overview
from .links import Links

__all__ = ["FOLDER", "Links", "render"]

FOLDER = "VALEO-NeuroERP"
MODULES = (system_overview, api_performance, performance, business, observability_platform)
NO_LINKS = Links()


def render(links: Links = NO_LINKS) -> dict[str, str]:
    """Each dashboard's uid and JSON, as Grafana reads it from a file."""
    shown = [module.dashboard(links) for module in MODULES]
    return {str(each.uid): grafana.to_json(each) for each in shown}
