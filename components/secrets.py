"""The one inventory of secrets: what each is for, who uses it, where it comes from, how to rotate it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi.runtime.config import is_config_secret

PLACEHOLDER = "not-set-yet"


@dataclass(frozen=True)
class SecretSpec:
    """A Kubernetes Secret of the platform."""

    name: str
    """Name of the Secret, and of its resource."""
    purpose: str
    users: str
    rotation: str
    config_key: str | None = None
    """The stack's configuration key that holds the value; None when the platform generates it."""

    @property
    def origin(self) -> str:
        """Whether the value is `generated` here or `given` by the stack's configuration."""
        return "given" if self.config_key else "generated"

    @property
    def command(self) -> str:
        """The command that gives the value."""
        return f"pulumi config set --secret {self.config_key}"


_REPLACE = "pulumi up --replace the RandomPassword of this name; its users restart or reload by themselves"
_CONFIG = "pulumi config set --secret with the new value, then pulumi up"

GRAFANA_ADMIN = SecretSpec("grafana-admin", "first login to Grafana", "people, Grafana and its sidecars", _REPLACE)
GRAFANA_KEY = SecretSpec(
    "grafana-secret-key", "encrypts what Grafana stores", "Grafana", "never: stored credentials become unreadable"
)
GRAFANA_DATABASE = SecretSpec(
    "grafana-database", "password of Grafana's database", "Grafana", _CONFIG, "grafanaDatabasePassword"
)
SMTP = SecretSpec("alertmanager-smtp", "password at the mail server", "Alertmanager", _CONFIG, "smtpPassword")
HEARTBEAT = SecretSpec(
    "alertmanager-heartbeat", "URL of the dead-man's switch", "Alertmanager", _CONFIG, "heartbeatUrl"
)
WEBHOOK = SecretSpec(
    "alertmanager-webhook", "URL of the web service that is called with alerts", "Alertmanager", _CONFIG, "webhookUrl"
)
SLACK = SecretSpec("alertmanager-slack", "URL of Slack's incoming webhook", "Alertmanager", _CONFIG, "slackUrl")
PAGERDUTY = SecretSpec(
    "alertmanager-pagerduty", "integration key of PagerDuty", "Alertmanager", _CONFIG, "pagerdutyKey"
)
OPSGENIE = SecretSpec("alertmanager-opsgenie", "API key of Opsgenie", "Alertmanager", _CONFIG, "opsgenieKey")
UI_LOGIN = SecretSpec("ui-login", "login to UIs that have none of their own", "people, the login proxies", _REPLACE)
PROXY_COOKIE = SecretSpec("login-proxy-cookie", "signs the cookies of the login proxies", "the login proxies", _REPLACE)
OIDC_CLIENT = SecretSpec(
    "oidc-client", "client secret at the identity provider", "the login proxies", _CONFIG, "oidcClientSecret"
)
REDIS = SecretSpec("redis-password", "password of the application's Redis", "redis-exporter", _CONFIG, "redisPassword")
SNAPSHOTS = SecretSpec(
    "elasticsearch-snapshots",
    "key of the place for snapshots: of S3 or Azure, or Google's credentials file",
    "Elasticsearch",
    _CONFIG + "; the nodes restart one after the other",
    "snapshotSecret",
)
ELASTICSEARCH_ROLES = SecretSpec(
    "elasticsearch-roles", "roles of the Elasticsearch users", "Elasticsearch", "changes with the project"
)


def elasticsearch_user(user: str) -> SecretSpec:
    """The Secret of one file-realm user; Elasticsearch and the client read the same one."""
    return SecretSpec(f"elasticsearch-user-{user}", f"Elasticsearch user {user}", f"Elasticsearch, {user}", _REPLACE)


ELASTICSEARCH_USERS = tuple(
    elasticsearch_user(user)
    for user in ("logstash", "jaeger", "jaeger-cleaner", "grafana", "exporter", "bootstrap", "kibana-user")
)
INVENTORY = tuple(s for s in list(globals().values()) if isinstance(s, SecretSpec)) + ELASTICSEARCH_USERS


class GivenSecretError(pulumi.RunError):
    """Given secrets that a real run needs are not in the stack's configuration, or stand there in plain text."""


@dataclass(frozen=True)
class Given:
    """The secrets that the stack's configuration gives, and those that it should give but does not."""

    values: dict[str, pulumi.Output[str]]
    missing: tuple[SecretSpec, ...]

    def get(self, spec: SecretSpec) -> pulumi.Output[str] | None:
        """The value of a secret, or None when these settings do not need it."""
        return self.values.get(spec.name)


def given(needed: Iterable[SecretSpec]) -> Given:
    """Read the given secrets; a missing one is a placeholder in a preview, and an error in a real run."""
    config, values, missing = pulumi.Config(), {}, []
    _refuse_plain_text(config)
    for spec in needed:
        text = config.get(str(spec.config_key))
        if not text:  # Pulumi.yaml declares the keys with an empty default.
            missing.append(spec)
        values[spec.name] = pulumi.Output.secret(text or PLACEHOLDER)
    lines = [f"{spec.purpose} is not set; run: {spec.command}" for spec in missing]
    if missing and not pulumi.runtime.is_dry_run():
        raise GivenSecretError("\n".join(lines))
    for line in lines:
        pulumi.log.warn(line)
    return Given(values, tuple(missing))


def _refuse_plain_text(config: pulumi.Config) -> None:
    """A secret that was set without ``--secret`` is readable in the stack file, and the engine lets it pass."""
    lines = [
        f"{spec.config_key}: stands in plain text in the stack file; set another value: {spec.command}"
        for spec in INVENTORY
        if spec.config_key and config.get(spec.config_key) and not is_config_secret(f"{config.name}:{spec.config_key}")
    ]
    if lines:
        raise GivenSecretError("\n".join(lines))


def password(spec: SecretSpec, opts: pulumi.ResourceOptions, length: int = 32) -> random.RandomPassword:
    """A generated password of letters and digits: no character that a shell, a URL or Grafana's `$` expansion reads."""
    return random.RandomPassword(spec.name, length=length, special=False, opts=opts)


def secret(
    spec: SecretSpec,
    namespace: pulumi.Input[str],
    data: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    kind: str = "Opaque",
) -> k8s.core.v1.Secret:
    """The Kubernetes Secret of an inventory entry, under exactly its name."""
    metadata: Any = {"name": spec.name, "namespace": namespace}
    return k8s.core.v1.Secret(spec.name, metadata=metadata, string_data=data, type=kind, opts=opts)
