"""Where the values on a dashboard lead: the web interfaces beside Grafana, and how their URLs carry a search."""

from dataclasses import dataclass
from urllib.parse import quote

from .panels import Link

KIBANA_VIEW = "valeo-neuroerp"  # id of the data view over the application logs
UNREADABLE_VIEW = f"{KIBANA_VIEW}-unparsed"  # over the lines that the pipeline could not read
# Grafana fills these in when a link is followed; percent signs or quotes of ours must not touch them.
PLACEHOLDERS = "${}.:_*"


@dataclass(frozen=True)
class Links:
    """Base URLs of the web interfaces; what has none gets no link."""

    grafana: str | None = None
    kibana: str | None = None
    alertmanager: str | None = None
    jaeger: str | None = None

    def logs(self, title: str, kuery: str, view: str = KIBANA_VIEW) -> list[Link]:
        """Log lines that match a Kibana query, in the time range of the dashboard."""
        time = "time:(from:'${__from:date:iso}',to:'${__to:date:iso}')"
        query = f"query:(language:kuery,query:'{quote(kuery, safe=PLACEHOLDERS)}')"
        return _link(title, self.kibana, f"/app/discover#/?_g=({time})&_a=(index:'{view}',{query})")

    def failed_traces(self, title: str, service: str) -> list[Link]:
        """Traces of a service with an error in them, in the time range of the dashboard (Jaeger: microseconds)."""
        tags = quote('{"error":"true"}')
        search = f"service={service}&tags={tags}&lookback=custom&start=${{__from}}000&end=${{__to}}000"
        return _link(title, self.jaeger, f"/search?{search}")

    def alerts(self, title: str) -> list[Link]:
        """The firing alerts, with their silences and receivers."""
        return _link(title, self.alertmanager, "/#/alerts")

    def dashboard(self, title: str, uid: str, *kept: str, **chosen: str) -> list[Link]:
        """Another dashboard, with the time range and the `kept` variables of this one and the `chosen` ones set."""
        variables = [
            *(f"${{{name}:queryparam}}" for name in kept),
            *(f"var-{key}={val}" for key, val in chosen.items()),
        ]
        # A path alone stays inside the Grafana that shows the link, so this one needs no base URL.
        return [(title, f"{(self.grafana or '').rstrip('/')}/d/{uid}?{'&'.join(['${__url_time_range}', *variables])}")]


def _link(title: str, base: str | None, path: str) -> list[Link]:
    return [(title, base.rstrip("/") + path)] if base else []
