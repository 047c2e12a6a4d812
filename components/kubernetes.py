"""What every component builds with: releases, custom objects, and what Pod Security *restricted* asks for."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from . import charts

POD_SECURITY: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
ANTI_AFFINITY_KEYS = {
    "soft": "preferredDuringSchedulingIgnoredDuringExecution",
    "hard": "requiredDuringSchedulingIgnoredDuringExecution",
}


class PlacedArgs(TypedDict):
    """Where a component goes, and where its charts come from."""

    namespace: pulumi.Input[str]
    """Namespace of the objects."""
    chart_mirror: NotRequired[str | None]
    """Directory, HTTP(S) repository or OCI registry to take charts from; the public repositories without it."""


class StorageArgs(PlacedArgs):
    """Where a component goes, and the Elasticsearch that it uses."""

    elasticsearch_url: pulumi.Input[str]
    """URL of Elasticsearch."""
    ca_secret: pulumi.Input[str]
    """Secret with `ca.crt` of Elasticsearch."""


# What becomes of the volumes of a StatefulSet: no machine deletes them.
KEEP_CLAIMS = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}}


def user(uid: int) -> dict[str, Any]:
    """The pod security context of an image whose user the kubelet cannot see to be another than root."""
    return {**POD_SECURITY, "runAsUser": uid, "runAsGroup": uid, "fsGroup": uid}


def release(
    name: str,
    chart: charts.Chart,
    args: PlacedArgs,
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    timeout: int = 600,
) -> k8s.helm.v3.Release:
    """A Helm release called exactly ``name``: pinned, atomic, with ``timeout`` seconds to become ready."""
    return k8s.helm.v3.Release(
        name,
        name=name,
        namespace=args["namespace"],
        values=values,
        atomic=True,
        timeout=timeout,
        opts=opts,
        **charts.source(chart, args.get("chart_mirror")),
    )


def custom_object(
    api_version: str,
    kind: str,
    name: str,
    namespace: pulumi.Input[str],
    spec: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    annotations: Mapping[str, str] | None = None,
) -> k8s.apiextensions.CustomResource:
    """An object of a CRD; its resource carries the kind in its name, since one name serves several kinds."""
    return k8s.apiextensions.CustomResource(
        f"{name}-{kind.lower()}",
        api_version=api_version,
        kind=kind,
        # The API server drops an empty map, which would show as a change in every preview.
        metadata={"name": name, "namespace": namespace, **({"annotations": dict(annotations)} if annotations else {})},
        spec=spec,
        opts=opts,
    )


def certificate(
    name: str, namespace: pulumi.Input[str], issuer: str, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.CustomResource:
    """A certificate of cert-manager by a ClusterIssuer, in the Secret `<name>-tls`: `tls.crt`, `tls.key`, `ca.crt`.

    The last one is there only with an issuer that has an authority of its own (CA, Vault).
    """
    content = {
        "secretName": f"{name}-tls",
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer},
        # Logstash reads keys in this form alone.
        "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
        "duration": "2160h0m0s",
        "renewBefore": "720h0m0s",
        **spec,
    }
    return custom_object("cert-manager.io/v1", "Certificate", name, namespace, content, opts)


def service_monitor(
    name: str, namespace: pulumi.Input[str], spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.CustomResource:
    """A ServiceMonitor of the Prometheus operator."""
    return custom_object("monitoring.coreos.com/v1", "ServiceMonitor", name, namespace, spec, opts)


def job_label(job: str) -> dict[str, str]:
    """The relabeling that names a scrape job as rules and dashboards know it, whatever its Service is called."""
    return {"targetLabel": "job", "replacement": job}


def anti_affinity(mode: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The `affinity` that keeps pods with these labels apart: `none`, `soft` (prefer) or `hard` (require)."""
    term = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": "kubernetes.io/hostname"}
    if mode == "none":
        return {}
    rule: Sequence[Any] = [term] if mode == "hard" else [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {ANTI_AFFINITY_KEYS[mode]: rule}}


def disruption_budget(
    name: str, namespace: pulumi.Input[str], replicas: int, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> None:
    """Let a drain end one of several replicas at a time; a single one gets no budget, which would block every drain."""
    if replicas > 1:
        k8s.policy.v1.PodDisruptionBudget(
            name,
            metadata={"name": name, "namespace": namespace},
            spec={"max_unavailable": 1, "selector": {"match_labels": dict(labels)}},
            opts=opts,
        )


def secret_env(variable: str, secret: pulumi.Input[str], key: str) -> dict[str, Any]:
    """An environment variable read from a Secret."""
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
