"""A login in front of a UI that has none: oauth2-proxy with one generated user, or an identity provider (OIDC)."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from . import charts, secrets
from .kubernetes import CONTAINER_SECURITY, disruption_budget, secret_env, user
from .model import Count, Model, Resources, Url, small

PORT = 4180
UID = 65532
USER = "admin"
# oauth2-proxy always wants an identity provider; for a generated user alone its own page, which offers none, is shown.
SIGN_IN_PAGE = """{{define "sign_in.html"}}<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in</title>
<style>body{font-family:sans-serif;display:grid;place-items:center;min-height:90vh}form{display:grid;gap:.6em;width:18em}</style>
</head>
<body><form method="post" action="{{.ProxyPrefix}}/sign_in">
<input type="hidden" name="rd" value="{{.Redirect}}">
<label for="username">User</label><input id="username" name="username" autocomplete="username" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<button type="submit">Sign in</button>
{{if eq .StatusCode 400 401}}<p role="alert">User or password is wrong.</p>{{end}}
</form></body></html>{{end}}
"""


class Oidc(Model):
    """An identity provider that people log in at."""

    issuer_url: Url
    """URL of the issuer."""
    client_id: str
    """Client there; its secret is the secret `oidcClientSecret`."""
    allowed_groups: list[str] = Field(default_factory=list)
    """Groups that may enter; everybody who can log in when it is empty."""
    email_domains: list[str] = Field(default_factory=lambda: ["*"])
    """Domains of the e-mail addresses that may enter."""


class LoginProxySettings(Model):
    """The login in front of UIs without one."""

    oidc: Oidc | None = None
    """Identity provider; without it there is one generated user."""
    replicas: Count = 1
    """Proxies in front of each UI."""
    resources: Resources = small("10m", "32Mi", "64Mi")
    """Resources of each proxy."""


class LoginProxyArgs(TypedDict):
    """Arguments of ``LoginProxy``."""

    namespace: pulumi.Input[str]
    """Namespace of the proxy and of the Secrets that ``login_secrets`` made."""
    upstream: pulumi.Input[str]
    """URL of the UI."""
    host: str
    """Host that people reach the UI at."""
    https: bool
    """Whether they use HTTPS."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``LoginProxySettings``."""


def login_secrets(
    s: LoginProxySettings,
    namespace: pulumi.Input[str],
    client_secret: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> list[k8s.core.v1.Secret]:
    """The Secrets that all proxies share: first the login itself, then the key of the cookies."""
    if s.oidc:
        login = secrets.secret(secrets.OIDC_CLIENT, namespace, {"client-secret": client_secret or ""}, opts)
    else:
        password = secrets.password(secrets.UI_LOGIN, opts)
        line = pulumi.Output.concat(f"{USER}:", password.bcrypt_hash)
        data: dict[str, pulumi.Input[str]] = {"username": USER, "password": password.result, "htpasswd": line}
        login = secrets.secret(secrets.UI_LOGIN, namespace, data, opts)
    cookie = {"secret": secrets.password(secrets.PROXY_COOKIE, opts).result}
    return [login, secrets.secret(secrets.PROXY_COOKIE, namespace, cookie, opts)]


def _arguments(s: LoginProxySettings, upstream: pulumi.Input[str], host: str, https: bool) -> list[pulumi.Input[str]]:
    common: list[pulumi.Input[str]] = [
        f"--http-address=0.0.0.0:{PORT}",
        pulumi.Output.concat("--upstream=", upstream),
        f"--cookie-secure={str(https).lower()}",
        "--silence-ping-logging=true",
    ]
    if s.oidc:
        return [
            *common,
            "--provider=oidc",
            f"--oidc-issuer-url={s.oidc.issuer_url}",
            f"--client-id={s.oidc.client_id}",
            f"--redirect-url={'https' if https else 'http'}://{host}/oauth2/callback",
            "--skip-provider-button=true",
            *(f"--allowed-group={group}" for group in s.oidc.allowed_groups),
            *(f"--email-domain={domain}" for domain in s.oidc.email_domains),
        ]
    return [
        *common,
        "--htpasswd-file=/login/htpasswd",
        "--custom-templates-dir=/templates",
        "--email-domain=*",
        "--provider=github",
        "--client-id=unused",
        "--client-secret=unused",
    ]


def _pod(name: str, s: LoginProxySettings, arguments: list[pulumi.Input[str]]) -> Any:
    cookie = secret_env("OAUTH2_PROXY_COOKIE_SECRET", secrets.PROXY_COOKIE.name, "secret")
    client = [secret_env("OAUTH2_PROXY_CLIENT_SECRET", secrets.OIDC_CLIENT.name, "client-secret")] if s.oidc else []
    htpasswd = {"secretName": secrets.UI_LOGIN.name, "items": [{"key": "htpasswd", "path": "htpasswd"}]}
    files: list[tuple[str, dict[str, Any]]] = (
        [] if s.oidc else [("login", {"secret": htpasswd}), ("templates", {"configMap": {"name": name}})]
    )
    probe = {"httpGet": {"path": "/ping", "port": "http"}}
    return {
        "automountServiceAccountToken": False,
        "securityContext": user(UID),
        "containers": [
            {
                "name": "oauth2-proxy",
                "image": charts.OAUTH2_PROXY_IMAGE,
                "args": arguments,
                "env": [cookie, *client],
                "ports": [{"name": "http", "containerPort": PORT}],
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                "livenessProbe": probe,
                "resources": s.resources.spec(),
                "securityContext": CONTAINER_SECURITY,
                "volumeMounts": [{"name": volume, "mountPath": f"/{volume}", "readOnly": True} for volume, _ in files],
            }
        ],
        "volumes": [{"name": volume, **source} for volume, source in files],
    }


class LoginProxy(pulumi.ComponentResource):
    """A proxy that lets only people who are logged in through to one UI."""

    service: pulumi.Output[str]
    """Name of the Service of the proxy, port 80."""

    def __init__(self, name: str, args: LoginProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Deploy the proxy and its Service."""
        super().__init__("neuroerp-observability:index:LoginProxy", name, {}, opts)
        settings, child = (
            LoginProxySettings.model_validate(args.get("settings", {})),
            pulumi.ResourceOptions(parent=self),
        )
        labels = {"app.kubernetes.io/name": "oauth2-proxy", "app.kubernetes.io/instance": name}
        metadata: Any = {"name": name, "namespace": args["namespace"], "labels": labels}
        made: list[pulumi.Resource] = []
        if not settings.oidc:
            made.append(k8s.core.v1.ConfigMap(name, metadata=metadata, data={"sign_in.html": SIGN_IN_PAGE}, opts=child))
        arguments = _arguments(settings, args["upstream"], args["host"], args["https"])
        k8s.apps.v1.Deployment(
            name,
            metadata=metadata,
            spec={
                "replicas": settings.replicas,
                "selector": {"match_labels": labels},
                "template": {"metadata": {"labels": labels}, "spec": _pod(name, settings, arguments)},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=made),
        )
        ports: Any = [{"name": "http", "port": 80, "targetPort": "http"}]
        service = k8s.core.v1.Service(name, metadata=metadata, spec={"selector": labels, "ports": ports}, opts=child)
        disruption_budget(name, args["namespace"], settings.replicas, labels, child)
        self.service = service.metadata["name"]
        self.register_outputs({"service": self.service})
