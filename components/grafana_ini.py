"""Grafana's own configuration."""

from typing import Any

from .model import Host, Model, Port

DATABASE_FILES = "/etc/secrets/database"


class Database(Model):
    """A PostgreSQL database of yours, which several replicas share."""

    host: Host
    """Host of the database server."""
    port: Port = 5432
    """Port of the database server."""
    name: str = "grafana"
    """Name of the database."""
    user: str = "grafana"
    """User at the database; its password is the secret `grafanaDatabasePassword`."""
    ssl_mode: str = "require"
    """How TLS is used: disable, require, verify-ca or verify-full."""


def ini(database: Database | None, external_url: str | None) -> dict[str, Any]:
    """The sections of grafana.ini: one login, nothing anonymous, nothing that calls home."""
    alerting = {
        "unified_alerting": {"enabled": False}
    }  # Alerts are Prometheus rules; a second engine would only confuse.
    return {
        **({"server": {"root_url": external_url}} if external_url else {}),
        "analytics": {
            "check_for_updates": False,
            "check_for_plugin_updates": False,
            "reporting_enabled": False,
            "feedback_links_enabled": False,
        },
        "news": {"news_feed_enabled": False},
        # Grafana 13.2 would try to replace its bundled data sources from the internet, and lose them on failure.
        "plugins": {"preinstall_auto_update": False, "preinstall_disabled": True},
        "auth.anonymous": {"enabled": False},
        "users": {"allow_sign_up": False, "default_theme": "system"},
        "security": {
            "cookie_secure": (external_url or "").startswith("https"),
            "disable_gravatar": True,
        },
        **alerting,
        **_database(database),
    }


def _database(database: Database | None) -> dict[str, Any]:
    if not database:
        return {}
    return {
        "database": {
            "type": "postgres",
            "host": f"{database.host}:{database.port}",
            "name": database.name,
            "user": database.user,
            "password": f"$__file{{{DATABASE_FILES}/password}}",
            "ssl_mode": database.ssl_mode,
        }
    }
