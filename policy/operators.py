"""The pods that operators make of their objects: what the object says, with what the operator adds by itself.

Read in the sources of ECK 3.5.0 (pod.go, podspec.go, securitycontext.go) and of prometheus-operator 0.93.1
(statefulset.go, config_reloader.go).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from policy.manifests import Manifest, at, group, items, kind, mapping, mappings

_PROBE = {"exec": {"command": ["made by the operator"]}}
_BOTH_PROBES = {"readinessProbe": _PROBE, "livenessProbe": _PROBE}
_NO_PRIVILEGES = {"allowPrivilegeEscalation": False, "privileged": False, "capabilities": {"drop": ["ALL"]}}
_READ_ONLY = {**_NO_PRIVILEGES, "readOnlyRootFilesystem": True}
_SECCOMP = {"seccompProfile": {"type": "RuntimeDefault"}}
# Sizes differ from kind to kind; that there are some is all that rules ask.
_RESOURCES = {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}}


def templates(manifest: Manifest) -> Iterator[Manifest]:
    """The pod templates of an operator's object; none for other objects."""
    make = _MAKERS.get((group(manifest), kind(manifest)))
    yield from make(mapping(manifest.get("spec"))) if make else ()


def _given(container: Manifest) -> dict[str, Any]:
    """What a container says itself; to operators, empty is the same as left out."""
    return {key: value for key, value in container.items() if value not in (None, {}, [])}


def _with(containers: Sequence[Manifest], made: Manifest) -> list[Manifest]:
    """The containers with the one that the operator makes in front; what the object says of that one wins."""
    own: Manifest = next((container for container in containers if container.get("name") == made["name"]), {})
    others = [container for container in containers if container.get("name") != made["name"]]
    return [{**made, **_given(own)}, *others]


def _elastic(
    spec: Manifest, template: Any, main: Manifest, pod: Manifest, *, shorthand: Any = None, init: Manifest | None = None
) -> Manifest:
    """A pod of ECK: it fills in what the template leaves out, and merges nothing into a context that the template has.

    A main container with a ``securityContext`` shares it with all containers that have none.
    """
    given = mapping(at(template, "spec"))
    image = {"image": spec.get("image") or f"docker.elastic.co/{main['image']}:{spec.get('version') or ''}"}
    context = {"securityContext": main["securityContext"]} if "securityContext" in main else {}
    first, *others = _with(mappings(given.get("containers")), {**_RESOURCES, **main, **image})
    first = {**first, **({"resources": shorthand} if mapping(shorthand) else {})}
    inits: Sequence[Manifest] = mappings(given.get("initContainers"))
    inits = _with(inits, init) if init else inits
    whole = {
        "containers": [first, *({**context, **_given(container)} for container in others)],
        # An init container without an image runs the main container's.
        "initContainers": [{**context, **_RESOURCES, **image, **_given(container)} for container in inits],
    }
    return {"metadata": at(template, "metadata"), "spec": {**pod, **_given(given), **whole}}


def _elasticsearch(spec: Manifest) -> Iterator[Manifest]:
    context = {"securityContext": {**_NO_PRIVILEGES, "runAsNonRoot": True}}
    main = {"name": "elasticsearch", "image": "elasticsearch/elasticsearch", "readinessProbe": _PROBE, **context}
    pod = {"automountServiceAccountToken": False, "securityContext": _SECCOMP}
    for node_set in mappings(spec.get("nodeSets")):
        yield _elastic(spec, node_set.get("podTemplate"), main, pod, shorthand=node_set.get("resources"))


def _kibana(spec: Manifest) -> Iterator[Manifest]:
    context = {"securityContext": {**_READ_ONLY, "runAsUser": 1000, "runAsGroup": 1000}}
    main = {"name": "kibana", "image": "kibana/kibana", "readinessProbe": _PROBE, **context}
    pod = {"automountServiceAccountToken": False, "securityContext": _SECCOMP}
    yield _elastic(spec, spec.get("podTemplate"), main, pod, shorthand=spec.get("resources"))


def _logstash(spec: Manifest) -> Iterator[Manifest]:
    main = {"name": "logstash", "image": "logstash/logstash", "readinessProbe": _PROBE}
    init = {"name": "logstash-internal-init-config", "securityContext": {"privileged": False}}
    pod = {"automountServiceAccountToken": True, "securityContext": _SECCOMP}
    yield _elastic(spec, spec.get("podTemplate"), main, pod, shorthand=spec.get("resources"), init=init)


def _beat(spec: Manifest) -> Iterator[Manifest]:
    main = {"name": spec.get("type"), "image": f"beats/{spec.get('type')}"}
    pod = {"automountServiceAccountToken": False}
    for form in ("daemonSet", "deployment"):
        if form in spec:
            yield _elastic(spec, at(spec, form, "podTemplate"), main, pod, shorthand=spec.get("resources"))


def _monitoring(main: str, token: Manifest) -> Callable[[Manifest], Iterator[Manifest]]:
    """A pod of the Prometheus operator: what the object says of a container is merged into it, contexts too."""

    def make(spec: Manifest) -> Iterator[Manifest]:
        image = spec.get("image") or f"quay.io/prometheus/{main}:{spec.get('version') or ''}"
        # An Alertmanager that listens on loopback alone cannot be probed.
        probes = {} if main == "alertmanager" and spec.get("listenLocal") else _BOTH_PROBES
        made = {"name": main, "image": image, "resources": spec.get("resources"), **probes}
        first, *others = _with(mappings(spec.get("containers")), {**made, "securityContext": {}})
        first = {**first, "securityContext": {**_READ_ONLY, **mapping(first.get("securityContext"))}}
        keys = (
            "securityContext", "volumes", "hostNetwork", "hostUsers", "initContainers", "serviceAccountName",
            "automountServiceAccountToken",
        )  # fmt: skip
        pod = {**token, **{key: spec[key] for key in keys if key in spec}}
        yield {"metadata": spec.get("podMetadata"), "spec": {**pod, "containers": [first, *others]}}

    return make


_ALWAYS, _BY_ACCOUNT = {"automountServiceAccountToken": True}, dict[str, Any]()
_MAKERS: dict[tuple[str, str], Callable[[Manifest], Iterator[Manifest]]] = {
    ("monitoring.coreos.com", "Prometheus"): _monitoring("prometheus", _ALWAYS),
    ("monitoring.coreos.com", "PrometheusAgent"): _monitoring("prometheus", _ALWAYS),
    ("monitoring.coreos.com", "Alertmanager"): _monitoring("alertmanager", _BY_ACCOUNT),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _elasticsearch,
    ("kibana.k8s.elastic.co", "Kibana"): _kibana,
    ("logstash.k8s.elastic.co", "Logstash"): _logstash,
    ("beat.k8s.elastic.co", "Beat"): _beat,
}


def reloaders(containers: Sequence[Manifest]) -> list[Manifest]:
    """The container that the Prometheus operator puts beside each server, as the operator's arguments describe it."""
    made = []
    for container in containers:
        words = (str(argument).lstrip("-").partition("=") for argument in items(container.get("args")))
        given = {key: value for key, _, value in words}
        if image := given.get("prometheus-config-reloader"):
            probes = _BOTH_PROBES if given.get("enable-config-reloader-probes") == "true" else {}
            sizes = {"requests": _sizes(given, "request"), "limits": _sizes(given, "limit")}
            head = {"name": "config-reloader", "image": image, "securityContext": _READ_ONLY}
            made.append({**head, "resources": sizes, **probes})
    return list[Manifest](made)


def _sizes(given: Manifest, part: str) -> dict[str, str]:
    """Requests or limits; the operator reads 0 as none."""
    sizes = {unit: str(given.get(f"config-reloader-{unit}-{part}", "0")) for unit in ("cpu", "memory")}
    return {unit: size for unit, size in sizes.items() if size != "0"}
