"""What rules know beside the object that they judge."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policy.manifests import Manifest, at, group, kind, mapping, mappings, name, namespace

HERE = Path(__file__).parent
ENFORCE = "pod-security.kubernetes.io/enforce"
RESTRICTED, BASELINE, PRIVILEGED = "restricted", "baseline", "privileged"
TLS_PROTOCOLS = ("HTTPS", "TLS")


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text is one of the patterns of a shell."""
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


@dataclass(frozen=True)
class Workload:
    """A workload that is named in a list, with the reason."""

    kind: str
    name: str
    why: str

    def covers(self, manifest: Manifest) -> bool:
        """Whether it is this one."""
        return self.kind == kind(manifest) and fnmatch.fnmatchcase(name(manifest), self.name)


@dataclass(frozen=True)
class Standards:
    """What the rules hold objects against, from standards.yaml."""

    images: tuple[str, ...] = ()
    """Patterns of images without their tag."""
    images_from: str = "policy/standards.yaml"
    """Where that list stands, for messages."""
    api_users: tuple[Workload, ...] = ()
    """Workloads that ask the Kubernetes API."""
    logins: tuple[str, ...] = ()
    """Patterns of Services that ask for a login."""
    agents: tuple[str, ...] = ()
    """Patterns of namespaces whose pods may use the host."""
    tls_listeners: tuple[str, ...] = ()
    """Patterns of a Gateway's listeners that end TLS."""


@cache
def standards(path: Path = HERE / "standards.yaml") -> Standards:
    """The standards of this project."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Standards(
        images=tuple(data["images"]),
        api_users=tuple(Workload(**entry) for entry in data["apiUsers"]),
        logins=tuple(data["logins"]),
        agents=tuple(data["agents"]),
        tls_listeners=tuple(data["tlsListeners"]),
    )


def stack_standards(settings: Any) -> Standards:
    """The standards of a stack: of this project, but for where images come from when the stack's settings say that."""
    images = at(settings, "charts", "images")
    if not isinstance(images, list):
        return standards()
    return replace(standards(), images=tuple(map(str, images)), images_from="the stack's charts.images")


@dataclass(frozen=True)
class Context:
    """What is known of the stack. What is not known is taken for the strictest."""

    production: bool = True
    """Whether production's rules hold."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Pod Security level by namespace."""
    without_token: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of service accounts that give their pods no token."""
    listeners: Mapping[tuple[str, str, str], bool] = field(default_factory=dict)
    """Whether a listener ends TLS, by namespace and name of its Gateway and its own name."""
    standards: Standards = field(default_factory=standards)

    def level(self, of_namespace: str) -> str:
        """Pod Security level of a namespace."""
        return self.levels.get(of_namespace or "default", RESTRICTED)

    def ends_tls(self, gateway_namespace: str, gateway: str, listener: str) -> bool:
        """Whether a listener of a Gateway ends TLS: as the Gateway says, or by its name."""
        named = matches(listener, self.standards.tls_listeners)
        return self.listeners.get((gateway_namespace, gateway, listener), named)


def level_of(manifest: Manifest) -> str | None:
    """The Pod Security level that a Namespace enforces; None when it says none."""
    level = at(manifest, "metadata", "labels", ENFORCE)
    return level if level in (RESTRICTED, BASELINE, PRIVILEGED) else None


def derive(manifests: Iterable[Manifest], *, production: bool = True) -> Context:
    """The context that a whole stack gives: its namespaces, its service accounts, its Gateways."""
    found: dict[str, str] = {}
    accounts: set[tuple[str, str]] = set()
    listeners: dict[tuple[str, str, str], bool] = {}
    for manifest in manifests:
        match group(manifest), kind(manifest):
            case "", "Namespace":
                if level := level_of(manifest):
                    found[name(manifest)] = level
            case "", "ServiceAccount" if manifest.get("automountServiceAccountToken") is False:
                accounts.add((namespace(manifest), name(manifest)))
            case "gateway.networking.k8s.io", "Gateway":
                for listener in mappings(mapping(manifest.get("spec")).get("listeners")):
                    key = (namespace(manifest), name(manifest), str(listener.get("name")))
                    listeners[key] = listener.get("protocol") in TLS_PROTOCOLS
    return Context(production, found, frozenset(accounts), listeners)


def in_production(settings: Any) -> bool:
    """Whether a stack's settings say that it is production; a stack that does not say is held to the same."""
    return bool(mapping(settings).get("tier", "production") != "development")
