"""The way in: an Ingress or HTTPRoute per UI, and a login in front of those that have none."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NotRequired, get_args

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from .kubernetes import PlacedArgs, custom_object
from .login_proxy import LoginProxy, LoginProxyArgs, LoginProxySettings, login_secrets
from .model import Flag, Host, Model, Name

UiName = Literal["grafana", "kibana", "prometheus", "alertmanager", "jaeger"]
PORTS: dict[UiName, int] = {"grafana": 80, "kibana": 5601, "prometheus": 9090, "alertmanager": 9093, "jaeger": 16686}
OWN_LOGIN = ("grafana", "kibana")


class TlsSettings(Model):
    """Where the certificates of an Ingress come from: cert-manager, or a Secret of yours."""

    cluster_issuer: Name | None = None
    """ClusterIssuer of cert-manager that signs them."""
    secret_name: Name | None = None
    """Secret with a certificate for all hosts, in the platform's namespace."""

    def problems(self) -> Iterable[str]:
        """A certificate has one source."""
        if (self.cluster_issuer is None) == (self.secret_name is None):
            yield "clusterIssuer: the certificate has no one source; write either clusterIssuer or secretName"


class GatewaySettings(Model):
    """The Gateway that routes attach to; TLS ends there."""

    name: Name
    """Name of the Gateway."""
    namespace: Name
    """Namespace of the Gateway."""
    section_name: Name | None = None
    """Listener of the Gateway; all of them when it is left out."""
    https: Flag = True
    """Whether that listener speaks HTTPS."""


class ExposureSettings(Model):
    """How people reach the UIs."""

    kind: Literal["none", "ingress", "gateway"] = "none"
    """`ingress`, `gateway` (Gateway API), or `none`: by port-forward alone."""
    domain: Host | None = None
    """Domain below which each UI gets its host, like grafana.<domain>."""
    hosts: dict[UiName, Host] = Field(default_factory=dict)
    """Hosts that differ from that, by UI."""
    class_name: Name | None = None
    """IngressClass; there is no default, since no controller is everywhere."""
    gateway: GatewaySettings | None = None
    """Gateway, for kind `gateway`."""
    tls: TlsSettings | None = None
    """Certificates, for kind `ingress`."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Annotations on every Ingress or HTTPRoute, for the controller."""
    login: LoginProxySettings | None = None
    """Login in front of Prometheus, Alertmanager and Jaeger; without it they are not exposed."""

    def problems(self) -> Iterable[str]:
        """What does not go together, and hosts that two UIs would share."""
        if self.kind == "none":
            return
        if self.kind == "gateway" and not self.gateway:
            yield "gateway: kind gateway needs it; write name and namespace of a Gateway"
        if self.kind == "gateway" and (self.tls or self.class_name):
            yield "tls: tls and className are for kind ingress; remove them, TLS ends at the Gateway"
        if self.kind == "ingress" and self.gateway:
            yield "gateway: is for kind gateway; remove it, or write kind: gateway"
        if not self.domain and set(get_args(UiName)) - set(self.hosts):
            yield "domain: is missing; write the domain below which the UIs get their hosts"
            return
        taken: dict[str, str] = {}
        for ui in get_args(UiName):
            if (other := taken.setdefault(self.host(ui), ui)) != ui:
                yield f"hosts.{ui}: {self.host(ui)} is the host of {other} too; write another one"

    @property
    def https(self) -> bool:
        """Whether people use HTTPS."""
        return self.gateway.https if self.kind == "gateway" and self.gateway else self.tls is not None

    def host(self, ui: UiName) -> str:
        """The host of a UI."""
        return self.hosts.get(ui) or f"{ui}.{self.domain}"

    def url(self, ui: UiName) -> str | None:
        """The URL of a UI, or None when it is not exposed: nothing is without a login."""
        exposed = self.kind != "none" and (ui in OWN_LOGIN or self.login is not None)
        return f"{'https' if self.https else 'http'}://{self.host(ui)}" if exposed else None

    def urls(self) -> dict[UiName, str | None]:
        """The URL of every UI."""
        return {ui: self.url(ui) for ui in get_args(UiName)}


class ExposureArgs(PlacedArgs):
    """Arguments of ``Exposure``."""

    services: Mapping[UiName, pulumi.Input[str]]
    """The Service of each UI to expose."""
    settings: NotRequired[Mapping[str, Any]]
    """Keys of ``ExposureSettings``."""
    oidc_client_secret: NotRequired[pulumi.Input[str] | None]
    """Client secret at the identity provider, when logins go there."""


def _ingress_spec(s: ExposureSettings, ui: UiName, service: pulumi.Input[str], port: int) -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"number": port}}}
    tls = [{"hosts": [s.host(ui)], "secretName": s.tls.secret_name or f"{ui}-tls"}] if s.tls else []
    return {
        **({"ingressClassName": s.class_name} if s.class_name else {}),
        "rules": [{"host": s.host(ui), "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        **({"tls": tls} if tls else {}),
    }


def _route_spec(s: ExposureSettings, ui: UiName, service: pulumi.Input[str], port: int) -> dict[str, Any]:
    gateway = s.gateway.model_dump(include={"name", "namespace"}) if s.gateway else {}
    section = {"sectionName": s.gateway.section_name} if s.gateway and s.gateway.section_name else {}
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
        "backendRefs": [{"name": service, "port": port}],
    }
    return {"parentRefs": [{**gateway, **section}], "hostnames": [s.host(ui)], "rules": [rule]}


class Exposure(pulumi.ComponentResource):
    """Hosts, routes and certificates of the UIs; a login proxy where a UI asks for no login."""

    urls: pulumi.Output[Mapping[str, str]]
    """URL of each exposed UI."""
    login_secret: pulumi.Output[str]
    """Name of the Secret with the login of the proxies; empty when there is none."""

    def __init__(self, name: str, args: ExposureArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the login first, then a way to each UI that may be exposed."""
        super().__init__("neuroerp-observability:index:Exposure", name, {}, opts)
        settings, namespace = ExposureSettings.model_validate(args.get("settings", {})), args["namespace"]
        child = pulumi.ResourceOptions(parent=self)
        urls: dict[UiName, str] = {ui: url for ui in args["services"] if (url := settings.url(ui))}
        login = settings.login if set(urls) - set(OWN_LOGIN) else None
        made = login_secrets(login, namespace, args.get("oidc_client_secret"), child) if login else []
        for ui in urls:
            service, port = args["services"][ui], PORTS[ui]
            if login and ui not in OWN_LOGIN:
                proxy = LoginProxyArgs(
                    namespace=namespace,
                    upstream=pulumi.Output.format("http://{0}:{1}/", service, port),
                    host=settings.host(ui),
                    https=settings.https,
                    settings=login.plain(),
                )
                after = pulumi.ResourceOptions(parent=self, depends_on=made)
                service, port = LoginProxy(f"{ui}-login", proxy, after).service, 80
            self._route(name, settings, ui, namespace, service, port)
        self.urls = pulumi.Output.from_input({str(ui): url for ui, url in urls.items()})
        self.login_secret = pulumi.Output.from_input("" if not login or login.oidc else made[0].metadata["name"])
        self.register_outputs({"urls": self.urls, "loginSecret": self.login_secret})

    def _route(
        self,
        name: str,
        s: ExposureSettings,
        ui: UiName,
        namespace: pulumi.Input[str],
        service: pulumi.Input[str],
        port: int,
    ) -> None:
        child = pulumi.ResourceOptions(parent=self)
        if s.kind == "gateway":
            spec = _route_spec(s, ui, service, port)
            custom_object(
                "gateway.networking.k8s.io/v1", "HTTPRoute", ui, namespace, spec, child, annotations=s.annotations
            )
            return
        issuer = {"cert-manager.io/cluster-issuer": s.tls.cluster_issuer} if s.tls and s.tls.cluster_issuer else {}
        metadata: Any = {"name": ui, "namespace": namespace, "annotations": {**issuer, **s.annotations}}
        ingress: Any = _ingress_spec(s, ui, service, port)
        # A controller that is not there gives the Ingress no address: that is no reason to hold the update up.
        metadata["annotations"]["pulumi.com/skipAwait"] = "true"
        k8s.networking.v1.Ingress(f"{name}-{ui}", metadata=metadata, spec=ingress, opts=child)
