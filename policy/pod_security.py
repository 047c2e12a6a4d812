"""Pod Security *baseline*: what no pod may do outside the agents' namespace (Kubernetes 1.36's own checks)."""

from collections.abc import Iterator

from policy.context import BASELINE, PRIVILEGED, RESTRICTED, Context, level_of, matches
from policy.manifests import Manifest, at, group, items, kind, mapping, mappings, name
from policy.pods import Pod, pods

_CAPABILITIES = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
})  # fmt: skip
_SYSCTLS = frozenset({
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
})  # fmt: skip
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def held(manifest: Manifest, context: Context, *levels: str) -> Iterator[Pod]:
    """The pods whose namespace has one of the levels."""
    return (pod for pod in pods(manifest) if context.level(pod.namespace) in levels)


def _baseline(manifest: Manifest, context: Context) -> Iterator[Pod]:
    return held(manifest, context, BASELINE, RESTRICTED)


def _contexts(pod: Pod) -> Iterator[tuple[str, Manifest]]:
    yield "pod", pod.security
    yield from ((container.title, container.security) for container in pod.containers())


def namespace_level(manifest: Manifest, context: Context) -> Iterator[str]:
    """Every namespace enforces Pod Security restricted; only the agents' is privileged."""
    if (group(manifest), kind(manifest)) != ("", "Namespace"):
        return
    wanted = PRIVILEGED if matches(name(manifest), context.standards.agents) else RESTRICTED
    if (level := level_of(manifest)) not in (RESTRICTED, wanted):
        yield f"enforces {level or 'no level'}; label it pod-security.kubernetes.io/enforce: {wanted}"


def host_namespaces(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod shares the network, processes or memory of its host."""
    for pod in _baseline(manifest, context):
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(key):
                yield f"pod has {key}; remove it, or place the pod with the agents"


def host_paths(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod mounts files of its host."""
    for pod in _baseline(manifest, context):
        for volume in mappings(pod.spec.get("volumes")):
            if volume.get("hostPath"):
                yield f"volume {volume.get('name')} is a hostPath; use another kind of volume"


def host_ports(manifest: Manifest, context: Context) -> Iterator[str]:
    """No container takes a port of its host."""
    for pod in _baseline(manifest, context):
        for container in pod.containers():
            for port in mappings(container.spec.get("ports")):
                if port.get("hostPort"):
                    yield f"{container.title} takes hostPort {port['hostPort']}; use a Service"


def host_probes(manifest: Manifest, context: Context) -> Iterator[str]:
    """No probe or hook asks another host than the pod."""
    asked = (*((probe,) for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
             ("lifecycle", "postStart"), ("lifecycle", "preStop"))  # fmt: skip
    for pod in _baseline(manifest, context):
        for container in pod.containers():
            for path in asked:
                if any(at(container.spec, *path, handler, "host") for handler in ("httpGet", "tcpSocket")):
                    yield f"{container.title} names a host in {'.'.join(path)}; remove it"


def privileged(manifest: Manifest, context: Context) -> Iterator[str]:
    """No container is privileged, on Linux or Windows."""
    for pod in _baseline(manifest, context):
        for where, security in _contexts(pod):
            if security.get("privileged"):
                yield f"{where} is privileged; remove it"
            if at(security, "windowsOptions", "hostProcess"):
                yield f"{where} is a process of its host; remove hostProcess"


def added_capabilities(manifest: Manifest, context: Context) -> Iterator[str]:
    """No container has capabilities beyond those that runtimes give by default."""
    for pod in _baseline(manifest, context):
        for container in pod.containers():
            added = items(at(container.security, "capabilities", "add"))
            for capability in sorted(set(map(str, added)) - _CAPABILITIES):
                yield f"{container.title} adds capability {capability}; remove it"


def app_armor(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod switches AppArmor off."""
    for pod in _baseline(manifest, context):
        for where, security in _contexts(pod):
            if at(security, "appArmorProfile", "type") not in (None, "", "RuntimeDefault", "Localhost"):
                yield f"{where} switches AppArmor off; use RuntimeDefault"
        for key, value in mapping(pod.metadata.get("annotations")).items():
            if (
                key.startswith(_APPARMOR)
                and value not in ("", "runtime/default")
                and not value.startswith("localhost/")
            ):
                yield f"annotation {key} is {value}; use runtime/default"


def se_linux(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod leaves the SELinux type of containers, or sets a user or role."""
    for pod in _baseline(manifest, context):
        for where, security in _contexts(pod):
            options = mapping(security.get("seLinuxOptions"))
            if (options.get("type") or "") not in _SELINUX_TYPES or options.get("user") or options.get("role"):
                yield f"{where} sets SELinux options of its own; remove them"


def proc_mount(manifest: Manifest, context: Context) -> Iterator[str]:
    """No container sees an unmasked /proc."""
    for pod in _baseline(manifest, context):
        # In a user namespace of its own, /proc shows a pod nothing of the host.
        if context.level(pod.namespace) == BASELINE and pod.spec.get("hostUsers") is False:
            continue
        for container in pod.containers():
            if container.security.get("procMount") not in (None, "", "Default"):
                yield f"{container.title} has procMount {container.security['procMount']}; use Default"


def seccomp_off(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod switches seccomp off."""
    for pod in _baseline(manifest, context):
        for where, security in _contexts(pod):
            if at(security, "seccompProfile", "type") == "Unconfined":
                yield f"{where} switches seccomp off; set RuntimeDefault"


def sysctls(manifest: Manifest, context: Context) -> Iterator[str]:
    """No pod sets kernel parameters that are not its own."""
    for pod in _baseline(manifest, context):
        for sysctl in mappings(pod.security.get("sysctls")):
            if sysctl.get("name") not in _SYSCTLS:
                yield f"pod sets {sysctl.get('name')}; remove it"
