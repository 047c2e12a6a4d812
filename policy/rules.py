"""All rules: plain functions of a manifest and the context that yield what is wrong; the docstring is the title."""

from collections.abc import Callable, Iterable

from policy import access, containers, exposure, pod_restricted, pod_security, releases, storage
from policy.context import Context
from policy.manifests import Manifest

Rule = Callable[[Manifest, Context], Iterable[str]]

RULES: tuple[Rule, ...] = (
    pod_security.namespace_level,
    pod_security.host_namespaces,
    pod_security.host_paths,
    pod_security.host_ports,
    pod_security.host_probes,
    pod_security.privileged,
    pod_security.added_capabilities,
    pod_security.app_armor,
    pod_security.se_linux,
    pod_security.proc_mount,
    pod_security.seccomp_off,
    pod_security.sysctls,
    pod_restricted.volume_types,
    pod_restricted.privilege_escalation,
    pod_restricted.dropped_capabilities,
    pod_restricted.run_as_non_root,
    pod_restricted.root_user,
    pod_restricted.seccomp_profile,
    containers.requests,
    containers.memory_limit,
    containers.image_tag,
    containers.image_registry,
    containers.readiness_probe,
    containers.liveness_probe,
    access.service_account_token,
    access.wildcard_rights,
    access.escalating_rights,
    access.broad_bindings,
    exposure.ingress_tls,
    exposure.route_tls,
    exposure.login,
    exposure.inside_services,
    storage.retention,
    releases.chart_version,
    releases.chart_repository,
)
"""In the order of reports."""


def rule_name(rule: Rule) -> str:
    """What exceptions, findings and the policy pack call a rule."""
    return rule.__name__.replace("_", "-")


def rule_title(rule: Rule) -> str:
    """What it asks for."""
    return (rule.__doc__ or "").strip()


NAMES = {rule_name(rule): rule for rule in RULES}
