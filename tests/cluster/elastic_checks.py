"""What must hold for what the ECK operator makes of our objects; each check returns its complaints."""

from collections.abc import Iterable, Mapping

from tests.cluster.api import Api, Manifest
from tests.cluster.object_checks import title


def missing_secrets(api: Api, pods: Iterable[Manifest]) -> list[str]:
    """Secrets and keys that a container reads its environment from, or mounts, and that are not there."""
    complaints = set()
    for pod in pods:
        space = pod["metadata"]["namespace"]
        wanted = [(v["secret"]["secretName"], "") for v in pod["spec"]["volumes"] if "secret" in v]
        for container in pod["spec"]["containers"]:
            read = [variable.get("valueFrom", {}).get("secretKeyRef") for variable in container.get("env", ())]
            wanted += [(reference["name"], reference["key"]) for reference in read if reference]
        for name, key in wanted:
            found = api.get("v1", "Secret", name, space)
            if found is None or (key and key not in found.get("data", {})):
                complaints.add(f"{title({'kind': 'Pod', **pod})}: reads {name} {key}".rstrip())
    return sorted(complaints)


def other_account(pods: Iterable[Manifest], account: str) -> list[str]:
    """Pods that run as another service account, whose rights they do not have."""
    return [
        f"{title({'kind': 'Pod', **pod})}: runs as {used}"
        for pod in pods
        if (used := pod["spec"].get("serviceAccountName")) != account
    ]


def dead_ends(api: Api, ingresses: Iterable[Manifest], expected: Mapping[str, str]) -> list[str]:
    """Ingresses, by the Service that they shall lead to, whose backend is no port of it."""
    complaints = []
    for ingress in ingresses:
        space, name = ingress["metadata"]["namespace"], ingress["metadata"]["name"]
        if name not in expected:
            continue
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                service = api.get("v1", "Service", backend["name"], space) or {"spec": {"ports": []}}
                ports = {port["port"] for port in service["spec"]["ports"]}
                if backend["name"] != expected[name] or backend["port"]["number"] not in ports:
                    complaints.append(f"{title(ingress)}: leads to {backend['name']}:{backend['port']['number']}")
    return complaints


def unlike(made: Manifest, name: str, address: str) -> list[str]:
    """A Service that is not what a client calls, as host:port."""
    metadata = made["metadata"]
    addresses = {f"{metadata['name']}.{metadata['namespace']}.svc:{port['port']}" for port in made["spec"]["ports"]}
    return [] if address in addresses else [f"{name}: calls {address}, but there is {', '.join(sorted(addresses))}"]
